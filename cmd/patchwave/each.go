package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
	"patchwave/engine/fleet"
	"patchwave/inventory"
)

// answer is what one host answered to a question that changes nothing.
type answer interface {
	// host is its name, and "ok", "failed" or "unreachable".
	host() (name, state string)
	// event is the line of -o jsonl about it.
	event() any
}

// with opens the configuration and the database for a command.
func (a *app) with(cmd *cobra.Command, mode access, do func(*session) error) (err error) {
	s, err := a.open(cmd.Context(), mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}

// withHosts is with, and hands the selected hosts over.
func (a *app) withHosts(cmd *cobra.Command, mode access, do func(*session, []*inventory.Host) error) error {
	return a.with(cmd, mode, func(s *session) error {
		hosts, err := a.hosts(cmd.Context(), s)
		if err != nil {
			return err
		}
		return do(s, hosts)
	})
}

// eachHost asks all hosts at once, until the first signal, and returns the
// answers by name. With -o jsonl each is printed as it comes, and nothing is left
// to print.
func eachHost[T answer](ctx context.Context, a *app, s *session, hosts []*inventory.Host, what string,
	ask func(context.Context, connectors.Dialer, *inventory.Host) T,
) (out []T, err error) {
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	turns := s.newTurns(d)
	asked, err := a.askingFaults(turns)
	if err != nil {
		return nil, err
	}
	bar := a.progress(what, len(hosts))
	defer bar.done()
	out = make([]T, 0, len(hosts))
	err = fleet.Each(ctx, s.cfg.Settings.Parallelism, hosts,
		func(ctx context.Context, h *inventory.Host) T {
			ctx, done, err := wrap.Await(ctx, turns, h.Target) // the wait costs the host no time
			if err != nil {
				return ask(ctx, asked, h) // it says why there is no connection
			}
			defer done()
			return ask(ctx, asked, h)
		},
		func(x T) error {
			bar.step(x.host())
			out = append(out, x)
			if a.flags.output == "jsonl" {
				return a.json(x.event())
			}
			return nil
		})
	slices.SortFunc(out, func(x, y T) int {
		nx, _ := x.host()
		ny, _ := y.host()
		return strings.Compare(nx, ny)
	})
	return out, err
}

// answersCode is the exit status that answers ask for.
func answersCode[T answer](answers []T) int {
	codes := []int{exitOK}
	for _, x := range answers {
		switch _, state := x.host(); state {
		case "unreachable":
			codes = append(codes, exitUnreachable)
		case "failed":
			codes = append(codes, exitFailed)
		}
	}
	return worst(codes...)
}

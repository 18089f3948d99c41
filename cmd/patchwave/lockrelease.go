package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/connectors"
	"patchwave/engine/coord"
	"patchwave/engine/job"
	"patchwave/inventory"
)

type releaseOptions struct {
	run, host, reason string
	force             bool
}

func (a *app) lockReleaseCmd() *cobra.Command {
	var opt releaseOptions
	cmd := &cobra.Command{
		Use: "release KIND NAME | --run RUN | --host HOST", Short: "Release what is abandoned; with --force what is held",
		Long: "KIND NAME is a lease as `patchwave lock list` shows it. --run is the lease on a run and all that the run holds.\n" +
			"--host is the lease on a host, and the claim on the host itself: that of a run of this controller which works\n" +
			"no more, or that of another controller which has expired. Anything else needs --force, with --reason: then\n" +
			"make sure that nobody works there. A job that still runs on the host is never cut off.",
		Example: "  patchwave lock release --host web-01\n  patchwave lock release --run r20261122-020000-a1b2c3 --force --reason 'that controller burnt down'\n" +
			"  patchwave lock release host web-01",
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := opt.check(args); err != nil {
				return err
			}
			return a.with(cmd, existing, func(s *session) error { return a.lockRelease(cmd.Context(), s, args, opt) })
		},
	}
	cmd.Flags().StringVar(&opt.run, "run", "", "the lease on a `RUN`, and all that the run holds")
	cmd.Flags().StringVar(&opt.host, "host", "", "the lease on a `HOST`, and the claim on the host itself")
	cmd.Flags().BoolVar(&opt.force, "force", false, "also what is not known to be abandoned; needs --reason")
	cmd.Flags().StringVar(&opt.reason, "reason", "", "`TEXT` that says why; kept in the record")
	return cmd
}

func (o releaseOptions) check(args []string) error {
	ways := 0
	for _, given := range []bool{len(args) > 0, o.run != "", o.host != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1 || len(args) == 1:
		return usage("say what to release: KIND NAME, --run RUN or --host HOST; `patchwave lock list` shows what is held")
	case len(args) == 2 && args[0] != coord.KindRun && args[0] != coord.KindOccurrence && args[0] != coord.KindHost:
		return usage("%q is no kind of lease: say run, occurrence or host", args[0])
	case o.force && strings.TrimSpace(o.reason) == "":
		return usage("--force needs --reason: say why you know that nobody works there")
	}
	return nil
}

// concerns reports whether a lease is one of those to be released.
func (o releaseOptions) concerns(l coord.Lease, args []string) bool {
	switch {
	case o.run != "":
		return l.Owner.Run == o.run || l.Key == coord.Key{Kind: coord.KindRun, Name: o.run}
	case o.host != "":
		return l.Key == coord.Key{Kind: coord.KindHost, Name: o.host}
	default:
		return l.Key == coord.Key{Kind: args[0], Name: args[1]}
	}
}

func (a *app) lockRelease(ctx context.Context, s *session, args []string, opt releaseOptions) error {
	var host *inventory.Host
	if opt.host != "" {
		if host = s.inv.Host(opt.host); host == nil {
			return usage("there is no host %q in the inventory; `patchwave lock release host %s` releases its lease alone", opt.host, opt.host)
		}
	}
	n, err := a.releaseLeases(ctx, s, args, opt)
	if err != nil {
		return err
	}
	if host != nil {
		broken, err := a.releaseClaim(ctx, s, host, opt)
		if err != nil {
			return err
		}
		n += broken
	}
	if n == 0 {
		a.say("nothing of that is held")
	}
	if a.flags.output == "text" {
		return nil
	}
	return a.lockList(ctx, s)
}

// releaseLeases releases all leases that are concerned, or none if one of them is
// held by a process that may work.
func (a *app) releaseLeases(ctx context.Context, s *session, args []string, opt releaseOptions) (int, error) {
	leases := s.store.Leases()
	list, err := leases.List(ctx)
	if err != nil {
		return 0, err
	}
	var found []coord.Lease
	for _, l := range list {
		if !opt.concerns(l, args) {
			continue
		}
		if !opt.force && !leases.Abandoned(l) {
			return 0, refusedLock("%w: end that process first, or say --force --reason once you know that nobody works there", &coord.HeldError{Lease: l})
		}
		found = append(found, l)
	}
	n := 0
	for _, l := range found {
		done, err := leases.ReleaseByHand(ctx, l, a.now(), a.actor(), opt.reason)
		if err != nil {
			return n, err
		}
		if !done {
			continue // its holder gave it back, or another took it over, meanwhile
		}
		n++
		a.say("released: the lease on %s (run %s of %s)", l.Key, l.Owner.Run, l.Owner.Actor)
	}
	return n, nil
}

func refusedLock(format string, args ...any) error {
	return &exitError{exitLocked, fmt.Errorf(format, args...)}
}

// releaseClaim gives back the claim on a host, and returns how many there were.
func (a *app) releaseClaim(ctx context.Context, s *session, host *inventory.Host, opt releaseOptions) (n int, err error) {
	ctx, stop := a.untilSignal(ctx)
	defer stop()
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	session, err := d.Dial(ctx, host.Target)
	if err != nil {
		return 0, claimStatus(err)
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	client := job.Client{Session: session, Host: host.Name, Become: true}
	holder, err := client.Show(ctx)
	if err != nil {
		return 0, claimStatus(err)
	}
	if holder.Controller == "" {
		return 0, nil
	}
	if !opt.force {
		if err := a.abandonedClaim(ctx, s, host.Name, holder); err != nil {
			return 0, err
		}
	}
	if err := client.Break(ctx, holder); err != nil {
		return 0, claimStatus(err)
	}
	a.say("released: the claim on %s (run %s of controller %s)", host.Name, holder.Run, holder.Controller)
	return 1, nil
}

// abandonedClaim returns why a claim may not be given back without --force; nil if
// nobody works under it.
func (a *app) abandonedClaim(ctx context.Context, s *session, host string, h job.Holder) error {
	if h.Left <= 0 {
		return nil
	}
	if h.Controller != s.store.Controller() {
		return refusedLock("host %s is claimed by run %s of another controller (%s) for another %s: wait, or say --force --reason once you know that it is dead",
			host, h.Run, h.Controller, h.Left)
	}
	r, err := loadRun(ctx, s.store, h.Run)
	if err != nil {
		return refusedLock("host %s is claimed by a run that cannot be read (%w): wait, or say --force --reason once you know that it is dead", host, err)
	}
	if r.State == "running" || r.State == "draining" {
		return refusedLock("run %s works on host %s: end it first, or say --force --reason once you know that it is dead", h.Run, host)
	}
	return nil
}

// claimStatus gives an error of a host the status that it has elsewhere.
func claimStatus(err error) error {
	switch {
	case connectors.CodeOf(err) == connectors.CodeLocked:
		return &exitError{exitLocked, err}
	case connectors.BeforeLogin(err):
		return &exitError{exitUnreachable, err}
	case connectors.CodeOf(err) != "":
		return &exitError{exitFailed, err}
	default:
		return err
	}
}

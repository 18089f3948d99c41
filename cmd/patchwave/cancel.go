package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

func (a *app) cancelCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "cancel RUN", Short: "Let what a run has begun finish, and begin nothing more", GroupID: "daily",
		Long: "A run that is going on, in whatever terminal or unit, takes note within seconds: hosts on which it has begun\n" +
			"something are brought to their end, all others are cancelled. Of a run that soaks all that is left is cancelled.\n" +
			"Of one that was interrupted, hosts on which something was begun are brought to their end first, unless the\n" +
			"configuration has changed since: then what became of them is not known, and the next scan settles it.\n" +
			"The rollout ends with its run; a new one begins in the next opening.",
		Example: "  patchwave cancel r20261122-020000-a1b2c3 --reason 'the application team asked for it'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.cancel(cmd.Context(), s, args[0], reason) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` that says why; kept in the journal")
	return cmd
}

func (a *app) cancel(ctx context.Context, s *session, id, reason string) error {
	if a.flags.limit != "" || a.flags.where != "" {
		return usage("a run is cancelled whole: --limit and --where do not go with it")
	}
	r, err := loadRun(ctx, s.store, id)
	if err != nil {
		return err
	}
	switch r.State {
	case "running", "draining", "interrupted", "soaking":
	default:
		return usage("run %s is %s: there is nothing to cancel", id, r.State)
	}
	word := store.Cancel{At: a.now(), Actor: a.actor(), Reason: reason}
	if err := s.store.RequestCancel(ctx, id, word); err != nil {
		return err
	}
	switch {
	case r.State == "running" || r.State == "draining":
		a.say("run %s (process %d) takes note within seconds: what it has begun is finished; see `patchwave status %s`", id, r.Start.PID, id)
		return a.showRun(report.NewRun("cancel", r))
	case r.Start.ConfigDigest != s.cfg.Digest:
		r, err = a.abandon(ctx, s, r, cancelText(word))
	default:
		r, err = a.cancelNow(ctx, s, r)
	}
	if err != nil {
		return err
	}
	if err := a.showRun(report.NewRun("cancel", r)); err != nil {
		return err
	}
	if r.State != "cancelled" {
		return &exitError{max(a.interrupted, exitInterrupted), fmt.Errorf("run %s is %s; `patchwave resume %s` goes on with cancelling it", id, r.State, id)}
	}
	return exit(codeOf(report.Judge(r), a.interrupted))
}

// cancelNow goes on with a run that is cancelled: it brings to their end what was
// begun, and nothing else.
func (a *app) cancelNow(ctx context.Context, s *session, r *journal.Run) (out *journal.Run, err error) {
	w, err := resumption(ctx, s, r, "cancel")
	if err != nil {
		return nil, err
	}
	held, err := a.holdRun(ctx, s, r.ID)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, held.close(ctx)) }()
	ctx, drain, stop := a.drain(ctx, r.ID)
	defer stop()
	return a.perform(ctx, s, w, "cancel", held, drain)
}

// abandon ends a run that cannot be gone on with, because the configuration is not
// that under which it began. Hosts are not asked.
func (a *app) abandon(ctx context.Context, s *session, r *journal.Run, why string) (out *journal.Run, err error) {
	held, err := a.takeRun(ctx, ctx, s, r.ID)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, held.close(ctx)) }()
	events, err := s.store.Events(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	start := r.Start
	start.Trigger, start.Fence = "cancel", held.run.Fence()
	a.identify(&start)
	engine := run.Engine{Journal: coord.Guard(s.store, held.run), Now: a.now}
	out, err = engine.Abandoned(ctx, r.ID, start, events, why)
	if errors.Is(err, journal.ErrSuperseded) {
		return nil, &exitError{exitLocked, fmt.Errorf("another process goes on with run %s", r.ID)}
	}
	return out, err
}

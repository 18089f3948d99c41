package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/run"
)

func (a *app) resumeCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "resume RUN", Short: "Go on with an interrupted run, without doing any step twice", GroupID: "daily",
		Example: "  patchwave resume r20261122-020000-a1b2c3",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			s, err := a.open(cmd.Context(), existing)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			return a.resume(cmd.Context(), s, args[0])
		},
	}
	a.lockFlags(cmd)
	a.metricsFlag(cmd)
	return cmd
}

func (a *app) resume(ctx context.Context, s *session, id string) (err error) {
	r, held, err := a.awaitRun(ctx, s, id)
	if err != nil {
		return err
	}
	if held != nil {
		defer func() { err = errors.Join(err, held.close(ctx)) }()
	}
	switch {
	case a.flags.limit != "" || a.flags.where != "":
		return usage("a run is gone on with as it was begun: --limit and --where do not go with it")
	case r.State == "running":
		return stillGoingOn(id, r.Start.PID)
	case r.State != "interrupted" && r.State != "soaking":
		return usage("run %s is %s: there is nothing to go on with%s", id, r.State, settleLost(r))
	case r.Start.ConfigDigest != s.cfg.Digest:
		return &exitError{exitRefused, errors.New("the configuration has changed since the run began (--var and --var-file count too); put it back to resume, or apply anew")}
	}
	w, err := resumption(ctx, s, r, "resume")
	if err != nil {
		return err
	}
	if r.State == "soaking" && !r.Start.Now {
		// what is left would begin anew: it waits for the window as an apply does
		gate, err := a.newGate(ctx, s, gateOptions{override: r.Start.Overrides})
		if err != nil {
			return err
		}
		if err := gate.plan(w.Plan, s, func(host string) bool { h := r.Host(host); return h != nil && h.State == journal.Pending }); err != nil {
			return err
		}
	}
	return a.carryOut(ctx, s, w, "apply", held)
}

// resumption is the work of going on with a run.
func resumption(ctx context.Context, s *session, r *journal.Run, trigger string) (run.Work, error) {
	p, err := s.store.Plan(ctx, r.PlanID)
	if err != nil {
		return run.Work{}, err
	}
	if p == nil {
		return run.Work{}, usage("the plan of run %s is not in the database", r.ID)
	}
	events, err := s.store.Events(ctx, r.ID)
	if err != nil {
		return run.Work{}, err
	}
	start := r.Start
	start.Trigger = trigger
	return run.Work{Run: r.ID, Plan: p, Start: start, Past: events}, nil
}

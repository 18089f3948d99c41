package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/updates"
)

func (a *app) resumeCmd() *cobra.Command {
	return &cobra.Command{
		Use: "resume RUN", Short: "Go on with a run that was interrupted, without doing any step twice", GroupID: "daily",
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
}

func (a *app) resume(ctx context.Context, s *session, id string) error {
	r, err := loadRun(ctx, s.store, id)
	if err != nil {
		return err
	}
	switch {
	case r.State == "running" && !provablyDead(r.Start):
		return &exitError{exitLocked, fmt.Errorf("run %s is still going on (process %d); wait for it, or end that process first", id, r.Start.PID)}
	case r.State != "running" && r.State != "interrupted" && r.State != "soaking":
		return usage("run %s is %s: there is nothing to go on with", id, r.State)
	case r.Start.ConfigDigest != s.cfg.Digest:
		return &exitError{exitRefused, errors.New("the configuration has changed since the run began; put it back to resume, or apply anew")}
	}
	p, err := s.store.Plan(ctx, r.PlanID)
	if err != nil {
		return err
	}
	if p == nil {
		return usage("the plan of run %s is not in the database", id)
	}
	events, err := s.store.Events(ctx, id)
	if err != nil {
		return err
	}
	start := r.Start
	start.Trigger = "resume"
	return a.carryOut(ctx, s, run.Work{Run: id, Plan: p, Start: start, Past: events}, "apply")
}

type rollbackOptions struct {
	reason       string
	discardLater bool
}

func (a *app) rollbackCmd() *cobra.Command {
	var opt rollbackOptions
	cmd := &cobra.Command{
		Use: "rollback RUN|HOST", Short: "Take hosts back to the versions they had before a run", GroupID: "daily",
		Long: "With RUN all hosts of that run, or those of --limit; with HOST the last run that changed the host.\n" +
			"It is shown what would be undone and what cannot be. A host that a later run changed is refused,\n" +
			"unless --discard-later.",
		Example: "  patchwave rollback r20261122-020000-a1b2c3\n  patchwave rollback web-07 --yes",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			s, err := a.open(cmd.Context(), existing)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			return a.rollback(cmd.Context(), s, args[0], opt)
		},
	}
	cmd.Flags().StringVar(&opt.reason, "reason", "", "why; kept in the journal")
	cmd.Flags().BoolVar(&opt.discardLater, "discard-later", false, "also where a later run changed the host")
	return cmd
}

func (a *app) rollback(ctx context.Context, s *session, what string, opt rollbackOptions) error {
	past, hosts, err := a.findRollback(ctx, s, what)
	if err != nil {
		return err
	}
	if !opt.discardLater {
		if err := laterRuns(ctx, s, past, hosts); err != nil {
			return err
		}
	}
	p, err := a.rollbackPlan(s, past, hosts)
	if err != nil {
		return err
	}
	if err := s.store.SavePlan(ctx, p); err != nil {
		return err
	}
	if err := a.confirmRollback(past, hosts); err != nil {
		return err
	}
	return a.apply(ctx, s, p, journal.RunStartedData{Kind: run.KindRollback, Rollout: past.ID, Reason: opt.reason}, "rollback")
}

// findRollback finds the run to undo and its hosts that were changed.
func (a *app) findRollback(ctx context.Context, s *session, what string) (*journal.Run, []*journal.Host, error) {
	if h := s.inv.Host(what); h != nil {
		rows, err := s.store.Runs(ctx, 1000)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range rows {
			if row.Kind != run.KindApply {
				continue
			}
			r, err := loadRun(ctx, s.store, row.ID)
			if err != nil {
				return nil, nil, err
			}
			if rh := r.Host(what); rh != nil && undoable(rh) {
				return r, []*journal.Host{rh}, nil
			}
		}
		return nil, nil, usage("no run changed host %s and can be undone", what)
	}
	r, err := loadRun(ctx, s.store, what)
	if err != nil {
		return nil, nil, err
	}
	selected, err := a.hosts(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	var hosts []*journal.Host
	for _, h := range selected {
		if rh := r.Host(h.Name); rh != nil && undoable(rh) {
			hosts = append(hosts, rh)
		}
	}
	if len(hosts) == 0 {
		return nil, nil, usage("run %s changed none of these hosts", r.ID)
	}
	return r, hosts, nil
}

// undoable reports whether a run left something on a host that can be undone.
func undoable(h *journal.Host) bool {
	return h.Point != nil && slices.ContainsFunc(h.Updates, func(u journal.UpdateRecord) bool {
		return u.State != "pending" && u.State != "rolled-back"
	})
}

// laterRuns refuses hosts that a later run changed.
func laterRuns(ctx context.Context, s *session, past *journal.Run, hosts []*journal.Host) error {
	rows, err := s.store.Runs(ctx, 1000)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ID == past.ID {
			return nil
		}
		r, err := loadRun(ctx, s.store, row.ID)
		if err != nil {
			return err
		}
		for _, h := range hosts {
			if later := r.Host(h.Name); later != nil && undoable(later) {
				return &exitError{exitRefused, fmt.Errorf("run %s changed host %s after run %s; undo that one first, or say --discard-later", r.ID, h.Name, past.ID)}
			}
		}
	}
	return nil
}

// rollbackPlan is the plan of the way back: one wave a policy, with the changes
// that were made as what is to be undone.
func (a *app) rollbackPlan(s *session, past *journal.Run, hosts []*journal.Host) (*plan.Plan, error) {
	p := &plan.Plan{Schema: plan.Schema, ID: "b" + past.ID, Created: a.now().UTC(), Expires: a.now().Add(plan.Lifetime).UTC(),
		ConfigDigest: s.cfg.Digest, Waves: []plan.Wave{}, Excluded: []plan.Excluded{}}
	id, err := a.newRunID()
	if err != nil {
		return nil, err
	}
	p.ID = "b" + id
	for _, h := range hosts {
		if s.inv.Host(h.Name) == nil {
			p.Excluded = append(p.Excluded, plan.Excluded{Host: h.Name, Code: plan.ExcludedUnmanaged, Reason: "it is no longer in the inventory"})
			continue
		}
		i := slices.IndexFunc(p.Waves, func(w plan.Wave) bool { return w.Policy == h.Policy })
		if i < 0 {
			p.Waves = append(p.Waves, plan.Wave{Policy: h.Policy, Name: "rollback", Batches: []plan.Batch{{}}})
			i = len(p.Waves) - 1
		}
		step := plan.Step{Step: run.StepRollback, Updates: []plan.Entry{}}
		for _, u := range h.Updates {
			step.Updates = append(step.Updates, plan.Entry{Decision: "rollback", Change: updates.Change{
				Action: updates.Action(u.Action), Name: u.Name, Arch: u.Arch, From: u.From, To: u.To}})
		}
		b := &p.Waves[i].Batches[0]
		b.Hosts = append(b.Hosts, plan.Host{Name: h.Name, Steps: []plan.Step{step}, Skipped: []plan.Skipped{}, Notes: []string{}})
	}
	p.Digest, err = p.ComputeDigest()
	return p, err
}

func (a *app) confirmRollback(past *journal.Run, hosts []*journal.Host) error {
	if a.flags.yes {
		return nil
	}
	for _, h := range hosts {
		a.say("%s: back to what it had %s (restore point %s, of package versions only)", h.Name, ago(a.now().Sub(past.Started)), h.Point.Provider)
		if len(h.Point.Cannot) > 0 {
			a.say("  cannot be brought back: %v", h.Point.Cannot)
		}
	}
	return a.ask(fmt.Sprintf("Undo run %s on %s?", past.ID, count(len(hosts), "host")))
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/policies"
)

type rollbackOptions struct {
	reason       string
	discardLater bool
}

func (a *app) rollbackCmd() *cobra.Command {
	var opt rollbackOptions
	cmd := &cobra.Command{
		Use: "rollback RUN|HOST", Short: "Take hosts back to the versions they had before a run", GroupID: "daily",
		Long: "With RUN all hosts of that run, or those of --limit; with HOST the last run that changed the host.\n" +
			"Shows what would be undone and what cannot be, and asks. A host that a later run changed is refused,\n" +
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
	a.lockFlags(cmd)
	a.metricsFlag(cmd)
	cmd.Flags().StringVar(&opt.reason, "reason", "", "`TEXT` that says why; kept in the journal")
	cmd.Flags().BoolVar(&opt.discardLater, "discard-later", false, "also undo hosts that a later run changed")
	return cmd
}

func (a *app) rollback(ctx context.Context, s *session, what string, opt rollbackOptions) error {
	changes, err := a.changesOfRuns(ctx, s.store)
	if err != nil {
		return err
	}
	past, hosts, err := a.findRollback(ctx, s, changes, what)
	if err != nil {
		return err
	}
	if !opt.discardLater {
		if err := changes.later(past, hosts); err != nil {
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
		w := &p.Waves[i]
		if len(w.Batches[len(w.Batches)-1].Hosts) == policies.DefaultBatch {
			w.Batches = append(w.Batches, plan.Batch{})
		}
		step := plan.Step{Step: run.StepRollback, Updates: []plan.Entry{}}
		for _, u := range h.Updates {
			step.Updates = append(step.Updates, plan.Entry{Decision: "rollback", Change: updates.Change{
				Action: updates.Action(u.Action), Name: u.Name, Arch: u.Arch, From: u.From, To: u.To}})
		}
		if h.Point.Provider != restore.Packages {
			step.RestorePoint = &plan.Point{Provider: h.Point.Provider, ID: h.Point.Native, Undoes: h.Point.Undoes, CannotUndo: h.Point.Cannot}
		}
		b := &w.Batches[len(w.Batches)-1]
		b.Hosts = append(b.Hosts, plan.Host{Name: h.Name, Steps: []plan.Step{step}, Skipped: []plan.Skipped{}, Notes: []string{}})
	}
	p.Digest = p.ComputeDigest()
	return p, nil
}

func (a *app) confirmRollback(past *journal.Run, hosts []*journal.Host) error {
	if a.flags.yes {
		return nil
	}
	for _, h := range hosts {
		what := "of package versions only"
		if h.Point.Scope == restore.ScopeSystem {
			what = "of the whole system: what was written since is lost"
		}
		a.say("%s: back to what it had %s (restore point %s, %s)", h.Name, ago(a.now().Sub(past.Started)), h.Point.Provider, what)
		if len(h.Point.Cannot) > 0 {
			a.say("  cannot be brought back: %v", h.Point.Cannot)
		}
	}
	return a.ask(fmt.Sprintf("Undo run %s on %s?", past.ID, count(len(hosts), "host")))
}

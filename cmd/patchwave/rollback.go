package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/updates"
)

type rollbackOptions struct {
	reason, to   string
	discardLater bool
	dryRun       bool
}

func (a *app) rollbackCmd() *cobra.Command {
	var opt rollbackOptions
	cmd := &cobra.Command{
		Use: "rollback RUN|HOST", Short: "Take hosts back to the versions they had before a run", GroupID: "daily",
		Long: "With RUN all hosts of that run, or those of --limit; with HOST the last run that changed the host, or with --to\n" +
			"the run that made that restore point. Shows what would be undone and what cannot be, and asks; --dry-run asks\n" +
			"the hosts whether the points are there, and changes nothing. A host that a later run changed is refused, unless\n" +
			"--discard-later. A restore point of the whole system takes back everything that was written since, later runs\n" +
			"with it; points that are newer than it then lead nowhere.",
		Example: "  patchwave rollback r20261122-020000-a1b2c3\n  patchwave rollback web-07 --dry-run\n" +
			"  patchwave rollback web-07 --to r20261115-020000-a1b2c3/btrfs --discard-later --yes",
		Args: cobra.ExactArgs(1),
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
	cmd.Flags().StringVar(&opt.to, "to", "", "the restore point of the host to go back to: its `ID` or tag, as `restore-points list` shows it")
	cmd.Flags().BoolVar(&opt.discardLater, "discard-later", false, "also undo hosts that a later run changed")
	cmd.Flags().BoolVar(&opt.dryRun, "dry-run", false, "show what would be undone and whether the restore points are there, and change nothing")
	return cmd
}

func (a *app) rollback(ctx context.Context, s *session, what string, opt rollbackOptions) error {
	changes, err := a.changesOfRuns(ctx, s.store)
	if err != nil {
		return err
	}
	var past *journal.Run
	var hosts []*journal.Host
	if opt.to != "" {
		past, hosts, err = a.findPoint(s, changes, what, opt.to)
	} else {
		past, hosts, err = a.findRollback(ctx, s, changes, what)
	}
	if err != nil {
		return err
	}
	doc := a.rollbackDoc(s, changes, past, hosts, opt)
	if opt.dryRun {
		if err := a.askBack(ctx, s, &doc, hosts); err != nil {
			return err
		}
		if err := a.showBack(doc); err != nil {
			return err
		}
		return exit(doc.code())
	}
	if !opt.discardLater {
		if err := changes.later(past, hosts); err != nil {
			return err
		}
	}
	p, err := a.rollbackPlan(s, changes, past, hosts, opt)
	if err != nil {
		return err
	}
	if err := s.store.SavePlan(ctx, p); err != nil {
		return err
	}
	if err := a.confirmRollback(doc, past, hosts); err != nil {
		return err
	}
	return a.apply(ctx, s, p, journal.RunStartedData{Kind: run.KindRollback, Rollout: past.ID, Reason: opt.reason}, "rollback")
}

// rollbackPlan is the plan of the way back: one wave a policy, with the changes
// that were made as what is to be undone.
func (a *app) rollbackPlan(s *session, c changes, past *journal.Run, hosts []*journal.Host, opt rollbackOptions) (*plan.Plan, error) {
	id, err := a.newRunID()
	if err != nil {
		return nil, err
	}
	p := &plan.Plan{Schema: plan.Schema, ID: "b" + id, Created: a.now().UTC(), Expires: a.now().Add(plan.Lifetime).UTC(),
		ConfigDigest: s.cfg.Digest, Waves: []plan.Wave{}, Excluded: []plan.Excluded{}}
	for _, h := range hosts {
		if s.inv.Host(h.Name) == nil {
			p.Excluded = append(p.Excluded, plan.Excluded{Host: h.Name, Code: plan.ExcludedUnmanaged, Reason: "it is no longer in the inventory"})
			continue
		}
		step := plan.Step{Step: run.StepRollback, Updates: []plan.Entry{}}
		for _, u := range c.undoes(past, h) {
			step.Updates = append(step.Updates, plan.Entry{Decision: "rollback", Title: u.Title, Change: updates.Change{
				Action: updates.Action(u.Action), Name: u.Name, Arch: u.Arch, From: u.From, To: u.To}})
		}
		if h.Point.Provider != restore.Packages {
			newer := c.newer(past, h)
			step.RestorePoint = &plan.Point{Provider: h.Point.Provider, ID: h.Point.Native, Undoes: h.Point.Undoes, CannotUndo: h.Point.Cannot,
				Always: opt.to != "" || len(newer) > 0, Newer: newer}
		}
		addHost(p, h.Policy, run.StepRollback, plan.Host{Name: h.Name, Steps: []plan.Step{step}, Skipped: []plan.Skipped{}, Notes: []string{}})
	}
	p.Digest = p.ComputeDigest()
	return p, nil
}

// confirmRollback shows what would be undone, and asks.
func (a *app) confirmRollback(doc backDoc, past *journal.Run, hosts []*journal.Host) error {
	if a.flags.yes {
		return nil
	}
	a.say("%s", strings.TrimSuffix(a.backText(doc), "\n"))
	return a.ask(fmt.Sprintf("Undo run %s on %s?", past.ID, count(len(hosts), "host")))
}

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/policies"
)

type pruneOptions struct {
	reason     string
	dryRun     bool
	controller []string
}

func (a *app) pruneCmd() *cobra.Command {
	var opt pruneOptions
	cmd := &cobra.Command{
		Use: "prune", Short: "Remove restore points that are beyond keep or expire, and what crashed runs have left", Args: cobra.NoArgs,
		Long: "Asks the hosts which points of patchwave they have, shows what would be removed and why, and asks. Removed are\n" +
			"points beyond the `keep` or older than the `expire` of the policy in force, and leftovers: those whose run ended\n" +
			"without them, and those that no run of this database made, when they are older than `expire` and a day. What bears\n" +
			"the mark of another controller stays, unless --controller says that it is gone for good. What a run needs that is\n" +
			"at work or can be resumed stays, and so does what does not bear patchwave's tag. Copies of old\n" +
			"packages go by themselves at the end of each run.\n" +
			"It is a run: it has leases and claims, and show, report and resume know it. Exit status 3 says that a point could\n" +
			"not be removed, 4 that a host could not be asked.",
		Example: "  patchwave restore-points prune --dry-run\n  patchwave restore-points prune -l 'web-*' --yes",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd, existing, func(s *session) error { return a.prune(cmd.Context(), s, opt) })
		},
	}
	a.lockFlags(cmd)
	cmd.Flags().BoolVar(&opt.dryRun, "dry-run", false, "show what would be removed and what stays, and change nothing")
	cmd.Flags().StringSliceVar(&opt.controller, "controller", nil, "the `ID` of a controller that is gone for good, as list --ask shows it: its points are leftovers too")
	cmd.Flags().StringVar(&opt.reason, "reason", "", "`TEXT` that says why; kept in the journal")
	return cmd
}

func (a *app) prune(ctx context.Context, s *session, opt pruneOptions) error {
	for _, id := range opt.controller {
		if !restore.IsOrigin(id) {
			return usage("--controller %q is no mark of a controller: six characters of 0-9 and a-f, as `restore-points list --ask` shows them", id)
		}
	}
	doc, asked, err := a.pointsOf(ctx, s, pointsOptions{ask: true, dead: opt.controller})
	if err != nil {
		return err
	}
	if opt.dryRun {
		if a.flags.output == "text" {
			doc.Points = slices.DeleteFunc(doc.Points, func(p pointDoc) bool { return !p.Remove && p.Why == "" })
		}
		if err := a.showPoints(doc, nothingToRemove(doc)); err != nil {
			return err
		}
		return exit(answersCode(doc.Hosts))
	}
	p, n, err := a.prunePlan(s, asked)
	if err != nil {
		return err
	}
	if n == 0 && len(p.Excluded) == 0 {
		return a.nothingToPrune(doc)
	}
	if err := a.confirmPrune(doc, p, n); err != nil {
		return err
	}
	if err := s.store.SavePlan(ctx, p); err != nil {
		return err
	}
	return a.apply(ctx, s, p, journal.RunStartedData{Kind: run.KindPrune, Reason: opt.reason}, "prune")
}

// nothingToRemove says so of the hosts that answered.
func nothingToRemove(doc pointsDoc) string {
	if answersCode(doc.Hosts) != exitOK {
		return "there is nothing to remove on the hosts that answered"
	}
	return "there is nothing to remove"
}

// unexpected reports whether a point is told of even where it stays.
func unexpected(p pointDoc) bool {
	return p.State == pointLeftover || p.State == pointForeign || p.State == pointGone
}

// nothingToPrune says so; a leftover that stays is told of.
func (a *app) nothingToPrune(doc pointsDoc) error {
	doc.Points = slices.DeleteFunc(doc.Points, func(p pointDoc) bool { return !unexpected(p) })
	if err := a.showPoints(doc, nothingToRemove(doc)); err != nil {
		return err
	}
	return exit(answersCode(doc.Hosts))
}

// confirmPrune shows what would go, and asks.
func (a *app) confirmPrune(doc pointsDoc, p *plan.Plan, n int) error {
	if a.flags.yes {
		return nil
	}
	b := *a // the question is about this; the result goes elsewhere
	if b.flags.output != "text" {
		b.out, b.flags.output = a.err, "text"
	}
	doc.Points = slices.DeleteFunc(doc.Points, func(p pointDoc) bool { return !p.Remove && !unexpected(p) })
	if err := b.showPoints(doc, nothingToRemove(doc)); err != nil {
		return err
	}
	return a.ask(fmt.Sprintf("Remove %s on %s?", count(n, "restore point"), count(len(p.Hosts()), "host")))
}

// prunePlan is what is to be removed: one wave a policy. n counts the points.
func (a *app) prunePlan(s *session, asked []judged) (p *plan.Plan, n int, err error) {
	id, err := a.newRunID()
	if err != nil {
		return nil, 0, err
	}
	p = &plan.Plan{Schema: plan.Schema, ID: "b" + id, Created: a.now().UTC(), Expires: a.now().Add(plan.Lifetime).UTC(),
		ConfigDigest: s.cfg.Digest, Waves: []plan.Wave{}, Excluded: []plan.Excluded{}}
	for _, j := range asked {
		if e := j.answer.Error; e != nil {
			p.Excluded = append(p.Excluded, plan.Excluded{Host: j.host.Name, Code: e.Code, Reason: e.Message})
			continue
		}
		var old []plan.OldPoint
		for _, x := range j.points {
			if x.Remove {
				old = append(old, plan.OldPoint{ID: x.ID, Provider: x.Provider, Tag: x.Tag, Native: x.Native, Run: x.Run, Why: x.Why})
			}
		}
		switch {
		case len(old) == 0:
		case j.policy == nil:
			a.say("%s: no policy claims the host, so nothing is removed there (%s)", j.host.Name, count(len(old), "restore point"))
		default:
			n += len(old)
			step := plan.Step{Step: run.StepPrune, Updates: []plan.Entry{}, Prune: old}
			addHost(p, j.policy.Name, run.StepPrune, plan.Host{Name: j.host.Name, Steps: []plan.Step{step}, Skipped: []plan.Skipped{}, Notes: []string{}})
		}
	}
	p.Digest = p.ComputeDigest()
	return p, n, nil
}

// addHost adds a host to the wave of its policy, in batches.
func addHost(p *plan.Plan, policy, wave string, h plan.Host) {
	i := slices.IndexFunc(p.Waves, func(w plan.Wave) bool { return w.Policy == policy })
	if i < 0 {
		p.Waves = append(p.Waves, plan.Wave{Policy: policy, Name: wave, Batches: []plan.Batch{{}}})
		i = len(p.Waves) - 1
	}
	w := &p.Waves[i]
	if len(w.Batches[len(w.Batches)-1].Hosts) == policies.DefaultBatch {
		w.Batches = append(w.Batches, plan.Batch{})
	}
	b := &w.Batches[len(w.Batches)-1]
	b.Hosts = append(b.Hosts, h)
}

package main

import (
	"context"
	"slices"
	"strings"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/store"
	"patchwave/policies"
)

// What a policy leaves to another window, its reboots, is paid by a policy of its own
// with the same hosts, probes, actions and bounds: it has that window, occurrences,
// runs and a name that nobody can write in a configuration.

const rebootSuffix = ":reboot"

// all are the policies of the configuration, and those that pay their reboots.
func (s *session) all() []*policies.Policy {
	out := slices.Clone(s.policies)
	for _, p := range s.policies {
		if p.Reboot.When == policies.RebootDefer && p.Reboot.Window != nil {
			out = append(out, rebootsOf(p))
		}
	}
	return out
}

// rebootsOf is the policy that pays the reboots of another.
func rebootsOf(p *policies.Policy) *policies.Policy {
	q := *p
	q.Name += rebootSuffix
	q.Window, q.After, q.Stage, q.Notice, q.Updates = p.Reboot.Window, nil, nil, nil, "reboot"
	q.Reboot.When, q.Reboot.Window = policies.RebootAlways, nil
	last := policies.Wave{Name: plan.StepReboot}
	if n := len(p.Rollout.Waves); n > 0 {
		last = p.Rollout.Waves[n-1]
		last.Name, last.Count, last.Percent, last.Soak = plan.StepReboot, 0, 0, 0
	}
	q.Rollout.Split, q.Rollout.Waves = "", []policies.Wave{last}
	if p.Verification != nil && p.Verification.OnFailure == policies.FailRollback {
		v := *p.Verification
		v.OnFailure = policies.FailStop // it has changed nothing that could be taken back
		q.Verification = &v
	}
	return &q
}

// paysReboots reports whether a policy is one that pays reboots, and of which.
func paysReboots(policy string) (of string, ok bool) { return strings.CutSuffix(policy, rebootSuffix) }

// alsoReboots lets a suspension hold for the reboots of its policy too.
func alsoReboots(list []policies.Suspension) []policies.Suspension {
	out := slices.Clone(list)
	for _, n := range list {
		n.Policy += rebootSuffix
		out = append(out, n)
	}
	return out
}

// owed are the boot ids with which hosts of a policy owe a reboot, by host: with
// another one, as the last scan has it, a host owes nothing any more.
func (s *session) owed(ctx context.Context, policy string) (map[string]string, error) {
	list, err := s.store.OwedReboots(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	seen, err := s.store.Seen(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, o := range list {
		if o.Policy == policy && seen[o.Host].Facts.BootID == o.BootID {
			out[o.Host] = o.BootID
		}
	}
	return out, nil
}

// payReboots reboots the hosts that owe it.
func (n *night) payReboots(ctx context.Context, o store.Occurrence) error {
	p := n.policy(o.Policy)
	of, _ := paysReboots(o.Policy)
	owed, err := n.s.owed(ctx, of)
	if err != nil || p == nil {
		return err
	}
	var hosts []string
	for _, h := range n.hostsOf(o) {
		if owed[h.Name] != "" {
			hosts = append(hosts, h.Name)
		}
	}
	if len(hosts) == 0 {
		return n.empty(ctx, o, "no host owes a reboot")
	}
	pl := plan.Reboots(p, n.s.cfg.Digest, hosts)
	if err := pl.Seal(n.app.now()); err != nil {
		return err
	}
	if err := n.s.store.SavePlan(ctx, pl); err != nil {
		return err
	}
	start := journal.RunStartedData{Kind: run.KindApply, Trigger: triggerTimer, Rollout: o.Rollout, PlanID: pl.ID, PlanDigest: pl.Digest, ConfigDigest: pl.ConfigDigest}
	return n.carryOut(ctx, o, run.Work{Run: o.Run, Plan: pl, Start: start})
}

// owes tells a run that pays reboots with which boot ids they are owed.
func (s *session) owes(ctx context.Context, w *run.Work) error {
	for _, wave := range w.Plan.Waves {
		of, ok := paysReboots(wave.Policy)
		if !ok {
			continue
		}
		list, err := s.store.OwedReboots(ctx)
		if err != nil {
			return err
		}
		w.Owes = map[string]string{}
		for _, o := range list {
			if o.Policy == of {
				w.Owes[o.Host] = o.BootID
			}
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/store"
	"patchwave/inventory"
	"patchwave/policies"
)

// begin starts all that is due and not held up by other work.
func (n *night) begin(ctx context.Context, d *due) {
	if n.draining(ctx) {
		return
	}
	n.takeOverWoken(ctx, d.woken)
	for _, u := range d.interrupted {
		if err := n.goOnWith(ctx, u); err != nil {
			n.failed(err)
		}
	}
	elsewhere, err := n.elsewhere(ctx, d)
	if err != nil {
		n.failed(err)
		return
	}
	free := func(pols ...string) bool {
		for _, p := range pols {
			if by := elsewhere[p]; by != "" {
				n.failed(&exitError{exitLocked, fmt.Errorf("policy %s waits: %s", p, by)})
				return false
			}
		}
		return !n.isBusy(pols...)
	}
	for _, o := range d.over {
		if err := n.conclude(ctx, o, nil); err != nil {
			n.failed(err)
		}
	}
	n.launch(ctx, d, free)
	n.stageAll(ctx, d)
	for _, k := range d.soaks {
		if free(k.Policies...) {
			n.goOn(k.Policies, func() error { return n.afterSoak(ctx, k) })
		}
	}
	for _, o := range d.late {
		if free(o.Policy) {
			n.tried[keyOf(o)] = d.at
			n.goOn([]string{o.Policy}, func() error { return n.lateHosts(ctx, o) })
		}
	}
}

// elsewhere says which policies another process works on, and in which words.
func (n *night) elsewhere(ctx context.Context, d *due) (map[string]string, error) {
	out := map[string]string{}
	if len(d.outlook.Due)+len(d.again)+len(d.soaks)+len(d.late) == 0 {
		return out, nil
	}
	for _, u := range d.working {
		r, err := loadRun(ctx, n.s.store, u.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range policiesOf(r) {
			out[p] = fmt.Sprintf("run %s (process %d) works on its hosts", u.ID, u.Start.PID)
		}
	}
	return out, nil
}

// policiesOf are those of the hosts of a run.
func policiesOf(r *journal.Run) []string {
	var out []string
	for _, h := range r.Hosts {
		if h.Policy != "" && !slices.Contains(out, h.Policy) {
			out = append(out, h.Policy)
		}
	}
	return out
}

// occurrence does what a policy has to do in an opening: it goes on with its
// rollout, or begins a new one.
func (n *night) occurrence(ctx context.Context, o store.Occurrence) error {
	n.app.say("policy %s in window %s is launched", o.Policy, o.Window)
	if err := n.endRefused(ctx, o.Policy); err != nil {
		return err
	}
	if _, ok := paysReboots(o.Policy); ok {
		return n.payReboots(ctx, o)
	}
	done, err := n.soaking(ctx, o)
	if done || err != nil {
		return err
	}
	last, err := n.s.store.LastRun(ctx, o.Policy, o.Zone)
	if err != nil {
		return err
	}
	if last != nil {
		r, err := loadRun(ctx, n.s.store, last.Run)
		if err != nil {
			return err
		}
		if goesOn(r, o.Policy) {
			if r.Start.ConfigDigest == n.s.cfg.Digest {
				return n.remainder(ctx, o, r)
			}
			n.app.say("the rollout of run %s ends, because the configuration has changed since it began; policy %s begins a new one", r.ID, o.Policy)
		}
	}
	return n.fresh(ctx, o)
}

// soaking goes on with a run of the policy that soaks, or waits for it. It reports
// whether the occurrence has what it has to do.
func (n *night) soaking(ctx context.Context, o store.Occurrence) (bool, error) {
	all, err := n.s.store.Soaks(ctx)
	if err != nil {
		return false, err
	}
	for _, k := range all {
		r, err := loadRun(ctx, n.s.store, k.Run)
		if err != nil {
			return false, err
		}
		if !slices.Contains(waitingPolicies(r), o.Policy) {
			continue
		}
		if r.Start.ConfigDigest != n.s.cfg.Digest {
			if err := n.giveUp(ctx, r); err != nil {
				return false, err
			}
			continue
		}
		o.Run, o.Rollout = r.ID, r.Rollout
		if k.Over.After(n.app.now()) {
			o.State, o.Finished = store.OccurrenceEmpty, n.app.now()
			o.Reason = fmt.Sprintf("run %s soaks until %s", r.ID, k.Over.In(n.s.cfg.Zone()).Format("Mon 2006-01-02 15:04 MST"))
			n.recorded(o)
			return true, n.s.store.Update(ctx, o)
		}
		if err := n.s.store.Update(ctx, o); err != nil {
			return false, err
		}
		r, err = n.resume(ctx, r)
		if err != nil {
			return true, err
		}
		return true, n.conclude(ctx, o, r)
	}
	return false, nil
}

// waitingPolicies are those with hosts that have not begun.
func waitingPolicies(r *journal.Run) []string {
	var out []string
	for _, h := range r.Hosts {
		if h.State == journal.Pending && !slices.Contains(out, h.Policy) {
			out = append(out, h.Policy)
		}
	}
	return out
}

// fresh begins a new rollout: it plans for the policy as it is now.
func (n *night) fresh(ctx context.Context, o store.Occurrence) error {
	hosts := n.hostsOf(o)
	if len(hosts) == 0 {
		return n.empty(ctx, o, "the policy has no hosts here")
	}
	p, err := n.plan(ctx, planOptions{policy: o.Policy, hosts: hosts})
	if err != nil {
		return n.notPlanned(ctx, o, err)
	}
	if nothingToDo(p) {
		return n.empty(ctx, o, "nothing is pending that may be installed")
	}
	start := journal.RunStartedData{Kind: run.KindApply, Trigger: triggerTimer, Rollout: o.Rollout, PlanID: p.ID, PlanDigest: p.Digest, ConfigDigest: p.ConfigDigest}
	return n.carryOut(ctx, o, run.Work{Run: o.Run, Plan: p, Start: start})
}

// triggerTimer is what a run has begun that nobody began at a terminal.
const triggerTimer = "timer"

// remainder goes on with a rollout in another run: with the hosts for which there
// was no time, those that are back, and exactly its versions.
func (n *night) remainder(ctx context.Context, o store.Occurrence, before *journal.Run) error {
	old, err := n.s.store.Plan(ctx, before.PlanID)
	if err != nil {
		return err
	}
	if old == nil {
		return usage("the plan of run %s is not in the database", before.ID)
	}
	p := old.Remainder(func(host string) bool {
		h := before.Host(host)
		return h != nil && h.Policy == o.Policy && unfinishedHost(h) && n.s.inv.Host(host) != nil
	})
	var unseen []*inventory.Host
	for _, h := range n.hostsOf(o) {
		if known := before.Host(h.Name); known != nil && known.Policy == "" && known.State == journal.Unreachable {
			unseen = append(unseen, h)
		}
	}
	if len(unseen) > 0 {
		if err := n.join(ctx, o, p, old.Versions(o.Policy), unseen); err != nil {
			return n.notPlanned(ctx, o, err)
		}
	}
	if err := p.Seal(n.app.now()); err != nil {
		return err
	}
	if err := n.s.store.SavePlan(ctx, p); err != nil {
		return err
	}
	own := o.Run
	o.Rollout = before.Rollout
	if err := n.s.store.Update(ctx, o); err != nil {
		return err
	}
	start := journal.RunStartedData{Kind: run.KindApply, Trigger: triggerTimer, Rollout: o.Rollout, PlanID: p.ID, PlanDigest: p.Digest, ConfigDigest: p.ConfigDigest}
	return n.carryOut(ctx, o, run.Work{Run: own, Plan: p, Start: start})
}

// join plans for hosts that the rollout has not seen, and adds them.
func (n *night) join(ctx context.Context, o store.Occurrence, p *plan.Plan, versions plan.Versions, hosts []*inventory.Host) error {
	late, err := n.plan(ctx, planOptions{policy: o.Policy, hosts: hosts, versions: versions})
	if err != nil {
		return err
	}
	p.Excluded = append(p.Excluded, late.Excluded...)
	return p.Join(n.policy(o.Policy), late)
}

// plan plans with a context that ends with the first signal.
func (n *night) plan(ctx context.Context, opt planOptions) (*plan.Plan, error) {
	gate, err := n.app.newGate(ctx, n.s, gateOptions{})
	if err != nil {
		return nil, err
	}
	opt.refresh = "auto"
	ctx, stop := n.planning(ctx)
	defer stop()
	return n.app.makePlan(ctx, n.s, opt, gate.refuse)
}

// notPlanned tells why an occurrence could not begin. It is tried again as long as
// its window is open.
func (n *night) notPlanned(ctx context.Context, o store.Occurrence, err error) error {
	if errors.Is(err, context.Canceled) {
		return &exitError{max(n.app.interrupted, exitInterrupted), fmt.Errorf("policy %s was not begun; the next `patchwave run` begins it while its window is open", o.Policy)}
	}
	o.Reason = strings.SplitN(err.Error(), "\n", 2)[0]
	return errors.Join(err, n.s.store.Update(ctx, o))
}

// carryOut begins the run of an occurrence.
func (n *night) carryOut(ctx context.Context, o store.Occurrence, w run.Work) error {
	r, err := n.perform(ctx, w)
	if err != nil {
		return err
	}
	return n.conclude(ctx, o, r)
}

// perform carries out a run and shows what came of it.
func (n *night) perform(ctx context.Context, w run.Work) (r *journal.Run, err error) {
	n.mu.Lock()
	n.own[w.Run] = true
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.own, w.Run)
		n.mu.Unlock()
	}()
	held, err := n.app.takeRun(ctx, ctx, n.s, w.Run)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, held.close(ctx)) }()
	if r, err = n.app.perform(ctx, n.s, w, "run", held, n.drain); err != nil {
		return nil, err
	}
	return r, n.ended(ctx, r, held.locked(r))
}

// conclude records that the run of an occurrence has ended for now. Without r it is
// read.
func (n *night) conclude(ctx context.Context, o store.Occurrence, r *journal.Run) error {
	if r == nil {
		var err error
		if r, err = loadRun(ctx, n.s.store, o.Run); err != nil {
			return err
		}
	}
	if r.State == "interrupted" {
		n.recorded(o)
		return nil // it has not ended; whoever goes on with it records it
	}
	o.State, o.Reason, o.Finished, o.Late = store.OccurrenceRan, "", n.app.now(), len(late(r))
	if r.State != "finished" {
		o.Reason = r.State + ": " + r.Why
	}
	n.recorded(o)
	return n.s.store.Update(context.WithoutCancel(ctx), o)
}

func (n *night) empty(ctx context.Context, o store.Occurrence, why string) error {
	o.State, o.Reason, o.Finished, o.Run, o.Rollout = store.OccurrenceEmpty, why, n.app.now(), "", ""
	n.app.say("policy %s in window %s: %s", o.Policy, o.Window, why)
	n.recorded(o)
	return n.s.store.Update(ctx, o)
}

// nothingToDo reports whether a plan changes nothing and has nobody to tell of.
func nothingToDo(p *plan.Plan) bool {
	return !slices.ContainsFunc(p.Hosts(), func(h plan.Host) bool { return len(h.Steps) > 0 }) &&
		!slices.ContainsFunc(p.Excluded, func(x plan.Excluded) bool { return x.Code != plan.ExcludedUnmanaged })
}

// hostsOf are the hosts of a policy that are where an occurrence is.
func (n *night) hostsOf(o store.Occurrence) []*inventory.Host {
	p := n.policy(o.Policy)
	g := newAgenda(n.s.all(), n.s.inv, n.s.cfg.Zone(), nil)
	claimer, _ := paysReboots(o.Policy)
	var out []*inventory.Host
	for _, h := range n.s.inv.Hosts {
		if p != nil && slices.Contains(h.Policies, claimer) && g.placeOf(p, h).zone == o.Zone {
			out = append(out, h)
		}
	}
	return out
}

func (n *night) policy(name string) *policies.Policy {
	for _, p := range n.s.all() {
		if p.Name == name {
			return p
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/store"
	"patchwave/inventory"
	"patchwave/policies"
)

// goOnWith goes on with a run whose process is gone. One that began under another
// configuration is refused until somebody cancels it or puts the configuration back,
// or until the next opening of its policy.
func (n *night) goOnWith(ctx context.Context, u store.Unfinished) error {
	r, err := loadRun(ctx, n.s.store, u.ID)
	if err != nil {
		return err
	}
	if r.State != "interrupted" {
		return nil // it has ended in between
	}
	if r.Start.ConfigDigest != n.s.cfg.Digest {
		n.refused[r.ID] = true
		return &exitError{exitRefused, fmt.Errorf("run %s was interrupted and the configuration has changed since: put it back, or end the run with `patchwave cancel %s`", r.ID, r.ID)}
	}
	n.goOn(policiesOf(r), func() error {
		r, err := n.resume(ctx, r)
		if err != nil {
			return err
		}
		return n.concludeAll(ctx, r)
	})
	return nil
}

// resume goes on with a run.
func (n *night) resume(ctx context.Context, r *journal.Run) (*journal.Run, error) {
	w, err := resumption(ctx, n.s, r, triggerTimer)
	if err != nil {
		return nil, err
	}
	return n.perform(ctx, w)
}

// concludeAll records the end of a run for the occurrences that wait for it, and
// for the one in whose opening it has gone on.
func (n *night) concludeAll(ctx context.Context, r *journal.Run) error {
	now := n.app.now()
	rows, err := n.s.store.Occurrences(ctx, now)
	if err != nil {
		return err
	}
	for _, o := range rows {
		switch {
		case o.Run != r.ID || !slices.Contains([]string{store.OccurrenceLaunched, store.OccurrenceRan, store.OccurrenceEmpty}, o.State):
		case o.State == store.OccurrenceRan && o.Late == len(late(r)):
		default:
			if err := n.conclude(ctx, o, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// endRefused ends the interrupted runs of a policy that began under another
// configuration: its new rollout begins.
func (n *night) endRefused(ctx context.Context, policy string) error {
	runs, err := n.s.store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, u := range runs {
		if n.ownRun(u.ID) || u.Start.ConfigDigest == n.s.cfg.Digest {
			continue
		}
		if dead, err := n.isDead(ctx, u); err != nil || !dead {
			if err != nil {
				return err
			}
			continue
		}
		r, err := loadRun(ctx, n.s.store, u.ID)
		if err != nil {
			return err
		}
		if slices.Contains(policiesOf(r), policy) {
			if err := n.giveUp(ctx, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUp ends a run that waits, because the configuration is not that under which
// it began.
func (n *night) giveUp(ctx context.Context, r *journal.Run) error {
	const why = "the configuration has changed since it began"
	n.app.say("run %s was %s and is cancelled: %s", r.ID, r.State, why)
	r, err := n.app.abandon(ctx, n.s, r, why)
	if err != nil {
		return err
	}
	if err := n.ended(ctx, r, false); err != nil {
		return err
	}
	return n.concludeAll(ctx, r)
}

// afterSoak goes on with a run whose soak is over.
func (n *night) afterSoak(ctx context.Context, k store.Soak) error {
	r, err := loadRun(ctx, n.s.store, k.Run)
	if err != nil {
		return err
	}
	w, err := resumption(ctx, n.s, r, triggerTimer)
	switch {
	case err != nil:
		return err
	case r.State != "soaking":
		return nil
	case r.Start.ConfigDigest != n.s.cfg.Digest:
		return n.giveUp(ctx, r)
	}
	if over, waiting := run.SoakOver(r, w.Plan, n.s.all()); over.After(n.app.now()) {
		// nobody had recorded until when it soaks
		return n.s.store.SetSoak(ctx, store.Soak{Run: r.ID, Over: over, Policies: waiting})
	}
	gate, err := n.app.newGate(ctx, n.s, gateOptions{now: r.Start.Now, override: r.Start.Overrides})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(w.Plan.Hosts(), func(h plan.Host) bool { return n.may(gate, r.Host(h.Name)) }) {
		return nil // in the next opening
	}
	if r, err = n.perform(ctx, w); err != nil {
		return err
	}
	return n.concludeAll(ctx, r)
}

// may reports whether a host that has not begun may be changed now.
func (n *night) may(g *gate, h *journal.Host) bool {
	if h == nil || h.State != journal.Pending {
		return false
	}
	p, host := n.policy(h.Policy), n.s.inv.Host(h.Name)
	return p != nil && host != nil && g.refuse(p, host) == nil
}

// lateHosts tries the hosts of an occurrence again that were not reached. Nothing is
// written as long as none of them is back.
func (n *night) lateHosts(ctx context.Context, o store.Occurrence) error {
	r, err := loadRun(ctx, n.s.store, o.Run)
	if err != nil {
		return err
	}
	hosts := late(r)
	if len(hosts) == 0 || r.Start.ConfigDigest != n.s.cfg.Digest {
		o.Late = 0
		return n.s.store.Update(ctx, o)
	}
	back, err := n.back(ctx, o, hosts)
	if err != nil || len(back) == 0 {
		return err
	}
	w, err := resumption(ctx, n.s, r, triggerTimer)
	if err != nil {
		return err
	}
	var unseen []*inventory.Host
	for _, h := range back {
		if r.Host(h.Name).Policy == "" {
			unseen = append(unseen, h)
		}
	}
	if len(unseen) > 0 {
		if err := n.join(ctx, o, w.Plan, w.Plan.Versions(o.Policy), unseen); err != nil {
			return err
		}
		if err := errors.Join(w.Plan.Seal(n.app.now()), n.s.store.SavePlan(ctx, w.Plan)); err != nil {
			return err
		}
		w.Start.PlanID, w.Start.PlanDigest = w.Plan.ID, w.Plan.Digest
	}
	for _, h := range back {
		if w.Plan.Host(h.Name) != nil {
			w.Late = append(w.Late, h.Name)
		}
	}
	if len(w.Late) == 0 || n.draining(ctx) {
		return nil
	}
	if r, err = n.perform(ctx, w); err != nil {
		return err
	}
	return n.concludeAll(ctx, r)
}

// back are the hosts that can be reached now, and for which the window leaves time.
func (n *night) back(ctx context.Context, o store.Occurrence, hosts []*journal.Host) (out []*inventory.Host, err error) {
	longest, err := n.s.store.Longest(ctx)
	if err != nil {
		return nil, err
	}
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	turns := n.s.newTurns(d)
	ctx, stop := n.planning(ctx)
	defer stop()
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, dialAtOnce)
	for _, h := range hosts {
		host := n.s.inv.Host(h.Name)
		var history []time.Duration
		if l, known := longest[h.Name]; known {
			history = append(history, l)
		}
		if host == nil || !policies.Fits(history, o.Closes.Sub(n.app.now())) {
			continue
		}
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if reached(ctx, turns, host) {
				mu.Lock()
				defer mu.Unlock()
				out = append(out, host)
			}
		})
	}
	wg.Wait()
	return out, nil
}

// dialAtOnce bounds how many hosts are tried at once.
const dialAtOnce = 32

// reached reports whether a host lets one in.
func reached(ctx context.Context, d connectors.Dialer, h *inventory.Host) bool {
	s, err := d.Dial(ctx, h.Target)
	if err != nil {
		return false
	}
	return s.Close() == nil
}

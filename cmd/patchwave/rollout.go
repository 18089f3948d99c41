package main

import (
	"context"
	"slices"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/store"
	"patchwave/inventory"
)

// A rollout is one set of versions that goes through the waves of its policy in as
// many openings as it needs. Between two waves its run soaks, and the same run goes
// on; what a window left no time for goes on in another run of the rollout, with
// what the first plan fixed for it. It ends when nothing is left to do, when an
// opening brought it no further, and when it was stopped or cancelled.

// goesOn reports whether a run that has ended left hosts of a policy for the next
// opening. One that did not get on with a single host leaves nothing: what it would
// have installed was proven nowhere, and a new plan is as good.
func goesOn(r *journal.Run, policy string) bool {
	if r.Kind != run.KindApply || r.State != "finished" {
		return false
	}
	left, done := false, false
	for _, h := range r.Hosts {
		if h.Policy != policy {
			continue
		}
		switch h.State {
		case journal.Deferred:
			left = true
		case journal.Done, journal.Failed, journal.RolledBack, journal.Lost:
			done = true
		}
	}
	return left && done
}

// unfinishedHost reports whether a host of a run goes on in another one.
func unfinishedHost(h *journal.Host) bool {
	return h != nil && (h.State == journal.Deferred || h.State == journal.Unreachable)
}

// late are the hosts of a run that were not reached: they may come back.
func late(r *journal.Run) []*journal.Host {
	var out []*journal.Host
	if r.State == "finished" || r.State == "soaking" {
		for _, h := range r.Hosts {
			if h.State == journal.Unreachable {
				out = append(out, h)
			}
		}
	}
	return out
}

// earlierHosts are the hosts of the runs of a rollout before this one.
func earlierHosts(ctx context.Context, s *session, w run.Work) ([]*journal.Host, error) {
	runs, err := s.store.RunsOf(ctx, w.Start.Rollout)
	if err != nil || w.Start.Kind != run.KindApply {
		return nil, err
	}
	last := map[string]*journal.Host{}
	for _, id := range runs {
		if id == w.Run {
			break
		}
		r, err := loadRun(ctx, s.store, id)
		if err != nil {
			return nil, err
		}
		for _, h := range r.Hosts {
			last[h.Name] = h
		}
	}
	var out []*journal.Host
	for _, h := range last {
		out = append(out, h)
	}
	return out, nil
}

// cancelled asks the database whether somebody cancelled a run.
func cancelled(s *session, id string) run.CancelFunc {
	return func(ctx context.Context) (string, bool, error) {
		c, err := s.store.Cancelled(ctx, id)
		if err != nil || c == nil {
			return "", false, err
		}
		return cancelText(*c), true, nil
	}
}

func cancelText(c store.Cancel) string {
	text := "cancelled by " + c.Actor
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}

// underWay tells of rollouts of the policies of hosts that soak: what is planned by
// hand beside them is a rollout of its own.
func (a *app) underWay(ctx context.Context, s *session, hosts []*inventory.Host) error {
	soaks, err := s.store.Soaks(ctx)
	for _, k := range soaks {
		for _, p := range k.Policies {
			if slices.ContainsFunc(hosts, func(h *inventory.Host) bool { return slices.Contains(h.Policies, p) }) {
				a.say("policy %s has a rollout under way: run %s soaks until %s; what is applied by hand is a rollout of its own, and hosts that it changes drift from that one",
					p, k.Run, k.Over.In(s.cfg.Zone()).Format("Mon 2006-01-02 15:04 MST"))
			}
		}
	}
	return err
}

// noteSoak records when a run that soaks may go on.
func noteSoak(ctx context.Context, s *session, r *journal.Run, p *plan.Plan) error {
	if r.State != "soaking" {
		return nil
	}
	over, waiting := run.SoakOver(r, p, s.all())
	slices.Sort(waiting)
	return s.store.SetSoak(ctx, store.Soak{Run: r.ID, Over: over, Policies: slices.Compact(waiting)})
}

package run

import (
	"context"
	"slices"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// breaker says whether a policy's rollout has had too many failures.
type breaker struct {
	open bool
}

// count looks at all hosts of a policy, and opens its breaker if the failures
// exceed what is allowed, or one of them is to stop the others. It knows nothing
// but the journal, so that a resume comes to the same.
func (r *runner) count(ctx context.Context, p *policies.Policy) error {
	if r.work.Start.Kind == KindPrune {
		return nil // a point that stays on one host says nothing of the others
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.breakers[p.Name]
	if b == nil {
		b = &breaker{}
		r.breakers[p.Name] = b
	}
	if b.open {
		return nil
	}
	failures, total, stop := r.failures(p)
	allowed := p.Rollout.MaxFailures.Of(total)
	if failures <= allowed && !stop {
		return nil
	}
	b.open = true
	return r.rec.add(ctx, entry{"", journal.BreakerOpen, journal.BreakerData{Policy: p.Name, Failures: failures, Allowed: allowed}})
}

// recount makes the breakers what they were when the process of the run ended,
// or would have been a moment later. A host that was not reached and is tried again
// does not count any more.
func (r *runner) recount(ctx context.Context) error {
	for _, e := range r.work.Past {
		if e.Type != journal.BreakerOpen || len(r.work.Late) > 0 {
			continue
		}
		d, err := journal.Decode[journal.BreakerData](e)
		if err != nil {
			return err
		}
		r.breakers[d.Policy] = &breaker{open: true}
	}
	for _, w := range r.work.Plan.Waves {
		if p := r.policy(w.Policy); p != nil {
			if err := r.count(ctx, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// stops reports whether a host's failed verification stops the others.
func stops(p *policies.Policy, h *journal.Host) bool {
	return onFailure(p) == policies.FailStop && (h.State == journal.Failed || h.Goal == journal.Failed) &&
		slices.ContainsFunc(h.Probes, func(r journal.ProbeResult) bool { return !r.OK })
}

// failures counts the hosts of a policy that failed, and all of them; stop says
// that one of them stops the others, however many may fail.
func (r *runner) failures(p *policies.Policy) (failures, total int, stop bool) {
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	for _, h := range r.rec.folder.Run().Hosts {
		if h.Policy != p.Name {
			continue
		}
		total++
		state := h.State
		if state == journal.Restoring && h.Goal != "" {
			state = h.Goal // it has failed; only the tidying up is left
		}
		if state == journal.RolledBack && r.work.Start.Kind == KindRollback {
			continue // that is what was wanted
		}
		if slices.Contains(p.Rollout.Counts, string(state)) {
			failures++
		}
		stop = stop || stops(p, h)
	}
	for _, h := range r.earlier(p) {
		total++
		if slices.Contains(p.Rollout.Counts, string(h.State)) {
			failures++
		}
	}
	return failures, total, stop
}

// isOpen reports whether nothing more of a policy may start.
func (r *runner) isOpen(p *policies.Policy) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.breakers[p.Name]
	return b != nil && b.open
}

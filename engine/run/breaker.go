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
// exceed what is allowed. forced opens it whatever the number.
func (r *runner) count(ctx context.Context, p *policies.Policy, forced bool) error {
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
	failures, total := r.failures(p)
	allowed := p.Rollout.MaxFailures.Of(total)
	if failures <= allowed && !forced {
		return nil
	}
	b.open = true
	return r.rec.add(ctx, entry{"", journal.BreakerOpen, journal.BreakerData{Policy: p.Name, Failures: failures, Allowed: allowed}})
}

// failures counts the hosts of a policy that failed, and all of them.
func (r *runner) failures(p *policies.Policy) (failures, total int) {
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
	}
	return failures, total
}

// isOpen reports whether nothing more of a policy may start.
func (r *runner) isOpen(p *policies.Policy) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.breakers[p.Name]
	return b != nil && b.open
}

package plan

import (
	"slices"
	"time"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// SetTimes says for every wave when it can begin at the earliest, if the plan is
// carried out from start on: not before the launch of its policy in an opening,
// and not before the soak of the wave before it has passed. Launches are those of
// agenda.Of, of all policies and from start on (openings that are open at start
// included). A wave for which they have no room, and one of a policy that is not
// among pols, has no time. The digest stays what it is.
func (p *Plan) SetTimes(pols []*policies.Policy, start time.Time, launches []agenda.Launch) {
	waves := map[string][]*Wave{}
	for i := range p.Waves {
		p.Waves[i].NotBefore = nil
		waves[p.Waves[i].Policy] = append(waves[p.Waves[i].Policy], &p.Waves[i])
	}
	by := map[string][]agenda.Launch{}
	for _, l := range launches {
		by[l.Policy] = append(by[l.Policy], l)
	}
	for _, policy := range pols {
		of := waves[policy.Name]
		begins := agenda.Waves(soaks(policy, of), start, policy.Window != nil, by[policy.Name])
		for i, begin := range begins {
			if !begin.IsZero() {
				at := begin.UTC()
				of[i].NotBefore = &at
			}
		}
	}
}

// soaks are those of the waves that are in the plan; one without hosts is not,
// and nobody waits for its soak.
func soaks(p *policies.Policy, waves []*Wave) []time.Duration {
	out := make([]time.Duration, len(waves))
	for i, w := range waves {
		if j := slices.IndexFunc(p.Rollout.Waves, func(x policies.Wave) bool { return x.Name == w.Name }); j >= 0 {
			out[i] = p.Rollout.Waves[j].Soak
		}
	}
	return out
}

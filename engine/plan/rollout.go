package plan

import (
	"fmt"
	"slices"

	"patchwave/policies"
)

// Versions are what a rollout fixed: for a package the versions that its plan
// brings to some host.
type Versions map[string][]string

// Versions returns what the plan fixed for a policy.
func (p *Plan) Versions(policy string) Versions {
	out := Versions{}
	for _, w := range p.Waves {
		if w.Policy != policy {
			continue
		}
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				for _, c := range h.Changes() {
					if c.To != "" && !slices.Contains(out[c.Name], c.To) {
						out[c.Name] = append(out[c.Name], c.To)
					}
				}
			}
		}
	}
	return out
}

// hold leaves approved only what a rollout has fixed; what is newer waits for the
// next one. Without any version everything stays as it is.
func (v Versions) hold(ds []decided) {
	if len(v) == 0 {
		return
	}
	for i := range ds {
		d := &ds[i]
		if d.Verdict != policies.Approved || slices.Contains(v[d.Name], d.To) {
			continue
		}
		d.Verdict, d.Reason = policies.Deferred, "it is not among the versions of this rollout and waits for the next"
	}
}

// Remainder is a plan of the hosts that are left of another, with exactly its
// versions, in its waves and batches. It has to be sealed.
func (p *Plan) Remainder(left func(host string) bool) *Plan {
	out := &Plan{Schema: Schema, ConfigDigest: p.ConfigDigest, Waves: []Wave{}, Excluded: []Excluded{}}
	for _, w := range p.Waves {
		wave := Wave{Policy: w.Policy, Name: w.Name, Batches: []Batch{}}
		for _, b := range w.Batches {
			var hosts []Host
			for _, h := range b.Hosts {
				if left(h.Name) {
					hosts = append(hosts, h)
				}
			}
			if len(hosts) > 0 {
				wave.Batches = append(wave.Batches, Batch{Hosts: hosts})
			}
		}
		if len(wave.Batches) > 0 {
			out.Waves = append(out.Waves, wave)
		}
	}
	return out
}

// Join adds hosts that came late to the last wave of their policy: the versions
// are proven there, if they are proven at all. late is a plan of these hosts alone,
// of that one policy. The plan has to be sealed anew.
func (p *Plan) Join(policy *policies.Policy, late *Plan) error {
	if n := len(policy.Rollout.Waves); n == 0 {
		return fmt.Errorf("policy %s has no wave", policy.Name)
	}
	wave := policy.Rollout.Waves[len(policy.Rollout.Waves)-1].Name
	at := -1
	for i, w := range p.Waves {
		if w.Policy == policy.Name {
			at = i
		}
	}
	if at < 0 || p.Waves[at].Name != wave {
		p.Waves = slices.Insert(p.Waves, at+1, Wave{Policy: policy.Name, Name: wave, Batches: []Batch{}})
		at++
	}
	for _, w := range late.Waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				if p.Host(h.Name) != nil {
					return fmt.Errorf("host %s is in the plan already", h.Name)
				}
			}
			p.Waves[at].Batches = append(p.Waves[at].Batches, b)
		}
	}
	p.Excluded = slices.DeleteFunc(p.Excluded, func(x Excluded) bool { return late.Host(x.Host) != nil })
	return nil
}

package config

import (
	"fmt"

	"patchwave/engine/config/diag"
	"patchwave/policies"
)

// criticalLabel and its value mark a group whose hosts are patched with care.
const (
	criticalLabel = "critical"
	criticalValue = "yes"
)

// warnings reports what is legal and what practice warns of. It runs at Load,
// without facts.
func (r *resolver) warnings(pols []*policies.Policy) {
	for _, value := range pols {
		p := r.m.policies.named[value.Name]
		if prep := value.Preparation; prep == nil || prep.RestorePoint == nil {
			r.report(diag.Warning, p.at, fmt.Sprintf("policy %q has no restore point", p.name),
				"What goes wrong cannot be undone. Give it a preparation with a restore_point.")
		}
		if value.Verification == nil {
			r.report(diag.Warning, p.at, fmt.Sprintf("policy %q has no verification", p.name),
				"Nobody asks the hosts whether they still work. Give it a verification.")
		}
		if len(value.Hosts) == 0 && !p.byFacts() {
			r.report(diag.Warning, p.at, fmt.Sprintf("policy %q claims no host", p.name), "None of its groups has a member.")
		}
		r.warnCritical(p, value)
		r.warnWindows(p, value)
	}
}

// warnCritical reports policies that patch a critical group together with hosts
// that are not of it.
func (r *resolver) warnCritical(p *policy, value *policies.Policy) {
	claimed := r.claimed(p)
	for _, g := range r.sortedGroups() {
		if g.labels[criticalLabel] != criticalValue {
			continue
		}
		inside := 0
		for _, i := range claimed {
			if r.members.has(g, r.m.hosts.order[i]) {
				inside++
			}
		}
		if inside > 0 && inside < len(claimed) {
			r.report(diag.Warning, p.at, fmt.Sprintf("critical group %q shares waves with other hosts in policy %q", g.name, value.Name),
				"Give it a policy of its own, so that others are patched and verified before it.", g.at)
		}
	}
}

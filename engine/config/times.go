package config

import (
	"fmt"
	"slices"
	"time"

	"patchwave/engine/config/diag"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"

	"github.com/hashicorp/hcl/v2"
)

// times reports what is wrong or unwise with windows, gaps and the order of
// policies. What only facts show is never an error.
func (r *resolver) times(inv *inventory.Inventory, pols []*policies.Policy, now time.Time) {
	if len(r.m.windows.order) == 0 {
		return
	}
	zones := map[string]*time.Location{}
	zoneOf := func(host string) *time.Location {
		h := inv.Host(host)
		if h == nil || h.Timezone == "" {
			return r.m.zone
		}
		zone, known := zones[h.Timezone]
		if !known {
			var err error
			if zone, err = time.LoadLocation(h.Timezone); err != nil {
				zone = r.m.zone // it was loaded once already
			}
			zones[h.Timezone] = zone
		}
		return zone
	}
	in := agenda.CheckInput{Now: now, Zone: zoneOf}
	for _, w := range r.m.windows.order {
		in.Windows = append(in.Windows, w.value)
	}
	firm := r.firm(pols, in)
	for _, f := range agenda.Check(pols, in) {
		at, related := r.placeOf(f)
		severity := diag.Severity(f.Severity)
		if r.facts != nil || !firm(f) {
			severity = diag.Warning
		}
		r.report(severity, at, f.Summary, upperFirst(f.Detail), related...)
	}
}

// firm says which findings do not depend on facts, those that are not known yet
// included: only these can be errors.
func (r *resolver) firm(pols []*policies.Policy, in agenda.CheckInput) func(agenda.Finding) bool {
	if !slices.ContainsFunc(r.m.policies.order, (*policy).byFacts) {
		return func(agenda.Finding) bool { return true }
	}
	sure := newMembers(r.m, nil)
	sure.declared = true
	only := make([]*policies.Policy, len(pols))
	for i, p := range pols {
		value := *p
		value.Hosts = []string{}
		declared := r.m.policies.named[p.Name]
		for _, h := range sure.union(declared.hosts, declared.groups) {
			value.Hosts = append(value.Hosts, r.m.hosts.order[h].name)
		}
		slices.Sort(value.Hosts)
		only[i] = &value
	}
	found := map[agenda.Finding]bool{}
	key := func(f agenda.Finding) agenda.Finding { f.Summary, f.Detail = "", ""; return f }
	for _, f := range agenda.Check(only, in) {
		found[key(f)] = true
	}
	return func(f agenda.Finding) bool { return found[key(f)] }
}

// placeOf is where a finding stands: at the gap that makes a launch late, at the
// later of two policies, at a policy, or at a window.
func (r *resolver) placeOf(f agenda.Finding) (at hcl.Range, related []hcl.Range) {
	p, q := r.m.policies.named[f.Policy], r.m.policies.named[f.Other]
	w := r.m.windows.named[f.Window]
	switch {
	case p != nil && q != nil && f.Code == agenda.CodeLate:
		return p.gapAt, []hcl.Range{q.at}
	case p != nil && q != nil && before(p.at, q.at):
		return q.at, []hcl.Range{p.at}
	case p != nil && q != nil:
		return p.at, []hcl.Range{q.at}
	case p != nil && w != nil:
		return p.at, []hcl.Range{w.at}
	case p != nil:
		return p.at, nil
	case w != nil:
		return w.at, nil
	default:
		return hcl.Range{}, nil
	}
}

// warnZones reports hosts whose local time decides and is not declared.
func (r *resolver) warnZones(inv *inventory.Inventory, pols []*policies.Policy) {
	for _, p := range pols {
		if p.Window == nil || p.Window.Zone != nil {
			continue
		}
		without := slices.DeleteFunc(slices.Clone(p.Hosts), func(name string) bool {
			h := inv.Host(name)
			return h == nil || h.Timezone != ""
		})
		if len(without) == 0 {
			continue
		}
		r.report(diag.Warning, r.m.policies.named[p.Name].at, fmt.Sprintf("policy %q opens in the local time of hosts that have no timezone", p.Name),
			fmt.Sprintf("%s: %s is taken. Give them timezone = \"…\".", someNames(without), r.m.zone))
	}
}

// warnWake reports hosts that are to be woken and cannot be.
func (r *resolver) warnWake(inv *inventory.Inventory, pols []*policies.Policy) {
	for _, p := range pols {
		if p.Preparation == nil || p.Preparation.Wake == nil {
			continue
		}
		without := slices.DeleteFunc(slices.Clone(p.Hosts), func(name string) bool {
			h := inv.Host(name)
			return h == nil || h.MAC != "" || h.Hypervisor != nil
		})
		if len(without) == 0 {
			continue
		}
		r.report(diag.Warning, r.m.policies.named[p.Name].at, fmt.Sprintf("policy %q wakes hosts that have neither mac nor hypervisor", p.Name),
			fmt.Sprintf("%s cannot be woken.", someNames(without)))
	}
}

// someNames lists a few names and says how many there are.
func someNames(names []string) string {
	if len(names) <= maxListed {
		return joinWords(names)
	}
	return fmt.Sprintf("%s and %d more", joinWords(names[:maxListed]), len(names)-maxListed)
}

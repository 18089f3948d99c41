package config

import (
	"cmp"
	"fmt"
	"slices"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// linkHypervisor gives a host the type of the provider it names. The value may be
// shared by the hosts of a range, so that it is not changed in place.
func (l *loader) linkHypervisor(h *host, r ref) {
	p, ok := find(l, l.model.providers, r)
	if !ok {
		return
	}
	h.hypervisor = &inventory.Hypervisor{Type: p.value.Type, Provider: r.name, URI: h.hypervisor.URI, Domain: h.hypervisor.Domain}
}

// linkWindows finds the calendars of windows, and the connections of providers.
func (l *loader) linkWindows() {
	for _, w := range l.model.windows.order {
		if r := w.calendarRef; r != nil {
			if c, ok := find(l, l.model.calendars, *r); ok {
				w.value.Calendar = c.value
			}
		}
	}
	for _, p := range l.model.providers.order {
		if r := p.connectionRef; r != nil {
			if c, ok := find(l, l.model.connections, *r); ok {
				p.value.Connection = c.name
				p.value.Target = l.providerTarget(p.value, c)
			}
		}
	}
}

// linkPreparations finds the hosts that wake others and the providers of restore
// points.
func (l *loader) linkPreparations() {
	for _, p := range l.model.preparations.order {
		if r := p.viaRef; r != nil {
			if h, ok := find(l, l.model.hosts, *r); ok {
				p.value.Wake.Via = h.name
			}
		}
		for _, r := range p.providerRefs {
			if v, ok := l.findProvider(r); ok {
				point := p.value.RestorePoint
				if point.Declared == nil {
					point.Declared = map[string]*policies.Provider{}
				}
				point.Declared[r.name] = v.value
			}
		}
	}
}

// findProvider suggests built-in names too.
func (l *loader) findProvider(r ref) (*provider, bool) {
	v, ok := l.model.providers.named[r.name]
	if !ok {
		names := slices.Concat(policies.BuiltInProviders(), sortedKeys(l.model.providers.named))
		l.fail(r.at, fmt.Sprintf("there is no provider %q", r.name), oneOf(r.name, names))
	}
	return v, ok
}

// linkPolicies finds what policies name and checks how it fits.
func (l *loader) linkPolicies() {
	m := l.model
	for _, p := range m.policies.order {
		p.hosts, p.groups = l.findMembers(p.hostRefs)
		if r := p.baselineRef; r != nil {
			if b, ok := find(l, m.baselines, *r); ok {
				p.value.Baseline = b.value
			}
		}
		if r := p.preparationRef; r != nil {
			if b, ok := find(l, m.preparations, *r); ok {
				p.value.Preparation = b.value
			}
		}
		if r := p.verification; r != nil {
			if v, ok := find(l, m.verifications, *r); ok {
				p.verify, p.value.Verification = v, v.value
			}
		}
		l.linkTimes(p)
		l.checkRollback(p)
	}
	l.findPolicyCycles()
}

// linkTimes finds windows, the policies before, and who is told.
func (l *loader) linkTimes(p *policy) {
	if r := p.windowRef; r != nil {
		if w, ok := find(l, l.model.windows, *r); ok {
			p.value.Window = w.value
		}
	}
	if r := p.rebootWindow; r != nil {
		if w, ok := find(l, l.model.windows, *r); ok {
			p.value.Reboot.Window = w.value
		}
	}
	for _, r := range p.afterRefs {
		if other, ok := find(l, l.model.policies, r); ok {
			p.after = append(p.after, other)
			p.value.After = append(p.value.After, other.name)
		}
	}
	slices.Sort(p.value.After)
	p.value.Notify = l.findNotifies(p.notifyRefs)
	if p.notice != nil {
		// Where the notice has no list of its own, mistakes in the policy's were
		// reported above.
		p.notice.value.To = p.value.Notify
		if p.notice.own {
			p.notice.value.To = l.findNotifies(p.notice.to)
		}
		p.value.Notice = p.notice.value
	}
}

func (l *loader) findNotifies(refs []ref) []*policies.Notify {
	var out []*policies.Notify
	for _, r := range refs {
		if n, ok := find(l, l.model.notifies, r); ok {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b *policies.Notify) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// findPolicyCycles reports policies that come after each other.
func (l *loader) findPolicyCycles() {
	state := map[*policy]visit{}
	var walk func(p *policy, path []step)
	walk = func(p *policy, path []step) {
		state[p] = visiting
		for _, other := range p.after {
			next := append(path, step{policyName(other), p.afterPlace(other)})
			switch state[other] {
			case visiting:
				l.failCycle("policies that come after each other", next)
			case unvisited:
				walk(other, next)
			case visited:
			}
		}
		state[p] = visited
	}
	for _, p := range l.model.policies.order {
		if state[p] == unvisited {
			walk(p, []step{{policyName(p), p.at}})
		}
	}
}

func policyName(p *policy) string { return ref{kind: "policy", name: p.name}.String() }

// afterPlace is where a policy names one that comes before it.
func (p *policy) afterPlace(other *policy) hcl.Range {
	for _, r := range p.afterRefs {
		if r.name == other.name {
			return r.at
		}
	}
	return p.at
}

// linkSets finds the hosts of availabilities and waivers.
func (l *loader) linkSets() {
	for _, a := range l.model.availabilities.order {
		a.hosts, a.groups = l.findMembers(a.hostRefs)
	}
	for _, w := range l.model.waivers.order {
		w.hosts, w.groups = l.findMembers(w.hostRefs)
	}
}

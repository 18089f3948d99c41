package config

import (
	"fmt"
	"slices"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// link turns the names of references into pointers and reports what does not fit
// together. Everything here depends on the configuration alone.
func (l *loader) link() {
	m := l.model
	m.zone = l.zone
	if m.settings.KnownHosts == nil {
		m.settings.KnownHosts = l.defaultKnownHosts()
	}
	for i, h := range m.hosts.order {
		h.index = i
	}
	for _, c := range m.connections.order {
		c.hops = l.findHosts(c.jump)
	}
	l.linkHosts()
	l.linkGroups()
	l.linkConnections()
	l.linkJumps()
	l.linkWindows()
	l.linkPreparations()
	l.linkPolicies()
	l.linkSets()
}

func (l *loader) findHosts(refs []ref) []*host {
	var out []*host
	for _, r := range refs {
		if h, ok := find(l, l.model.hosts, r); ok {
			out = append(out, h)
		}
	}
	return out
}

// findMembers resolves references to hosts and groups.
func (l *loader) findMembers(refs []ref) (hosts []*host, groups []*group) {
	for _, r := range refs {
		if r.kind == "group" {
			if g, ok := find(l, l.model.groups, r); ok {
				groups = append(groups, g)
			}
			continue
		}
		if h, ok := find(l, l.model.hosts, r); ok {
			hosts = append(hosts, h)
		}
	}
	return hosts, groups
}

// linkHosts finds connections and dependencies. The hosts of one range share
// their references, so that a mistake in one is reported once.
func (l *loader) linkHosts() {
	reported := map[hcl.Range]bool{}
	once := func(r ref, look func()) {
		before := len(l.diags)
		if !reported[r.at] {
			look()
		}
		if len(l.diags) > before {
			reported[r.at] = true
		}
	}
	for _, h := range l.model.hosts.order {
		if r := h.connectionRef; r != nil {
			once(*r, func() { h.own, _ = find(l, l.model.connections, *r) })
		}
		if r := h.siteRef; r != nil {
			once(*r, func() { h.site, _ = find(l, l.model.sites, *r) })
		}
		if r := h.providerRef; r != nil {
			once(*r, func() { l.linkHypervisor(h, *r) })
		}
		for _, r := range h.dependsRefs {
			once(r, func() {
				if other, ok := find(l, l.model.hosts, r); ok {
					h.depends = append(h.depends, other)
				}
			})
		}
	}
	l.findDependencyCycles()
}

type visit int

const (
	unvisited visit = iota
	visiting
	visited
)

// findDependencyCycles reports hosts that are to be patched after each other.
func (l *loader) findDependencyCycles() {
	state := make([]visit, len(l.model.hosts.order))
	var walk func(h *host, path []step)
	walk = func(h *host, path []step) {
		state[h.index] = visiting
		for i, other := range h.depends {
			next := append(path, step{hostName(other), h.dependsRefs[min(i, len(h.dependsRefs)-1)].at})
			switch state[other.index] {
			case visiting:
				l.failCycle("hosts that depend on each other", next)
			case unvisited:
				walk(other, next)
			case visited:
			}
		}
		state[h.index] = visited
	}
	for _, h := range l.model.hosts.order {
		if state[h.index] == unvisited && len(h.depends) > 0 {
			walk(h, []step{{hostName(h), h.at}})
		}
	}
}

func hostName(h *host) string { return ref{kind: "host", name: h.name}.String() }

// checkRollback refuses a rollback to nowhere.
func (l *loader) checkRollback(p *policy) {
	if p.verify == nil || p.verify.value.OnFailure != policies.FailRollback {
		return
	}
	prep := p.value.Preparation
	if prep != nil && l.model.preparations.named[prep.Name].restores {
		if r := prep.RestorePoint; r != nil && !slices.ContainsFunc(r.Providers, func(name string) bool { return name != "vss" }) {
			l.fail(p.verification.at, fmt.Sprintf("policy %q rolls back and has no restore point that can be gone back to", p.name),
				"Shadow copies (vss) hold files only. Add another provider, or use on_failure = \"stop\".", p.verify.failureAt)
		}
		return
	}
	detail := "Give the policy a preparation with a restore_point, or use on_failure = \"stop\"."
	if prep != nil {
		detail = fmt.Sprintf("Preparation %q has no restore_point; add one, or use on_failure = \"stop\".", prep.Name)
	} else if p.prepared {
		return // that it does not exist was reported
	}
	l.fail(p.verification.at, fmt.Sprintf("policy %q rolls back and has no restore point", p.name), detail, p.verify.failureAt)
}

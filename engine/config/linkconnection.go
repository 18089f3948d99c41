package config

import (
	"fmt"
	"slices"

	"patchwave/connectors"

	"github.com/hashicorp/hcl/v2"
)

// linkConnections decides the connection of every host: its own, else that of
// its groups, which must agree. Groups that have a connection do not depend on
// facts, so that this is known now.
func (l *loader) linkConnections() {
	m := l.model
	inherited := make([]*group, len(m.hosts.order))
	members := newMembers(m, nil)
	disputed := map[*host]bool{}
	for _, g := range m.groups.order {
		if g.connection == nil || g.facts != nil {
			continue
		}
		for _, i := range members.of(g) {
			h := m.hosts.order[i]
			if h.says {
				continue
			}
			first := inherited[i]
			switch {
			case first == nil:
				inherited[i] = g
			case first.connection != g.connection && !disputed[h]:
				disputed[h] = true
				l.failDispute(h, first, g)
			}
		}
	}
	var without []*host
	for i, h := range m.hosts.order {
		h.inForce = h.own
		if h.inForce == nil && inherited[i] != nil {
			h.inForce = inherited[i].connection
		}
		if h.inForce == nil && !h.says && !l.promised(h, members) {
			without = append(without, h)
		}
		l.checkSourceKind(h)
	}
	l.failUnreachable(without)
}

// failUnreachable reports hosts that have no connection. Those of a range share
// the mistake, and so do those of a source.
func (l *loader) failUnreachable(hosts []*host) {
	told := map[hcl.Range]bool{}
	ofSource := map[string][]string{}
	for _, h := range hosts {
		switch {
		case h.source != "":
			ofSource[h.source] = append(ofSource[h.source], h.name)
		case !told[h.at]:
			told[h.at] = true
			l.fail(h.at, fmt.Sprintf("host %q has no connection", h.name), "Give it connection = connection.NAME, or put it into a group that has one.")
		}
	}
	for _, name := range sortedKeys(ofSource) {
		l.fail(l.model.sources.named[name].at, fmt.Sprintf("source %q has hosts without a connection", name),
			fmt.Sprintf("%s: give the source connection = connection.NAME, or put them into a group that has one.", someNames(ofSource[name])))
	}
}

// checkSourceKind warns of a host that its source reaches in another way than the
// configuration. A source that has many of them is reported once.
func (l *loader) checkSourceKind(h *host) {
	if h.sourceKind == "" || h.inForce == nil || h.sourceKind == string(h.inForce.kind) {
		return
	}
	key := "kind\x00" + h.source + h.sourceKind
	if l.counts[key]++; l.counts[key] == 1 {
		l.warn(h.at, fmt.Sprintf("source %q reaches host %q by %s", h.source, h.name, h.sourceKind),
			fmt.Sprintf("connection %q is of type %s. Give such hosts a source of their own with a connection that fits.", h.inForce.name, h.inForce.kind))
	}
}

// promised reports whether a group of the host names a connection that could not
// be used, or a group that perhaps has the host names one; that was reported there.
func (l *loader) promised(h *host, members *members) bool {
	for _, g := range l.model.groups.order {
		if g.says && (g.unclear || g.connection == nil && members.has(g, h)) {
			return true
		}
	}
	return false
}

func (l *loader) failDispute(h *host, a, b *group) {
	at, other := b.connectionRef.at, a.connectionRef.at
	if before(at, other) {
		at, other = other, at
	}
	l.fail(at, fmt.Sprintf("host %q gets two connections from its groups", h.name),
		fmt.Sprintf("%s says %s, %s says %s. Give the host its own.",
			groupName(a), *a.connectionRef, groupName(b), *b.connectionRef), other, h.at)
}

// linkJumps checks the chains of jump hosts.
func (l *loader) linkJumps() {
	for _, c := range l.model.connections.order {
		for i, hop := range c.hops {
			if hop.inForce != nil && hop.inForce.kind != connectors.KindSSH {
				l.fail(c.jump[min(i, len(c.jump)-1)].at, fmt.Sprintf("host %q is not reached over ssh", hop.name), "A jump host needs a connection of type ssh.")
			}
		}
	}
	state := map[*host]visit{}
	var walk func(h *host, path []step)
	walk = func(h *host, path []step) {
		state[h] = visiting
		for i, hop := range hopsOf(h) {
			next := append(path, step{hostName(hop), h.inForce.jump[min(i, len(h.inForce.jump)-1)].at})
			switch state[hop] {
			case visiting:
				l.failCycle("jump hosts", next)
			case unvisited:
				walk(hop, next)
			case visited:
			}
		}
		state[h] = visited
	}
	// Only hosts that are jumped through can be part of a cycle.
	for _, c := range l.model.connections.order {
		for _, hop := range c.hops {
			if state[hop] == unvisited {
				walk(hop, []step{{hostName(hop), hop.at}})
			}
		}
	}
}

// hopsOf are the jump hosts of a host: those of its connection, unless it is one
// of them itself; such a host is reached without the chain that names it.
func hopsOf(h *host) []*host {
	if h.inForce == nil {
		return nil
	}
	if slices.Contains(h.inForce.hops, h) {
		return nil
	}
	return h.inForce.hops
}

// chainOf is the whole way to a host, first hop first. A first hop is reached the
// way its own connection says, a later one through the hop before it.
func chainOf(h *host) []*host {
	hops := hopsOf(h)
	if len(hops) == 0 {
		return nil
	}
	return append(chainOf(hops[0]), hops...)
}

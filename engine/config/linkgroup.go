package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// linkGroups finds the members and connections of groups, their cycles, and what
// depends on facts.
func (l *loader) linkGroups() {
	for _, g := range l.model.groups.order {
		before := len(l.diags)
		g.hosts, g.groups = l.findMembers(g.memberRefs)
		g.unclear = g.unclear || len(l.diags) > before
		if g.connectionRef != nil {
			g.connection, _ = find(l, l.model.connections, *g.connectionRef)
		}
	}
	state := map[*group]visit{}
	for _, g := range l.model.groups.order {
		if state[g] == unvisited {
			l.walkGroup(g, state, []step{{groupName(g), g.at}})
		}
	}
	for _, g := range l.model.groups.order {
		l.checkTrust(g)
	}
}

// walkGroup decides whether membership depends on facts, members first. A member
// that closes a cycle is taken out after it was reported.
func (l *loader) walkGroup(g *group, state map[*group]visit, path []step) {
	state[g] = visiting
	if g.where != nil && g.where.facts != nil {
		g.facts = g
	}
	kept := g.groups[:0]
	for _, inner := range g.groups {
		next := append(path, step{groupName(inner), g.refTo(inner)})
		switch state[inner] {
		case visiting:
			l.failCycle("groups", next)
			continue
		case unvisited:
			l.walkGroup(inner, state, next)
		case visited:
		}
		kept = append(kept, inner)
		g.unclear = g.unclear || inner.unclear
		if g.facts == nil {
			g.facts = inner.facts
		}
	}
	g.groups = kept
	state[g] = visited
}

// refTo is the place where g names a member.
func (g *group) refTo(inner *group) hcl.Range {
	for _, r := range g.memberRefs {
		if r.kind == "group" && r.name == inner.name {
			return r.at
		}
	}
	return g.at
}

func groupName(g *group) string { return ref{kind: "group", name: g.name}.String() }

// checkTrust keeps facts from choosing a connection: a machine that lies about
// itself must not be able to move into a group whose password it would be sent.
func (l *loader) checkTrust(g *group) {
	if g.connectionRef == nil || g.facts == nil {
		return
	}
	at := *g.facts.where.facts
	if g.facts == g {
		l.fail(g.connectionRef.at, fmt.Sprintf("group %q chooses a connection by facts", g.name),
			"Facts come from the hosts, and hosts may lie. Give the hosts the connection, or choose them by labels.", at)
		return
	}
	l.fail(g.connectionRef.at, fmt.Sprintf("group %q chooses a connection by facts", g.name),
		fmt.Sprintf("Its member %s reads them, and hosts may lie. Give the hosts the connection, or choose them by labels.", groupName(g.facts)), at)
}

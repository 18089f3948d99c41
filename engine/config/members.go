package config

import (
	"slices"

	"patchwave/inventory"
	"patchwave/policies"
)

// members finds the hosts of groups, each group once. Hosts are their indexes.
type members struct {
	m     *model
	facts map[string]inventory.Facts
	// declared leaves out what facts decide: without them host.os.family != "windows"
	// is true of every host.
	declared bool
	sets     map[*group][]int
	// bare are the hosts as the where of a group sees them: with their own labels.
	bare []*inventory.Host
	// mark and stamp find duplicates without clearing in between.
	mark  []int
	stamp int
}

func newMembers(m *model, facts map[string]inventory.Facts) *members {
	return &members{m: m, facts: facts, sets: make(map[*group][]int, len(m.groups.order)), mark: make([]int, len(m.hosts.order))}
}

// of returns the members of a group, those of its groups included, sorted.
func (s *members) of(g *group) []int {
	if set, ok := s.sets[g]; ok {
		return set
	}
	var inner [][]int
	for _, other := range g.groups {
		inner = append(inner, s.of(other))
	}
	s.stamp++
	var out []int
	add := func(i int) {
		if s.mark[i] != s.stamp {
			s.mark[i] = s.stamp
			out = append(out, i)
		}
	}
	for _, h := range g.hosts {
		add(h.index)
	}
	for _, set := range inner {
		for _, i := range set {
			add(i)
		}
	}
	if g.where != nil && (g.where.facts == nil || !s.declared) {
		for i, h := range s.hosts() {
			if s.mark[i] != s.stamp && g.where.Match(s.subject(h)) {
				add(i)
			}
		}
	}
	slices.Sort(out)
	s.sets[g] = out
	return out
}

// union are the hosts named and those of the groups named.
func (s *members) union(hosts []*host, groups []*group) []int {
	var out []int
	for _, h := range hosts {
		out = append(out, h.index)
	}
	for _, g := range groups {
		out = append(out, s.of(g)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *members) has(g *group, h *host) bool {
	_, found := slices.BinarySearch(s.of(g), h.index)
	return found
}

func (s *members) subject(h *inventory.Host) policies.Subject {
	out := policies.Subject{Host: h}
	if f, ok := s.facts[h.Name]; ok {
		out.Facts = &f
	}
	return out
}

func (s *members) hosts() []*inventory.Host {
	if s.bare == nil {
		s.bare = make([]*inventory.Host, len(s.m.hosts.order))
		for i, h := range s.m.hosts.order {
			s.bare[i] = &inventory.Host{Name: h.name, Address: h.address, Labels: h.labels, Timezone: h.timezone, Vars: h.vars, Pos: position(h.at)}
			if h.site != nil {
				s.bare[i].Site = h.site.value.Name
			}
		}
	}
	return s.bare
}

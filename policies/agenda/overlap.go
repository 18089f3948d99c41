package agenda

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"patchwave/policies"
)

// Overlap is two policies that want one host at one time, and neither of which is
// after the other.
type Overlap struct {
	// Policy and Other are in the order of their names.
	Policy, Other string
	// Host is the first by name of those that both claim when both windows are
	// open; Hosts is how many there are.
	Host  string
	Hosts int
	// From and To are the first time in which both windows are open for Host, From
	// in the host's zone if a window is host-local.
	From, To time.Time
}

// Overlaps looks for every pair of policies that claim a host and whose windows
// are open at one time in the next 400 days, unless one is after the other, also
// through others. Frozen and unattended openings count like any other. A policy
// without a window overlaps none. zone gives the zone of a host; nil stands for
// UTC. The result is sorted by the names of the policies.
//
// The hosts are gone through once; openings are compared once for a pair of
// windows in a zone.
func Overlaps(pols []*policies.Policy, now time.Time, zone func(host string) *time.Location) []Overlap {
	return overlaps(pols, Relate(pols), newLines(now), zone)
}

func overlaps(pols []*policies.Policy, r Relation, ls *lines, zone func(string) *time.Location) []Overlap {
	sorted := slices.DeleteFunc(slices.Clone(pols), func(p *policies.Policy) bool { return p.Window == nil })
	slices.SortFunc(sorted, func(a, b *policies.Policy) int { return strings.Compare(a.Name, b.Name) })
	found := map[[2]int]*Overlap{}
	times := overlapTimes{ls: ls, known: map[windowPair]common{}}
	for _, c := range claims(sorted, zone) {
		for i, a := range c.policies {
			for _, b := range c.policies[i+1:] {
				p, q := sorted[a], sorted[b]
				if r.related(p.Name, q.Name) {
					continue
				}
				s := times.of(p.Window, q.Window, c.zone)
				if !s.ok {
					continue
				}
				pair := [2]int{a, b}
				if found[pair] == nil {
					found[pair] = &Overlap{Policy: p.Name, Other: q.Name, Host: c.host, From: s.from, To: s.to}
				}
				found[pair].Hosts += c.hosts
			}
		}
	}
	out := make([]Overlap, 0, len(found))
	for _, o := range found {
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b Overlap) int {
		return cmp.Or(strings.Compare(a.Policy, b.Policy), strings.Compare(a.Other, b.Other))
	})
	return out
}

// claim is all hosts of one zone that the same policies claim.
type claim struct {
	// policies are indices, rising; there are at least two.
	policies []int
	zone     *time.Location
	// host is the first by name, hosts how many there are.
	host  string
	hosts int
}

// claims are sorted by their first host.
func claims(pols []*policies.Policy, zone func(string) *time.Location) []*claim {
	by := map[string][]int{}
	for i, p := range pols {
		for _, h := range p.Hosts {
			if of := by[h]; len(of) == 0 || of[len(of)-1] != i {
				by[h] = append(of, i)
			}
		}
	}
	all := map[string]*claim{}
	for h, of := range by {
		if len(of) < 2 {
			continue
		}
		z := zone(h)
		if z == nil {
			z = time.UTC
		}
		key := make([]byte, 0, 16)
		for _, i := range of {
			key = binary.AppendUvarint(key, uint64(i))
		}
		k := z.String() + "\x00" + string(key)
		c := all[k]
		if c == nil {
			c = &claim{policies: of, zone: z, host: h}
			all[k] = c
		}
		c.host = min(c.host, h)
		c.hosts++
	}
	return slices.SortedFunc(maps.Values(all), func(a, b *claim) int { return strings.Compare(a.host, b.host) })
}

// overlapTimes remembers when pairs of windows are open together.
type overlapTimes struct {
	ls    *lines
	known map[windowPair]common
}

type windowPair struct {
	a, b *policies.Window
	// zone is "" if both windows have their own.
	zone string
}

// common is the first time in which two windows are both open.
type common struct {
	from, to time.Time
	ok       bool
}

func (t overlapTimes) of(a, b *policies.Window, zone *time.Location) common {
	k := windowPair{a: a, b: b}
	if a.Zone == nil || b.Zone == nil {
		k.zone = zone.String()
	}
	s, seen := t.known[k]
	if !seen {
		s.from, s.to, s.ok = meet(t.ls.of(a, zone), t.ls.of(b, zone))
		if k.zone != "" {
			s.from, s.to = s.from.In(zone), s.to.In(zone)
		}
		t.known[k] = s
	}
	return s
}

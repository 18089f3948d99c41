package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// agendaOf knows when the policies of a configuration are launched. It works out
// what is asked for once, however many hosts ask, and is safe for concurrent use.
type agendaOf struct {
	policies []*policies.Policy
	in       agenda.Input
	// zone is where hosts are that do not say.
	zone  *time.Location
	zones map[string]*time.Location
	// longest is the duration of the longest window.
	longest time.Duration

	mu sync.Mutex
	// spans has the launches of spans of time, openings the answers of next.
	spans    map[span]map[launchPlace][]agenda.Launch
	openings map[question]answerTo
}

// span is the openings with from ≤ opens < until, in nanoseconds since 1970.
type span struct{ from, until int64 }

// launchPlace is a policy and where its window opens; "" where the window says it.
type launchPlace struct{ policy, zone string }

// question is what next was asked.
type question struct {
	launchPlace
	after int64
}

type answerTo struct {
	launch agenda.Launch
	ok     bool
}

// maxSpans bounds the spans that are kept: a run asks for one each hour.
const maxSpans = 16

// agenda reads the suspensions that stand at an instant, or after it, and the
// zones of the hosts.
func (a *app) agenda(ctx context.Context, s *session, at time.Time) (*agendaOf, error) {
	var suspensions []policies.Suspension
	if s.store != nil {
		var err error
		if suspensions, err = s.store.Suspensions(ctx, at); err != nil {
			return nil, err
		}
	}
	return newAgenda(s.all(), s.inv, s.cfg.Zone(), alsoReboots(suspensions)), nil
}

// newAgenda is the agenda of policies; zone is where hosts are that do not say.
func newAgenda(pols []*policies.Policy, inv *inventory.Inventory, zone *time.Location, suspensions []policies.Suspension) *agendaOf {
	g := &agendaOf{policies: pols, zone: zone, zones: map[string]*time.Location{}, spans: map[span]map[launchPlace][]agenda.Launch{}, openings: map[question]answerTo{},
		in: agenda.Input{Zones: map[string][]*time.Location{}, Suspensions: suspensions, Openings: (*policies.Window).Openings}}
	for _, p := range pols {
		if p.Window == nil {
			continue
		}
		g.longest = max(g.longest, p.Window.Duration)
		if p.Window.Zone != nil {
			continue
		}
		for _, name := range p.Hosts {
			if h := inv.Host(name); h != nil {
				if z := g.zoneOf(h); !slices.Contains(g.in.Zones[p.Name], z) {
					g.in.Zones[p.Name] = append(g.in.Zones[p.Name], z)
				}
			}
		}
	}
	return g
}

// zoneOf is where a host is.
func (g *agendaOf) zoneOf(h *inventory.Host) *time.Location {
	if h.Timezone == "" {
		return g.zone
	}
	z, ok := g.zones[h.Timezone]
	if !ok {
		var err error
		if z, err = time.LoadLocation(h.Timezone); err != nil {
			z = g.zone // the configuration was checked; the zone was there a moment ago
		}
		g.zones[h.Timezone] = z
	}
	return z
}

// between returns the launches of openings with from ≤ opens < until.
func (g *agendaOf) between(from, until time.Time) []agenda.Launch {
	in := g.in
	in.From, in.Until = from, until
	return agenda.Of(g.policies, in)
}

// placeOf is where a policy is for a host.
func (g *agendaOf) placeOf(p *policies.Policy, h *inventory.Host) launchPlace {
	if p.Window.Zone != nil {
		return launchPlace{p.Name, ""}
	}
	return launchPlace{p.Name, g.zoneOf(h).String()}
}

// of returns the launches of between at a place. The caller holds the lock.
func (g *agendaOf) of(at launchPlace, from, until time.Time) []agenda.Launch {
	k := span{from.UnixNano(), until.UnixNano()}
	if g.spans[k] == nil {
		if len(g.spans) >= maxSpans {
			clear(g.spans)
		}
		by := map[launchPlace][]agenda.Launch{}
		for _, l := range g.between(from, until) {
			p := launchPlace{l.Policy, l.Zone} // the zone of an occurrence is "" where the window has one
			by[p] = append(by[p], l)
		}
		g.spans[k] = by
	}
	return g.spans[k][at]
}

// at returns the opening of a policy for a host that is open at an instant; of
// several the one that was launched, else the first.
func (g *agendaOf) at(p *policies.Policy, h *inventory.Host, t time.Time) (agenda.Launch, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var found agenda.Launch
	ok := false
	hour := t.Truncate(time.Hour) // hosts ask at different moments, with the same answer
	all := g.of(g.placeOf(p, h), hour.Add(-g.longest), hour.Add(time.Hour))
	first, _ := slices.BinarySearchFunc(all, t.Add(-p.Window.Duration), func(l agenda.Launch, t time.Time) int { return l.Opens.Compare(t) })
	for _, l := range all[first:] {
		if l.Opens.After(t) {
			break
		}
		if !t.Before(l.Closes) {
			continue
		}
		if !ok || (!launched(found, t) && launched(l, t)) {
			found, ok = l, true
		}
	}
	return found, ok
}

// launched reports whether a policy may be at work at an instant.
func launched(l agenda.Launch, t time.Time) bool { return !l.Launch.IsZero() && !l.Launch.After(t) }

// horizons are how far is looked for the next launch: most windows open weekly.
func horizons() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{8 * day, 40 * day, agenda.Ahead}
}

// next returns the first opening of a policy for a host in which it is launched
// and that is not closed at an instant; false if there is none in 400 days.
func (g *agendaOf) next(p *policies.Policy, h *inventory.Host, after time.Time) (agenda.Launch, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := question{g.placeOf(p, h), after.UnixNano()}
	found, known := g.openings[q]
	if !known {
		found = g.look(q.launchPlace, after)
		g.openings[q] = found
	}
	return found.launch, found.ok
}

// look is next for what nobody asked before.
func (g *agendaOf) look(at launchPlace, after time.Time) answerTo {
	for _, d := range horizons() {
		for _, l := range g.of(at, after.Add(-g.longest), after.Add(d)) {
			if !l.Launch.IsZero() && after.Before(l.Closes) {
				return answerTo{l, true}
			}
		}
	}
	return answerTo{}
}

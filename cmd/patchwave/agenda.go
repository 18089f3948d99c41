package main

import (
	"context"
	"slices"
	"time"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// agendaOf knows when the policies of a configuration are launched.
type agendaOf struct {
	policies []*policies.Policy
	in       agenda.Input
	// zone is where hosts are that do not say.
	zone  *time.Location
	zones map[string]*time.Location
}

// agenda reads the suspensions that stand at an instant, or after it, and the
// zones of the hosts.
func (a *app) agenda(ctx context.Context, s *session, at time.Time) (*agendaOf, error) {
	g := &agendaOf{policies: s.policies, zone: s.cfg.Zone(), zones: map[string]*time.Location{},
		in: agenda.Input{Zones: map[string][]*time.Location{}, Openings: (*policies.Window).Openings}}
	if s.store != nil {
		var err error
		if g.in.Suspensions, err = s.store.Suspensions(ctx, at); err != nil {
			return nil, err
		}
	}
	for _, p := range s.policies {
		if p.Window == nil || p.Window.Zone != nil {
			continue
		}
		for _, name := range p.Hosts {
			if h := s.inv.Host(name); h != nil {
				if z := g.zoneOf(h); !slices.Contains(g.in.Zones[p.Name], z) {
					g.in.Zones[p.Name] = append(g.in.Zones[p.Name], z)
				}
			}
		}
	}
	return g, nil
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

// isFor reports whether a launch is that of a policy for a host.
func (g *agendaOf) isFor(l agenda.Launch, p *policies.Policy, h *inventory.Host) bool {
	return l.Policy == p.Name && (p.Window.Zone != nil || l.Location.String() == g.zoneOf(h).String())
}

// at returns the opening of a policy for a host that is open at an instant; of
// several the one that was launched, else the first.
func (g *agendaOf) at(p *policies.Policy, h *inventory.Host, t time.Time) (agenda.Launch, bool) {
	var found agenda.Launch
	ok := false
	for _, l := range g.between(t.Add(-p.Window.Duration), t.Add(time.Nanosecond)) {
		if !g.isFor(l, p, h) || !t.Before(l.Closes) {
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
	for _, d := range horizons() {
		for _, l := range g.between(after.Add(-p.Window.Duration), after.Add(d)) {
			if g.isFor(l, p, h) && !l.Launch.IsZero() && after.Before(l.Closes) {
				return l, true
			}
		}
	}
	return agenda.Launch{}, false
}

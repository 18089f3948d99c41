package main

import (
	"fmt"
	"strings"
	"time"

	"patchwave/engine/plan"
	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// overlaps refuses hosts that two policies want at one time. Where the
// configuration alone shows it, it has an error; here are those whom facts have
// brought into a second policy.
type overlaps struct {
	agenda *agendaOf
	at     time.Time
	known  map[string]string
}

func newOverlaps(g *agendaOf, at time.Time) *overlaps {
	return &overlaps{agenda: g, at: at, known: map[string]string{}}
}

// refuse says why no policy may be planned for a host; nil if there is nothing.
func (o *overlaps) refuse(_ *policies.Policy, h *inventory.Host) *plan.Excluded {
	if len(h.Policies) < 2 {
		return nil
	}
	zone := o.agenda.zoneOf(h)
	key := zone.String() + "\x00" + strings.Join(h.Policies, "\x00")
	why, ok := o.known[key]
	if !ok {
		why = o.look(h, zone)
		o.known[key] = why
	}
	if why == "" {
		return nil
	}
	return &plan.Excluded{Host: h.Name, Code: plan.ExcludedOverlap, Reason: why}
}

// look compares the windows of the policies of a host, and of those policies that
// they are after.
func (o *overlaps) look(h *inventory.Host, zone *time.Location) string {
	claims := map[string]bool{}
	for _, name := range h.Policies {
		claims[name] = true
	}
	var pols []*policies.Policy
	for _, p := range o.agenda.policies {
		q := *p
		q.Hosts = nil
		if claims[p.Name] {
			q.Hosts = []string{h.Name}
		}
		pols = append(pols, &q)
	}
	found := agenda.Overlaps(pols, o.at, func(string) *time.Location { return zone })
	if len(found) == 0 {
		return ""
	}
	f := found[0]
	return fmt.Sprintf("policies %s and %s both want it, and their windows are both open from %s to %s: its facts have brought it into both; take it out of one, or name one in the other's after",
		f.Policy, f.Other, o.text(f.From), o.text(f.To))
}

func (o *overlaps) text(t time.Time) string {
	return t.In(o.agenda.zone).Format("Mon 2006-01-02 15:04 MST")
}

package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
	"patchwave/policies/schedule"
)

// zonesOfTests are where the hosts of these tests are.
func zonesOfTests() []string {
	return []string{"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Auckland"}
}

// agendaFor is an agenda of windows at every schedule, one policy each, all for
// the same hosts. "host" behind a schedule makes it host-local.
func agendaFor(tb testing.TB, hosts int, schedules ...string) (*agendaOf, []*inventory.Host) {
	tb.Helper()
	inv := &inventory.Inventory{}
	var names []string
	for i := range hosts {
		h := &inventory.Host{Name: fmt.Sprintf("h%05d", i), Timezone: zonesOfTests()[i%len(zonesOfTests())]}
		inv.Hosts = append(inv.Hosts, h)
		names = append(names, h.Name)
	}
	var pols []*policies.Policy
	for i, text := range schedules {
		s, err := schedule.Parse(text)
		if err != nil {
			tb.Fatal(err)
		}
		w := &policies.Window{Name: fmt.Sprintf("w%d", i/2), Schedule: s, Duration: time.Duration(1+i%5) * time.Hour, Zone: time.UTC}
		if i%3 == 2 {
			w.Zone = nil
		}
		pols = append(pols, &policies.Policy{Name: fmt.Sprintf("p%02d", i), Hosts: names, Window: w, Gap: time.Duration(i%3) * 30 * time.Minute})
	}
	return newAgenda(pols, inv, time.UTC, nil), inv.Hosts
}

// plainly answers what at answers, without what was worked out before.
func plainly(g *agendaOf, p *policies.Policy, h *inventory.Host, t time.Time) (found agenda.Launch, ok bool) {
	for _, l := range g.between(t.Add(-p.Window.Duration), t.Add(time.Nanosecond)) {
		if l.Policy != p.Name || (p.Window.Zone == nil && l.Location.String() != g.zoneOf(h).String()) || !t.Before(l.Closes) {
			continue
		}
		if !ok || (!launched(found, t) && launched(l, t)) {
			found, ok = l, true
		}
	}
	return found, ok
}

// plainlyNext answers what next answers.
func plainlyNext(g *agendaOf, p *policies.Policy, h *inventory.Host, after time.Time) (agenda.Launch, bool) {
	for _, l := range g.between(after.Add(-p.Window.Duration), after.Add(agenda.Ahead)) {
		if l.Policy == p.Name && (p.Window.Zone != nil || l.Location.String() == g.zoneOf(h).String()) && !l.Launch.IsZero() && after.Before(l.Closes) {
			return l, true
		}
	}
	return agenda.Launch{}, false
}

// TestAgendaRemembersTheTruth: whoever asks for whatever instant, in whatever
// order, is told what is worked out anew.
func TestAgendaRemembersTheTruth(t *testing.T) {
	g, hosts := agendaFor(t, 5, "*-*-* *:00:00", "daily", "*-*-* 01:30:00", "Sun 02:30", "*-*-* 00/3:10:00", "Tue *-*-* 22:00", "2027-02-28 10:00")
	same := cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]time.Time{time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC), time.Date(2027, 4, 3, 12, 0, 0, 0, time.UTC)}).Draw(t, "day")
		for range 4 {
			at := start.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(t, "minute")) * time.Minute)
			p, h := rapid.SampledFrom(g.policies).Draw(t, "policy"), rapid.SampledFrom(hosts).Draw(t, "host")
			got, open := g.at(p, h, at)
			want, wantOpen := plainly(g, p, h, at)
			if diff := cmp.Diff(want, got, same); open != wantOpen || diff != "" {
				t.Fatalf("%s on %s at %s: %v, want %v: %s", p.Name, h.Name, at, open, wantOpen, diff)
			}
			if at.Minute()%30 != 0 {
				continue
			}
			got, open = g.next(p, h, at)
			want, wantOpen = plainlyNext(g, p, h, at)
			if diff := cmp.Diff(want, got, same); open != wantOpen || diff != "" {
				t.Fatalf("%s on %s after %s: %v, want %v: %s", p.Name, h.Name, at, open, wantOpen, diff)
			}
		}
	})
}

// TestManyHostsAskOnce: how often openings are worked out does not depend on how
// many hosts ask, or from how many goroutines.
func TestManyHostsAskOnce(t *testing.T) {
	asked := func(hosts int) int {
		g, list := agendaFor(t, hosts, "daily", "*-*-* 01:30:00", "Sun 02:30", "2027-02-28 10:00")
		n, plain := 0, g.in.Openings
		g.in.Openings = func(w *policies.Window, from, until time.Time, zone *time.Location, s []policies.Suspension) []policies.Opening {
			n++
			return plain(w, from, until, zone, s)
		}
		gate := &gate{agenda: g, at: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}
		moment := gate.at
		left := gate.left(func() time.Time { return moment })
		var wg sync.WaitGroup
		for _, h := range list {
			wg.Go(func() {
				for _, p := range g.policies {
					if x := gate.refuse(p, h); x == nil {
						t.Errorf("%s may be patched at noon", h.Name)
					}
					left(p, h)
				}
			})
		}
		wg.Wait()
		return n
	}
	few, many := asked(10), asked(2000)
	if few == 0 || few != many {
		t.Errorf("openings were worked out %d times for 10 hosts, %d times for 2000", few, many)
	}
}

// TestLeftCountsDown: what is remembered is when an opening closes, not how long
// that was away.
func TestLeftCountsDown(t *testing.T) {
	g, hosts := agendaFor(t, 1, "*-*-* 02:00:00")
	moment := time.Date(2026, 11, 28, 1, 59, 0, 0, time.UTC)
	left := (&gate{agenda: g}).left(func() time.Time { return moment })
	for _, want := range []time.Duration{0, time.Hour, 59 * time.Minute, time.Minute, 0, 0} {
		if got, bounded := left(g.policies[0], hosts[0]); got != want || !bounded {
			t.Errorf("at %s: %s, want %s", moment, got, want)
		}
		switch want {
		case 59 * time.Minute:
			moment = moment.Add(58 * time.Minute)
		default:
			moment = moment.Add(time.Minute)
		}
	}
	if _, bounded := left(&policies.Policy{Name: "by hand"}, hosts[0]); bounded {
		t.Error("a policy without a window is bounded by one")
	}
}

// BenchmarkGate refuses every host of forty policies, before their windows open:
// the time for each host stays the same.
func BenchmarkGate(b *testing.B) {
	var schedules []string
	for i := range 40 {
		schedules = append(schedules, fmt.Sprintf("*-*-* %02d:%02d:00", i%24, i%60))
	}
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprintf("hosts=%d", n), func(b *testing.B) {
			for b.Loop() {
				g, hosts := agendaFor(b, n, schedules...)
				gate := &gate{agenda: g, at: time.Date(2026, 11, 28, 12, 59, 0, 0, time.UTC)}
				for i, h := range hosts {
					gate.refuse(g.policies[i%len(g.policies)], h)
				}
			}
		})
	}
}

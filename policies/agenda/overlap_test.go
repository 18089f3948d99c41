package agenda_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// on gives a policy its hosts, sorted.
func on(p *policies.Policy, hosts ...string) *policies.Policy {
	p.Hosts = slices.Sorted(slices.Values(hosts))
	return p
}

func utc(string) *time.Location { return time.UTC }

func TestOverlaps(t *testing.T) {
	two := window("two", starts{clock(2, 0), clock(26, 0)}, 4*time.Hour)
	five := window("five", starts{clock(5, 0)}, time.Hour)
	six := window("six", starts{clock(6, 0)}, time.Hour)
	second := window("second", starts{clock(27, 30)}, 30*time.Minute)
	past := window("past", starts{at(-2 * time.Hour)}, time.Hour)
	begun := window("begun", starts{at(-time.Hour), at(401 * day)}, 90*time.Minute)
	midnight := window("midnight", starts{at(0)}, 10*time.Minute)
	far := window("far", starts{at(401 * day)}, time.Hour)
	empty := window("empty", starts{clock(2, 0)}, 0)
	none := &policies.Window{Name: "none", Duration: time.Hour}
	tests := []struct {
		name string
		pols []*policies.Policy
		want []string
	}{
		{"one window", []*policies.Policy{on(policy(t, two, "a"), "h"), on(policy(t, two, "b"), "h")}, []string{"a b h 1 Mon 02:00–06:00"}},
		{"no common host", []*policies.Policy{on(policy(t, two, "a"), "g"), on(policy(t, two, "b"), "h")}, nil},
		{"a common hour", []*policies.Policy{on(policy(t, five, "a"), "h"), on(policy(t, two, "b"), "h")}, []string{"a b h 1 Mon 05:00–06:00"}},
		{"they touch", []*policies.Policy{on(policy(t, six, "a"), "h"), on(policy(t, two, "b"), "h")}, nil},
		{"in a later opening", []*policies.Policy{on(policy(t, second, "a"), "h"), on(policy(t, two, "b"), "h")}, []string{"a b h 1 Tue 03:30–04:00"}},
		{"one names the other", []*policies.Policy{on(policy(t, two, "a>b"), "h"), on(policy(t, two, "b"), "h")}, nil},
		{"the other names the one", []*policies.Policy{on(policy(t, two, "a"), "h"), on(policy(t, two, "b>a"), "h")}, nil},
		{"through another", []*policies.Policy{on(policy(t, two, "a>m"), "h"), policy(t, two, "m>b"), on(policy(t, two, "b"), "h")}, nil},
		{"both behind a third", []*policies.Policy{on(policy(t, two, "a>m"), "h"), policy(t, two, "m"), on(policy(t, two, "b>m"), "h")}, []string{"a b h 1 Mon 02:00–06:00"}},
		{"only by hand", []*policies.Policy{on(policy(t, two, "a"), "h"), on(policy(t, nil, "b"), "h")}, nil},
		{"over", []*policies.Policy{on(policy(t, past, "a"), "h"), on(policy(t, past, "b"), "h")}, nil},
		{"open now", []*policies.Policy{on(policy(t, begun, "a"), "h"), on(policy(t, midnight, "b"), "h")}, []string{"a b h 1 Mon 00:00–00:10"}},
		{"too far ahead", []*policies.Policy{on(policy(t, far, "a"), "h"), on(policy(t, far, "b"), "h")}, nil},
		{"never open", []*policies.Policy{on(policy(t, empty, "a"), "h"), on(policy(t, two, "b"), "h")}, nil},
		{"no schedule", []*policies.Policy{on(policy(t, none, "a"), "h"), on(policy(t, none, "b"), "h")}, nil},
		{"every pair, with the first host and how many", []*policies.Policy{
			on(policy(t, five, "c"), "x1", "x2", "y1"), on(policy(t, two, "b"), "x1", "x2", "y1", "y2"), on(policy(t, two, "a"), "x2", "y2", "z")},
			[]string{"a b x2 2 Mon 02:00–06:00", "a c x2 1 Mon 05:00–06:00", "b c x1 3 Mon 05:00–06:00"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := overlapLines(agenda.Overlaps(tt.pols, at(0), utc))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			slices.Reverse(tt.pols)
			if diff := cmp.Diff(got, overlapLines(agenda.Overlaps(tt.pols, at(0), utc))); diff != "" {
				t.Errorf("the other way round:\n%s", diff)
			}
		})
	}
}

func overlapLines(os []agenda.Overlap) []string {
	var out []string
	for _, o := range os {
		out = append(out, fmt.Sprintf("%s %s %s %d %s–%s", o.Policy, o.Other, o.Host, o.Hosts, o.From.Format("Mon 15:04"), o.To.Format("15:04")))
	}
	return out
}

// TestOverlapInTheHostsZone: a host-local window meets another in the zone of the
// host that both claim.
func TestOverlapInTheHostsZone(t *testing.T) {
	tokyo, berlin := zone(t, "Asia/Tokyo"), zone(t, "Europe/Berlin")
	zones := map[string]*time.Location{"far": tokyo, "near": berlin}
	local := window("local", starts{clock(2, 0), clock(26, 0)}, 2*time.Hour)
	local.Zone = nil
	fixed := window("fixed", starts{clock(17, 30)}, time.Hour) // 02:30 on Tuesday in Tokyo
	of := func(h string) *time.Location { return zones[h] }
	ps := []*policies.Policy{on(policy(t, local, "a"), "far", "near", "unknown"), on(policy(t, fixed, "b"), "far", "near", "unknown")}
	got := agenda.Overlaps(ps, at(0), of)
	if len(got) != 1 || got[0].Host != "far" || got[0].Hosts != 1 || got[0].From.Format("Mon 15:04 MST") != "Tue 02:30 JST" {
		t.Fatalf("%+v", got)
	}
	if got := agenda.Overlaps(ps, clock(19, 0), of); len(got) != 0 {
		t.Errorf("when it is over: %+v", got)
	}
	ps = []*policies.Policy{on(policy(t, local, "a"), "near"), on(policy(t, local, "b"), "near")}
	got = agenda.Overlaps(ps, at(0), of)
	if len(got) != 1 || got[0].From.Format("Mon 15:04 MST") != "Mon 02:00 CET" {
		t.Errorf("two of one host-local window: %+v", got)
	}
}

// TestOverlapOverClockChanges: two windows that touch in winter meet in the night
// in which the clock is set forward.
func TestOverlapOverClockChanges(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	early := &policies.Window{Name: "early", Schedule: daily{hour: 1}, Duration: 3 * time.Hour, Zone: berlin}
	late := &policies.Window{Name: "late", Schedule: daily{hour: 4}, Duration: time.Hour, Zone: berlin}
	ps := []*policies.Policy{on(policy(t, early, "a"), "h"), on(policy(t, late, "b"), "h")}
	got := agenda.Overlaps(ps, at(0), utc)
	if len(got) != 1 || got[0].From.In(berlin).Format("2006-01-02 15:04 MST") != "2027-03-28 04:00 CEST" || got[0].To.Sub(got[0].From) != time.Hour {
		t.Fatalf("%+v", got)
	}
	if got := agenda.Overlaps(ps, time.Date(2027, 3, 28, 12, 0, 0, 0, time.UTC), utc); len(got) != 1 || got[0].From.Year() != 2028 {
		t.Errorf("the year after: %+v", got)
	}
}

// TestOverlapsIsWhatMinutesSay compares with going through all minutes.
func TestOverlapsIsWhatMinutesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, true)
		zones := map[string]*time.Location{"h0": time.UTC, "h1": time.FixedZone("East", 3600), "h2": time.FixedZone("Far", 9*3600+1800)}
		of := func(h string) *time.Location { return zones[h] }
		for _, p := range w.pols {
			on(p, rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"h0", "h1", "h2"}), 0, 3, rapid.ID).Draw(t, "hosts")...)
		}
		now := at(time.Duration(rapid.IntRange(-24, 72).Draw(t, "now")) * time.Hour)
		got := agenda.Overlaps(w.pols, now, of)
		after := reach(w.pols)
		want := 0
		for _, p := range w.pols {
			for _, q := range w.pols {
				if p.Name >= q.Name || after[p.Name][q.Name] || after[q.Name][p.Name] {
					continue
				}
				o := agenda.Overlap{Policy: p.Name, Other: q.Name}
				for _, h := range p.Hosts {
					if from, ok := firstMinute(p, q, h, zones[h], now); ok {
						if o.Hosts++; o.Host == "" {
							o.Host, o.From = h, from
						}
					}
				}
				i := slices.IndexFunc(got, func(g agenda.Overlap) bool { return g.Policy == o.Policy && g.Other == o.Other })
				if i < 0 != (o.Hosts == 0) {
					t.Fatalf("%s and %s: want %+v, got %+v", p.Name, q.Name, o, got)
				}
				if i >= 0 {
					want++
					if g := got[i]; g.Host != o.Host || g.Hosts != o.Hosts || !later(g.From, now).Equal(o.From) {
						t.Fatalf("want %+v, got %+v", o, g)
					}
				}
			}
		}
		if want != len(got) {
			t.Fatalf("%d overlaps, want %d", len(got), want)
		}
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// firstMinute is the first half hour from now on in which both windows are open
// for a host.
func firstMinute(p, q *policies.Policy, host string, zone *time.Location, now time.Time) (time.Time, bool) {
	if p.Window == nil || q.Window == nil || !slices.Contains(q.Hosts, host) {
		return time.Time{}, false
	}
	open := func(w *policies.Window, t time.Time) bool {
		z := zone
		if w.Zone != nil {
			z = w.Zone
		}
		return len(openings(nil)(w, t.Add(-w.Duration).Add(1), t.Add(1), z, nil)) > 0
	}
	for t := now; t.Before(at(6 * day)); t = t.Add(30 * time.Minute) {
		if open(p.Window, t) && open(q.Window, t) {
			return t, true
		}
	}
	return time.Time{}, false
}

// often is a schedule that begins every so many seconds.
type often time.Duration

func (s often) Next(after time.Time, _ *time.Location) (time.Time, bool) {
	return after.Truncate(time.Duration(s)).Add(time.Duration(s)), true
}

func (s often) String() string { return time.Duration(s).String() }

// stuck is a schedule that is wrong: it never gets on.
type stuck struct{}

func (stuck) Next(after time.Time, _ *time.Location) (time.Time, bool) { return after, true }
func (stuck) String() string                                           { return "stuck" }

// TestOverlapsOfManyHosts: ten thousand hosts, forty policies and windows that
// never meet are looked at in a moment, a window that opens every second too.
func TestOverlapsOfManyHosts(t *testing.T) {
	var hosts []string
	for i := range 10_000 {
		hosts = append(hosts, fmt.Sprintf("h%05d", i))
	}
	var ps []*policies.Policy
	for i := range 40 {
		w := &policies.Window{Name: fmt.Sprint("w", i), Schedule: daily{hour: i / 2, minute: i % 2 * 30}, Duration: 30 * time.Minute, Zone: time.UTC}
		p := policy(t, w, fmt.Sprintf("p%02d", i))
		p.Hosts = hosts
		ps = append(ps, p)
	}
	odd := &policies.Window{Name: "odd", Schedule: often(2 * time.Second), Duration: time.Second, Zone: time.UTC}
	wrong := &policies.Window{Name: "wrong", Schedule: stuck{}, Duration: time.Second, Zone: time.UTC}
	ps = append(ps, on(policy(t, odd, "odd"), "h2"), on(policy(t, wrong, "wrong"), "h2"))
	if got := agenda.Overlaps(ps, at(0), utc); len(got) != 0 {
		t.Errorf("%d overlaps, the first %+v", len(got), got[0])
	}
	ps[7].Window.Duration = 31 * time.Minute
	if got := agenda.Overlaps(ps, at(0), utc); len(got) != 1 || got[0].Hosts != len(hosts) {
		t.Errorf("%+v", got)
	}
}

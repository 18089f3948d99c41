package agenda_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies"
	"patchwave/policies/agenda"
	"patchwave/policies/calendar"
)

// office works from Monday to Friday, 08:00 to 18:00, in zone.
func office(zone *time.Location, holidays ...calendar.Date) *calendar.Calendar {
	c := &calendar.Calendar{Name: "office", Zone: zone, From: 8 * time.Hour, To: 18 * time.Hour}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Workdays[d] = true
	}
	for _, d := range holidays {
		c.Holidays = append(c.Holidays, calendar.Holiday{Date: d})
	}
	return c
}

// nightly opens every day at 02:00 for 4 hours, in UTC.
func nightly() *policies.Window {
	return &policies.Window{Name: "night", Schedule: daily{hour: 2}, Duration: 4 * time.Hour, Zone: time.UTC}
}

// found is a line a finding: severity, code, window, policy, other.
func found(fs []agenda.Finding) []string {
	out := []string{}
	for _, f := range fs {
		out = append(out, strings.Join(strings.Fields(fmt.Sprint(f.Severity, " ", f.Code, " ", f.Window, " ", f.Policy, " ", f.Other)), " "))
	}
	return out
}

func TestCheckLaunches(t *testing.T) {
	tests := []struct {
		name   string
		length time.Duration
		pols   []string
		want   []string
	}{
		{"nothing to say", 4 * time.Hour, []string{"a", "b 60m", "c 90m"}, []string{}},
		{"closer than an hour", 4 * time.Hour, []string{"a", "b 59m", "c 60m"}, []string{"warning close night b a"}},
		{"together", 4 * time.Hour, []string{"a 90m", "b", "c"}, []string{"warning close night b a", "warning close night c b"}},
		{"too late", 90 * time.Minute, []string{"a", "b 90m"}, []string{"error late night b a"}},
		{"too late, and those behind it", 2 * time.Hour, []string{"a", "b 60m", "c 60m", "d 90m"}, []string{"error late night c b", "error late night d b"}},
		{"never open", 0, []string{"a"}, []string{"error late night a"}},
		{"reboots first, by after", 4 * time.Hour, []string{"a>b no-reboot 60m", "b"}, []string{"warning reboot-first a b"}},
		{"reboots first, through another", 4 * time.Hour, []string{"a>m never 60m", "m>b no-reboot 60m", "b 60m"},
			[]string{"warning reboot-first a b", "warning reboot-first m b"}},
		{"no priority makes it so", 4 * time.Hour, []string{"a no-reboot p99 60m", "b p1 60m"}, []string{}},
		{"a cycle ends", 4 * time.Hour, []string{"a>b 60m", "b>a 60m"}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := nightly()
			w.Duration = tt.length
			ps := pols(t, w, tt.pols...)
			got := agenda.Check(ps, agenda.CheckInput{Now: at(0)})
			if diff := cmp.Diff(tt.want, found(got)); diff != "" {
				t.Error(diff)
			}
			slices.Reverse(ps)
			if diff := cmp.Diff(got, agenda.Check(ps, agenda.CheckInput{Now: at(0)})); diff != "" {
				t.Errorf("the other way round:\n%s", diff)
			}
		})
	}
}

func TestCheckWindows(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	friday, tuesday := []time.Weekday{time.Friday}, []time.Weekday{time.Tuesday}
	christmas := calendar.Date{Year: 2026, Month: time.December, Day: 25}
	wednesday := calendar.Date{Year: 2027, Month: time.January, Day: 6}
	nights := office(berlin)
	nights.From, nights.To = 22*time.Hour, 6*time.Hour
	none := office(berlin)
	none.Workdays = [7]bool{}
	frozen := office(berlin)
	frozen.Freezes = []calendar.Freeze{{Name: "all", From: calendar.Date{Year: 2026, Month: 1, Day: 1}, To: calendar.Date{Year: 2030, Month: 1, Day: 1}}}
	win := func(s daily, c *calendar.Calendar, attended bool) *policies.Window {
		return &policies.Window{Name: "w", Schedule: s, Duration: 2 * time.Hour, Zone: berlin, Calendar: c, Attended: attended, Attendance: 12 * time.Hour}
	}
	tests := []struct {
		name   string
		window *policies.Window
		want   []string
		detail string
	}{
		{"friday evening", win(daily{18, 0, friday}, office(berlin), false), []string{"warning evening w"}, "Fri 2026-12-04 18:00 CET"},
		{"friday afternoon", win(daily{17, 59, friday}, office(berlin), false), []string{}, ""},
		{"friday evening, nobody knows of days off", win(daily{22, 0, friday}, nil, false), []string{}, ""},
		{"friday evening, left out because unattended", win(daily{22, 0, nil}, office(berlin), true), []string{}, ""},
		{"tuesday evening", win(daily{22, 0, tuesday}, office(berlin, christmas), false), []string{}, ""},
		{"the evening before a holiday", win(daily{22, 0, tuesday}, office(berlin, wednesday), false), []string{"warning evening w"}, "Tue 2027-01-05 22:00 CET"},
		{"the morning of a day off", win(daily{2, 0, []time.Weekday{time.Saturday}}, office(berlin), false), []string{}, ""},
		{"a day off before another", win(daily{20, 0, []time.Weekday{time.Saturday}}, office(berlin), false), []string{"warning evening w"}, "Sat 2026-12-05 20:00"},
		{"the evening before a workday", win(daily{20, 0, []time.Weekday{time.Sunday}}, office(berlin), false), []string{}, ""},
		{"hours past midnight: the evening is from six", win(daily{18, 0, friday}, nights, false), []string{"warning evening w"}, ""},
		{"hours past midnight: before six", win(daily{17, 0, friday}, nights, false), []string{}, ""},
		{"always frozen", win(daily{2, 0, tuesday}, frozen, false), []string{"warning shut w"}, "freeze all"},
		{"never attended", win(daily{2, 0, tuesday}, none, true), []string{"warning shut w"}, "calendar office"},
		{"never again", &policies.Window{Name: "w", Schedule: starts{at(-day)}, Duration: time.Hour, Zone: berlin}, []string{"error never w"}, "schedule"},
		{"no schedule", &policies.Window{Name: "w", Duration: time.Hour}, []string{"error never w"}, "schedule"},
		{"only after 400 days", &policies.Window{Name: "w", Schedule: starts{at(500 * day)}, Duration: time.Hour, Zone: berlin}, []string{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			alone := agenda.Check(nil, agenda.CheckInput{Now: at(0), Windows: []*policies.Window{tt.window}})
			if diff := cmp.Diff(tt.want, found(alone)); diff != "" {
				t.Error(diff)
			}
			if len(alone) > 0 && !strings.Contains(alone[0].Detail, tt.detail) {
				t.Errorf("%q does not say %q", alone[0].Detail, tt.detail)
			}
			used := agenda.Check(pols(t, tt.window, "a"), agenda.CheckInput{Now: at(0)})
			if diff := cmp.Diff(alone, used); diff != "" {
				t.Errorf("as the window of a policy:\n%s", diff)
			}
		})
	}
}

func TestCheckWaves(t *testing.T) {
	num := func(n int) policies.Amount { return policies.Amount{Count: n, Given: true} }
	tests := []struct {
		name  string
		hosts int
		waves []policies.Wave
		want  []string
	}{
		{"twelve batches fit into four hours", 120, []policies.Wave{{Name: "all"}}, []string{}},
		{"thirteen do not", 121, []policies.Wave{{Name: "all"}}, []string{"warning short night a"}},
		{"each wave by itself", 240, []policies.Wave{{Name: "half", Percent: 50}, {Name: "rest"}}, []string{}},
		{"one of several", 240, []policies.Wave{{Name: "canary", Count: 1, Soak: 24 * time.Hour}, {Name: "rest"}}, []string{"warning short night a"}},
		{"larger batches", 240, []policies.Wave{{Name: "all", Batch: num(20)}}, []string{}},
		{"larger batches that may not be", 240, []policies.Wave{{Name: "all", Batch: num(20), MaxUnavailable: num(19)}}, []string{"warning short night a"}},
		{"no host", 0, []policies.Wave{{Name: "all"}}, []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policy(t, nightly(), "a")
			for i := range tt.hosts {
				p.Hosts = append(p.Hosts, fmt.Sprintf("h%03d", i))
			}
			p.Rollout.Waves = tt.waves
			if diff := cmp.Diff(tt.want, found(agenda.Check([]*policies.Policy{p}, agenda.CheckInput{Now: at(0)}))); diff != "" {
				t.Error(diff)
			}
			long := agenda.Check([]*policies.Policy{p}, agenda.CheckInput{Now: at(0), BatchTime: time.Minute})
			if len(long) != 0 {
				t.Errorf("a minute a batch: %v", found(long))
			}
		})
	}
	// what its gap takes is not there for its waves
	p, q := policy(t, nightly(), "a"), policy(t, nightly(), "b 90m")
	for i := range 80 {
		q.Hosts = append(q.Hosts, fmt.Sprintf("h%03d", i))
	}
	q.Rollout.Waves = []policies.Wave{{Name: "all"}}
	got := agenda.Check([]*policies.Policy{p, q}, agenda.CheckInput{Now: at(0)})
	if diff := cmp.Diff([]string{"warning short night b"}, found(got)); diff != "" {
		t.Fatal(diff)
	}
	want := `Its 80 hosts make 8 batches, which take about 2h40m at 20m each; from the launch to the close there are 2h30m.`
	if !strings.HasPrefix(got[0].Detail, want) {
		t.Errorf("%q does not begin with %q", got[0].Detail, want)
	}
}

// TestCheckOverlap: the error names the first host, how many there are, and the
// first time.
func TestCheckOverlap(t *testing.T) {
	w := nightly()
	a, b := on(policy(t, w, "a"), "h1", "h2", "h3"), on(policy(t, w, "b 60m"), "h2", "h3")
	got := agenda.Check([]*policies.Policy{b, a}, agenda.CheckInput{Now: at(0), Zone: utc})
	want := []agenda.Finding{{Severity: agenda.Error, Code: agenda.CodeOverlap, Policy: "a", Other: "b",
		Summary: `policies "a" and "b" claim host "h2" and another host at the same time`,
		Detail:  "Both windows are open from Mon 2026-11-30 02:00 UTC to Mon 2026-11-30 06:00 UTC. Let one name the other in after, move a window, or leave the host to one of them."}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.After = []string{"a"}
	if got := agenda.Check([]*policies.Policy{b, a}, agenda.CheckInput{Now: at(0), Zone: utc}); len(got) != 0 {
		t.Errorf("with after: %v", found(got))
	}
}

// TestCheckHostLocal: policies whose hosts never share an opening of a host-local
// window do not meet there.
func TestCheckHostLocal(t *testing.T) {
	w := nightly()
	w.Zone = nil
	zones := map[string]*time.Location{"be": zone(t, "Europe/Berlin"), "pa": zone(t, "Europe/Paris"), "to": zone(t, "Asia/Tokyo")}
	in := agenda.CheckInput{Now: at(0), Zone: func(h string) *time.Location { return zones[h] }}
	tests := []struct {
		name string
		pols []*policies.Policy
		want []string
	}{
		{"apart", []*policies.Policy{on(policy(t, w, "a"), "be"), on(policy(t, w, "b 9h"), "to")}, []string{}},
		{"in zones with one clock", []*policies.Policy{on(policy(t, w, "a"), "be"), on(policy(t, w, "b 9h"), "pa")}, []string{"error late night b a"}},
		{"some of its hosts", []*policies.Policy{on(policy(t, w, "a"), "be"), on(policy(t, w, "b"), "pa", "to")}, []string{"warning close night b a"}},
		{"unknown zones are UTC", []*policies.Policy{on(policy(t, w, "a"), "x"), on(policy(t, w, "b"), "y")}, []string{"warning close night b a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, found(agenda.Check(tt.pols, in))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCheckRebootFirstElsewhere: policies that share neither window nor host do
// not meet.
func TestCheckRebootFirstElsewhere(t *testing.T) {
	noon := &policies.Window{Name: "noon", Schedule: daily{hour: 12}, Duration: time.Hour, Zone: time.UTC}
	a, b := on(policy(t, nightly(), "a>b never"), "h1", "h2"), on(policy(t, noon, "b"), "h3")
	if got := agenda.Check([]*policies.Policy{a, b}, agenda.CheckInput{Now: at(0)}); len(got) != 0 {
		t.Errorf("%v", found(got))
	}
	on(b, "h2", "h3")
	if diff := cmp.Diff([]string{"warning reboot-first a b"}, found(agenda.Check([]*policies.Policy{a, b}, agenda.CheckInput{Now: at(0)}))); diff != "" {
		t.Error(diff)
	}
}

// TestCheckIsBounded: of very many findings of a kind a hundred are listed and the
// rest is counted.
func TestCheckIsBounded(t *testing.T) {
	var ps []*policies.Policy
	for i := range 120 {
		ps = append(ps, on(policy(t, nightly(), fmt.Sprintf("q%03d", i)), "h"))
	}
	got := agenda.Check(ps, agenda.CheckInput{Now: at(0)})
	if len(got) != 202 {
		t.Fatalf("%d findings", len(got))
	}
	if got[100].Summary != "7040 more of this kind" || got[100].Severity != agenda.Error || got[201].Summary != "19 more of this kind" || got[201].Severity != agenda.Warning {
		t.Errorf("%+v, %+v", got[100], got[201])
	}
}

// TestCheckOften: a window that opens every second, or a schedule that stands
// still, is looked at and left.
func TestCheckOften(t *testing.T) {
	odd := &policies.Window{Name: "odd", Schedule: often(time.Second), Duration: time.Second, Zone: time.UTC, Calendar: office(time.UTC)}
	wrong := &policies.Window{Name: "wrong", Schedule: stuck{}, Duration: time.Second, Zone: time.UTC}
	got := agenda.Check(append(pols(t, odd, "a"), pols(t, wrong, "b")...), agenda.CheckInput{Now: at(0)})
	if diff := cmp.Diff([]string{"error never wrong"}, found(got)); diff != "" {
		t.Error(diff)
	}
}

// TestCheckAgreesWithOf: what Check calls late Of does not launch, and what it
// does not call late Of launches in some opening that is open.
func TestCheckAgreesWithOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, true)
		w.in.Suspensions, w.in.Openings = nil, openings(nil)
		zones := map[string]*time.Location{}
		for _, p := range w.pols {
			p.Hosts = nil
			for i, z := range w.in.Zones[p.Name] {
				h := fmt.Sprint(p.Name, i)
				p.Hosts, zones[h] = append(p.Hosts, h), z
			}
		}
		late := map[string]bool{}
		for _, f := range agenda.Check(w.pols, agenda.CheckInput{Now: w.in.From, Zone: func(h string) *time.Location { return zones[h] }, Openings: openings(nil)}) {
			if f.Summary == "" || f.Detail == "" {
				t.Fatalf("without words: %+v", f)
			}
			if f.Code == agenda.CodeLate {
				late[f.Policy] = true
			}
		}
		isLate := map[string]bool{}
		for _, l := range agenda.Of(w.pols, w.in) {
			if l.Launch.IsZero() {
				isLate[l.Policy] = true
			}
		}
		if diff := cmp.Diff(isLate, late); diff != "" {
			t.Fatalf("late by Of (-) and by Check (+):\n%s", diff)
		}
	})
}

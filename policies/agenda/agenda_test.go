package agenda_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// week is a week from monday.
func week(st states) agenda.Input {
	return agenda.Input{From: monday(), Until: at(7 * day), Openings: openings(st)}
}

func TestLaunchesInOneOpening(t *testing.T) {
	two := stateKey("night", at(2*time.Hour))
	tests := []struct {
		name   string
		length time.Duration
		pols   []string
		want   []string
	}{
		{"one is launched as the window opens, whatever its gap", 4 * time.Hour, []string{"a 90m"}, []string{"a 02:00"}},
		{"no gap is the same launch", 4 * time.Hour, []string{"a", "b"}, []string{"a 02:00", "b 02:00"}},
		{"the gap is that of the later one", 4 * time.Hour, []string{"a 30m", "b 90m"}, []string{"a 02:00", "b 03:30"}},
		{"launch to launch", 4 * time.Hour, []string{"a", "b 60m", "c 90m"}, []string{"a 02:00", "b 03:00", "c 04:30"}},
		{"after turns the order round", 4 * time.Hour, []string{"a>b 90m", "b 30m"}, []string{"b 02:00", "a 03:30"}},
		{"no-reboot first", 4 * time.Hour, []string{"a 60m", "b never 30m"}, []string{"b 02:00", "a 03:00"}},
		{"the close is too late", time.Hour, []string{"a", "b 60m"}, []string{"a 02:00", "b late"}},
		{"a second before is not", time.Hour, []string{"a", "b 59m59s"}, []string{"a 02:00", "b 02:59"}},
		{"what is too late pushes nothing", 4 * time.Hour, []string{"a", "b 5h", "c 60m"}, []string{"a 02:00", "c 03:00", "b late"}},
		{"a gap that no clock can add", 4 * time.Hour, []string{"a", "b 2562047h", "c 2562047h"}, []string{"a 02:00", "b late", "c late"}},
		{"a window that is never open", 0, []string{"a"}, []string{"a late"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := agenda.Of(pols(t, once(tt.length), tt.pols...), week(nil))
			var short []string
			for _, l := range got {
				s := l.Policy + " late"
				if !l.Launch.IsZero() {
					s = l.Policy + l.Launch.Format(" 15:04")
				}
				if l.Launch.IsZero() == (l.Reason == "") {
					t.Errorf("%s with reason %q", s, l.Reason)
				}
				if stateKey(l.Window, l.Opens) != two {
					t.Errorf("%s in another opening: %s", s, l.Opens)
				}
				short = append(short, s)
			}
			if diff := cmp.Diff(tt.want, short); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNotLaunched: what is not launched has its state and pushes nothing back.
func TestNotLaunched(t *testing.T) {
	w := window("night", starts{at(2 * time.Hour), at(26 * time.Hour), at(50 * time.Hour)}, 4*time.Hour)
	in := week(states{stateKey("night", at(2*time.Hour)): policies.OpeningFrozen, stateKey("night", at(50*time.Hour)): policies.OpeningUnattended})
	in.Suspensions = []policies.Suspension{
		{Policy: "a", Since: at(0), Until: at(30 * time.Hour), Reason: "nobody is there"},
		{Policy: "other", Since: at(0), Until: at(300 * time.Hour), Reason: "not for these"},
	}
	got := agenda.Of(pols(t, w, "a", "b 60m", "c>a 90m"), in)
	want := []string{
		"a night Mon 02:00 frozen", "b night Mon 02:00 frozen", "c night Mon 02:00 frozen",
		"b night Tue 02:00 → 02:00", "c night Tue 02:00 → 03:30", "a night Tue 02:00 suspended",
		"a night Wed 02:00 unattended", "b night Wed 02:00 unattended", "c night Wed 02:00 unattended",
	}
	if diff := cmp.Diff(want, drawn(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[5].Reason != "nobody is there" || got[0].Reason != "frozen by the test" {
		t.Errorf("reasons %q, %q", got[5].Reason, got[0].Reason)
	}
}

// TestSeveralWindows: policies keep gaps only within a window, and order also
// through policies of others.
func TestSeveralWindows(t *testing.T) {
	night, noon := once(4*time.Hour), window("noon", starts{at(3 * time.Hour), at(12 * time.Hour)}, time.Hour)
	ps := append(pols(t, night, "a>x 60m", "z 60m"), pols(t, noon, "x>z 90m")...)
	ps = append(ps, policy(t, nil, "by-hand"))
	want := []string{"z night Mon 02:00 → 02:00", "a night Mon 02:00 → 03:00", "x noon Mon 03:00 → 03:00", "x noon Mon 12:00 → 12:00"}
	if diff := cmp.Diff(want, drawn(agenda.Of(ps, week(nil)))); diff != "" {
		t.Error(diff)
	}
	in := week(nil)
	in.From, in.Until = at(2*time.Hour+1), at(12*time.Hour)
	if diff := cmp.Diff([]string{"x noon Mon 03:00 → 03:00"}, drawn(agenda.Of(ps, in))); diff != "" {
		t.Errorf("from ≤ opens < until:\n%s", diff)
	}
}

// TestHostLocal: a host-local window has an opening a zone; zones that open at one
// instant share it.
func TestHostLocal(t *testing.T) {
	w := once(4 * time.Hour)
	w.Zone = nil
	berlin, paris, tokyo := zone(t, "Europe/Berlin"), zone(t, "Europe/Paris"), zone(t, "Asia/Tokyo")
	in := week(nil)
	in.From = at(-day)
	in.Zones = map[string][]*time.Location{"a": {tokyo, berlin, berlin, nil}, "b": {paris}, "c": {tokyo}}
	got := agenda.Of(pols(t, w, "a", "b 60m", "c 90m", "nowhere"), in)
	want := []string{
		"a night Asia/Tokyo Sun 17:00 → 17:00", "c night Asia/Tokyo Sun 17:00 → 18:30",
		"a night Europe/Berlin Mon 01:00 → 01:00", "b night Europe/Paris Mon 01:00 → 02:00",
	}
	if diff := cmp.Diff(want, drawn(got)); diff != "" {
		t.Fatal(diff)
	}
	if got[2].Location != berlin || !got[2].Closes.Equal(at(5*time.Hour)) || got[2].Launch.In(berlin).Hour() != 2 {
		t.Errorf("%+v", got[2])
	}
}

// TestOverClockChanges: a host-local window at 01:30 in the nights in which clocks
// change. Gaps are elapsed time.
func TestOverClockChanges(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	w := &policies.Window{Name: "night", Schedule: daily{hour: 1, minute: 30}, Duration: 4 * time.Hour}
	for _, tt := range []struct {
		day         time.Time
		first, last string
	}{
		{time.Date(2027, 3, 28, 0, 0, 0, 0, berlin), "01:30 CET", "04:00 CEST"},   // 02:00 becomes 03:00
		{time.Date(2027, 10, 31, 0, 0, 0, 0, berlin), "01:30 CEST", "02:00 CET"},  // 03:00 becomes 02:00
		{time.Date(2027, 11, 1, 0, 0, 0, 0, berlin), "01:30 CET", "03:00 CET"},    // an ordinary night
		{time.Date(2027, 12, 31, 0, 0, 0, 0, berlin), "01:30 CET", "03:00 CET"},   // the last of a year
		{time.Date(2028, 2, 29, 0, 0, 0, 0, berlin), "01:30 CET", "03:00 CET"},    // a leap day
		{time.Date(2027, 3, 27, 0, 0, 0, 0, berlin), "01:30 CET", "03:00 CET"},    // the night before
		{time.Date(2027, 10, 30, 0, 0, 0, 0, berlin), "01:30 CEST", "03:00 CEST"}, // the night before
	} {
		in := agenda.Input{From: tt.day, Until: tt.day.AddDate(0, 0, 1), Openings: openings(nil),
			Zones: map[string][]*time.Location{"a": {berlin}, "b": {berlin}}}
		got := agenda.Of(pols(t, w, "a", "b 90m"), in)
		if len(got) != 2 {
			t.Fatalf("%s: %v", tt.day, drawn(got))
		}
		if f, l := got[0].Launch.In(berlin).Format("15:04 MST"), got[1].Launch.In(berlin).Format("15:04 MST"); f != tt.first || l != tt.last {
			t.Errorf("%s: launches at %s and %s, want %s and %s", tt.day.Format(time.DateOnly), f, l, tt.first, tt.last)
		}
		if d := got[0].Closes.Sub(got[0].Opens); d != 4*time.Hour {
			t.Errorf("%s: open for %s", tt.day.Format(time.DateOnly), d)
		}
	}
}

// TestOverHalfAnHour: on Lord Howe the clock changes by half an hour.
func TestOverHalfAnHour(t *testing.T) {
	howe := zone(t, "Australia/Lord_Howe")
	w := &policies.Window{Name: "night", Schedule: daily{hour: 1}, Duration: 2 * time.Hour, Zone: howe}
	for date, want := range map[time.Time]string{
		time.Date(2027, 4, 4, 0, 0, 0, 0, howe):  "02:00 +1030", // 02:00 becomes 01:30
		time.Date(2027, 10, 3, 0, 0, 0, 0, howe): "03:00 +11",   // 02:00 becomes 02:30
		time.Date(2027, 10, 4, 0, 0, 0, 0, howe): "02:30 +11",
	} {
		got := agenda.Of(pols(t, w, "a", "b 90m"), agenda.Input{From: date, Until: date.AddDate(0, 0, 1)})
		if len(got) != 2 || got[1].Launch.In(howe).Format("15:04 MST") != want || got[1].Location != howe || got[1].Zone != "" {
			t.Errorf("%s: %v, want %s", date.Format(time.DateOnly), drawn(got), want)
		}
	}
}

// TestEverySmallWindow goes through every agenda of three policies with all gaps,
// ranks and edges of a small world, and compares it with what is true of it.
func TestEverySmallWindow(t *testing.T) {
	gaps := []time.Duration{0, time.Hour, 3 * time.Hour}
	names := []string{"a", "b", "c"}
	const length = 4 * time.Hour
	for n := range 27 * 8 * 64 {
		g, kinds, edges := n%27, n/27%8, n/27/8
		var ps []*policies.Policy
		for i, name := range names {
			p := &policies.Policy{Name: name, Window: once(length), Gap: gaps[[3]int{g % 3, g / 3 % 3, g / 9}[i]], Priority: 50, Updates: "all"}
			if kinds&(1<<i) != 0 {
				p.Updates = "no-reboot"
			}
			for j, other := range []string{names[(i+1)%3], names[(i+2)%3]} {
				if edges&(1<<(2*i+j)) != 0 {
					p.After = append(p.After, other)
				}
			}
			ps = append(ps, p)
		}
		got := agenda.Of(ps, week(nil))
		checkOpening(t, ps, got, length)
		if t.Failed() {
			t.Fatalf("of %v %v %v\n%v", *ps[0], *ps[1], *ps[2], drawn(got))
		}
	}
}

// checkOpening says what must be true of one opening with all its policies.
func checkOpening(t testing.TB, ps []*policies.Policy, got []agenda.Launch, length time.Duration) {
	t.Helper()
	after := reach(ps)
	by := map[string]*policies.Policy{}
	for _, p := range ps {
		by[p.Name] = p
	}
	if len(got) != len(ps) {
		t.Errorf("%d launches for %d policies", len(got), len(ps))
	}
	var last *agenda.Launch
	for i, l := range got {
		p := by[l.Policy]
		offset := l.Launch.Sub(l.Opens)
		switch {
		case l.Launch.IsZero():
			if last == nil || last.Launch.Add(p.Gap).Before(l.Opens.Add(length)) {
				t.Errorf("%s is late, and has time", l.Policy)
			}
			continue
		case last == nil && offset != 0:
			t.Errorf("the first, %s, waits %s", l.Policy, offset)
		case last != nil && l.Launch.Sub(last.Launch) != p.Gap:
			t.Errorf("%s is launched %s after %s, its gap is %s", l.Policy, l.Launch.Sub(last.Launch), last.Policy, p.Gap)
		case offset < 0 || offset >= length:
			t.Errorf("%s is launched %s after the opening", l.Policy, offset)
		}
		last = &got[i]
		for _, e := range got[:i] {
			if after[e.Policy][l.Policy] && !after[l.Policy][e.Policy] {
				t.Errorf("%s before %s", e.Policy, l.Policy)
			}
			// a later rank goes first only if it has to
			q := by[e.Policy]
			if !q.NoReboot() && p.NoReboot() && !slices.ContainsFunc(got[:i], func(x agenda.Launch) bool {
				return !by[x.Policy].NoReboot() && after[l.Policy][x.Policy]
			}) {
				t.Errorf("%s reboots before %s for nothing", e.Policy, l.Policy)
			}
		}
	}
}

package agenda_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// clock is a time on Monday.
func clock(hour, minute int) time.Time {
	return at(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

// ran is a run of a policy in the opening of a window, from and to as clock times;
// no end is one that still runs.
func ran(policy string, opens, launched time.Time, finished ...time.Time) (agenda.Occurrence, agenda.Run) {
	r := agenda.Run{Launched: launched}
	if len(finished) > 0 {
		r.Finished = finished[0]
	}
	return agenda.Occurrence{Policy: policy, Opens: opens}, r
}

func TestDue(t *testing.T) {
	two := clock(2, 0)
	tests := []struct {
		name string
		pols []string
		now  time.Time
		runs func(runs map[agenda.Occurrence]agenda.Run)
		// due, waiting ("policy until" or "policy for other") and missed
		due, waiting, missed []string
		next                 time.Time
	}{
		{"before the opening", []string{"a"}, clock(1, 59), nil, nil, nil, nil, two},
		{"as it opens", []string{"a"}, two, nil, []string{"a"}, nil, nil, clock(6, 0)},
		{"an instant before the close", []string{"a"}, clock(6, 0).Add(-1), nil, []string{"a"}, nil, nil, clock(6, 0)},
		{"at the close", []string{"a"}, clock(6, 0), nil, nil, nil, []string{"a"}, time.Time{}},
		{"only once", []string{"a"}, clock(3, 0), func(r map[agenda.Occurrence]agenda.Run) {
			o, v := ran("a", two, two, clock(2, 30))
			r[o] = v
		}, nil, nil, nil, time.Time{}},
		{"no gap is the same launch", []string{"a", "b"}, two, nil, []string{"a", "b"}, nil, nil, clock(6, 0)},
		{"the gap", []string{"a", "b 90m"}, two, nil, []string{"a"}, []string{"b until 03:30"}, nil, clock(3, 30)},
		{"the gap counts from the real launch", []string{"a", "b 90m"}, clock(4, 0), func(r map[agenda.Occurrence]agenda.Run) {
			o, v := ran("a", two, clock(3, 0), clock(3, 10))
			r[o] = v
		}, nil, []string{"b until 04:30"}, nil, clock(4, 30)},
		{"overdue ones keep their gaps", []string{"a", "b 90m", "c p60 30m"}, clock(4, 0), nil, []string{"a"},
			[]string{"b until 05:30", "c until 04:30"}, nil, clock(4, 30)},
		{"no time is left for the gap", []string{"a", "b 90m"}, clock(5, 0), nil, []string{"a"}, []string{"b never"}, nil, clock(6, 0)},
		{"after one that has not finished", []string{"a", "b>a"}, clock(3, 0), func(r map[agenda.Occurrence]agenda.Run) {
			o, v := ran("a", two, two)
			r[o] = v
		}, nil, []string{"b for a"}, nil, clock(6, 0)},
		{"after one that has", []string{"a", "b>a"}, clock(3, 0), func(r map[agenda.Occurrence]agenda.Run) {
			o, v := ran("a", two, two, clock(2, 59))
			r[o] = v
		}, []string{"b"}, nil, nil, clock(6, 0)},
		{"after one that is due now", []string{"a", "b>a"}, clock(3, 0), nil, []string{"a"}, []string{"b for a"}, nil, clock(6, 0)},
		{"a run of long ago that never finished", []string{"a", "b>a"}, clock(3, 0), func(r map[agenda.Occurrence]agenda.Run) {
			o, v := ran("a", at(-30*day), at(-30*day))
			r[o] = v
		}, []string{"a"}, []string{"b for a"}, nil, clock(6, 0)},
		{"a cycle launches nothing, and ends", []string{"a>b", "b>a", "c"}, clock(3, 0), nil, []string{"c"}, []string{"a for b", "b for a"}, nil, clock(6, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			progress := agenda.Progress{Looked: at(0), Runs: map[agenda.Occurrence]agenda.Run{}}
			if tt.runs != nil {
				tt.runs(progress.Runs)
			}
			got := agenda.Due(pols(t, once(4*time.Hour), tt.pols...), tt.now, week(nil), progress)
			if diff := cmp.Diff(tt.due, policiesOf(got.Due)); diff != "" {
				t.Errorf("due:\n%s", diff)
			}
			if diff := cmp.Diff(tt.waiting, waitingOf(got.Waiting)); diff != "" {
				t.Errorf("waiting:\n%s", diff)
			}
			if diff := cmp.Diff(tt.missed, policiesOf(got.Missed)); diff != "" {
				t.Errorf("missed:\n%s", diff)
			}
			if !got.Next.Equal(tt.next) {
				t.Errorf("next at %s, want %s", got.Next, tt.next)
			}
		})
	}
}

func policiesOf(ls []agenda.Launch) []string {
	var out []string
	for _, l := range ls {
		out = append(out, l.Policy)
	}
	return out
}

func waitingOf(ws []agenda.Waiting) []string {
	var out []string
	for _, w := range ws {
		switch {
		case !w.Until.IsZero():
			out = append(out, w.Policy+w.Until.Format(" until 15:04"))
		case w.For != "":
			out = append(out, w.Policy+" for "+w.For)
		default:
			out = append(out, w.Policy+" never")
		}
	}
	return out
}

// TestDueAtEveryMinute: two policies with a gap, asked at every minute of a night.
func TestDueAtEveryMinute(t *testing.T) {
	ps := pols(t, once(4*time.Hour), "a", "b 91m", "c>b 17m")
	progress := agenda.Progress{Runs: map[agenda.Occurrence]agenda.Run{}}
	launches := []string{}
	for now := at(0); now.Before(clock(8, 0)); now = now.Add(time.Minute) {
		for _, l := range agenda.Due(ps, now, week(nil), progress).Due {
			launches = append(launches, l.Policy+now.Format(" 15:04"))
			progress.Runs[l.Occurrence] = agenda.Run{Launched: now, Finished: now}
		}
		progress.Looked = now
	}
	if diff := cmp.Diff([]string{"a 02:00", "b 03:31", "c 03:48"}, launches); diff != "" {
		t.Error(diff)
	}
}

// TestAfterOverWindows: the last occurrence of the other policy must have
// finished: one that runs, or that may still be launched; not one that was missed
// or is not to be launched.
func TestAfterOverWindows(t *testing.T) {
	first, second := once(4*time.Hour), window("second", starts{clock(3, 0)}, 8*time.Hour)
	ps := append(pols(t, first, "db", "other 90m"), pols(t, second, "web>db", "rest>other")...)
	opens := agenda.Occurrence{Policy: "db", Opens: clock(2, 0)}
	tests := []struct {
		name     string
		now      time.Time
		runs     map[agenda.Occurrence]agenda.Run
		st       states
		due      []string
		waiting  []string
		recorded []string
	}{
		{"it runs", clock(3, 0), map[agenda.Occurrence]agenda.Run{opens: {Launched: clock(2, 0)}}, nil, nil,
			[]string{"other until 03:30", "rest for other", "web for db"}, nil},
		{"it has finished, the other may still be launched", clock(3, 10), map[agenda.Occurrence]agenda.Run{opens: {Launched: clock(2, 0), Finished: clock(3, 5)}}, nil,
			[]string{"web"}, []string{"other until 03:30", "rest for other"}, nil},
		{"both were missed", clock(6, 0), nil, nil, []string{"rest", "web"}, nil, []string{"db", "other"}},
		{"both were frozen", clock(4, 0), nil, states{stateKey("night", clock(2, 0)): policies.OpeningFrozen}, []string{"rest", "web"}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := agenda.Due(ps, tt.now, week(tt.st), agenda.Progress{Looked: clock(1, 0), Runs: tt.runs})
			if diff := cmp.Diff(tt.due, policiesOf(got.Due)); diff != "" {
				t.Errorf("due:\n%s", diff)
			}
			if diff := cmp.Diff(tt.waiting, waitingOf(got.Waiting)); diff != "" {
				t.Errorf("waiting:\n%s", diff)
			}
			if diff := cmp.Diff(tt.recorded, policiesOf(got.Missed)); diff != "" {
				t.Errorf("missed:\n%s", diff)
			}
		})
	}
}

// TestBlockedDoesNotBlock: a policy that waits for one of another window does not
// hold up those behind it, and keeps its gap when its time comes.
func TestBlockedDoesNotBlock(t *testing.T) {
	other := window("other", starts{clock(1, 0)}, 4*time.Hour)
	ps := append(pols(t, other, "x"), pols(t, once(4*time.Hour), "a>x 60m", "b 90m")...)
	x := agenda.Occurrence{Policy: "x", Opens: clock(1, 0)}
	runs := map[agenda.Occurrence]agenda.Run{x: {Launched: clock(1, 0)}}
	got := agenda.Due(ps, clock(3, 30), week(nil), agenda.Progress{Runs: runs})
	if diff := cmp.Diff([]string{"b"}, policiesOf(got.Due)); diff != "" {
		t.Fatal(diff)
	}
	runs[got.Due[0].Occurrence] = agenda.Run{Launched: clock(3, 30), Finished: clock(3, 35)}
	runs[x] = agenda.Run{Launched: clock(1, 0), Finished: clock(4, 0)}
	got = agenda.Due(ps, clock(4, 0), week(nil), agenda.Progress{Runs: runs})
	if diff := cmp.Diff([]string{"a until 04:30"}, waitingOf(got.Waiting)); diff != "" {
		t.Fatal(diff)
	}
}

// TestMissed: what closed since the last look and never ran is told once; the
// first look has missed nothing, and one of years ago is no trouble.
func TestMissed(t *testing.T) {
	w := window("night", starts{at(-500 * day), clock(2, 0), clock(26, 0), clock(50, 0), clock(74, 0)}, time.Hour)
	ps := pols(t, w, "a")
	in := week(states{stateKey("night", clock(26, 0)): policies.OpeningFrozen})
	tests := []struct {
		name           string
		looked, now    time.Time
		missed, passed []string
	}{
		{"the first look", time.Time{}, at(7 * day), nil, nil},
		{"a week later", at(0), at(7 * day), []string{"Mon 02:00", "Wed 02:00", "Thu 02:00"}, []string{"Tue 02:00"}},
		{"in between", clock(3, 0), clock(27, 0), nil, []string{"Tue 02:00"}},
		{"just before its close", clock(3, 0).Add(-1), clock(26, 0), []string{"Mon 02:00"}, nil},
		{"years ago", at(-5000 * day), clock(3, 0), []string{"Mon 02:00"}, nil},
		{"from the future", at(100 * day), at(7 * day), nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := agenda.Due(ps, tt.now, in, agenda.Progress{Looked: tt.looked})
			var missed, passed []string
			for _, l := range got.Missed {
				missed = append(missed, l.Opens.Format("Mon 15:04"))
			}
			for _, l := range got.Passed {
				passed = append(passed, l.Opens.Format("Mon 15:04"))
			}
			if diff := cmp.Diff(tt.missed, missed); diff != "" {
				t.Errorf("missed:\n%s", diff)
			}
			if diff := cmp.Diff(tt.passed, passed); diff != "" {
				t.Errorf("passed:\n%s", diff)
			}
		})
	}
}

// TestZonesDoNotWaitForEachOther: in a host-local window a policy waits for the
// one before it in its own opening and in earlier ones, not in later ones.
func TestZonesDoNotWaitForEachOther(t *testing.T) {
	w := once(12 * time.Hour)
	w.Zone = nil
	berlin, tokyo := zone(t, "Europe/Berlin"), zone(t, "Asia/Tokyo")
	in := week(nil)
	in.Zones = map[string][]*time.Location{"a": {berlin, tokyo}, "b": {berlin, tokyo}}
	ps := pols(t, w, "a", "b>a")
	aTokyo := agenda.Occurrence{Policy: "a", Opens: at(-7 * time.Hour), Zone: "Asia/Tokyo"}
	aBerlin := agenda.Occurrence{Policy: "a", Opens: clock(1, 0), Zone: "Europe/Berlin"}
	runs := map[agenda.Occurrence]agenda.Run{aTokyo: {Launched: at(-7 * time.Hour), Finished: clock(2, 0)}, aBerlin: {Launched: clock(1, 0)}}
	got := agenda.Due(ps, clock(2, 0), in, agenda.Progress{Runs: runs})
	if diff := cmp.Diff([]string{"b night Asia/Tokyo Sun 17:00 → 17:00"}, drawn(got.Due)); diff != "" {
		t.Errorf("due:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b for a"}, waitingOf(got.Waiting)); diff != "" {
		t.Errorf("waiting:\n%s", diff)
	}
}

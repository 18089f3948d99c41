package agenda_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies/agenda"
)

func TestWaves(t *testing.T) {
	// open on Monday, Tuesday and Thursday from 02:00 to 06:00; the policy is
	// launched at 03:30, behind another
	w := window("night", starts{clock(2, 0), clock(26, 0), clock(74, 0)}, 4*time.Hour)
	var launches []agenda.Launch
	for _, l := range agenda.Of(pols(t, w, "a", "b 90m"), week(states{stateKey("night", clock(26, 0)): "frozen"})) {
		if l.Policy == "b" {
			launches = append(launches, l)
		}
	}
	const h = time.Hour
	tests := []struct {
		name     string
		soaks    []time.Duration
		start    time.Time
		windowed bool
		launches []agenda.Launch
		want     []string
	}{
		{"without a window", []time.Duration{24 * h, 0, h}, clock(12, 0), false, nil, []string{"Mon 12:00", "Tue 12:00", "Tue 12:00"}},
		{"with the launch", []time.Duration{0, 0}, at(0), true, launches, []string{"Mon 03:30", "Mon 03:30"}},
		{"in the middle", []time.Duration{0}, clock(5, 0), true, launches, []string{"Mon 05:00"}},
		{"a soak within the opening", []time.Duration{2 * h, 0}, at(0), true, launches, []string{"Mon 03:30", "Mon 05:30"}},
		{"a soak to the close", []time.Duration{150 * time.Minute, 0}, at(0), true, launches, []string{"Mon 03:30", "Thu 03:30"}},
		{"a soak over a frozen opening", []time.Duration{24 * h, h, 0}, at(0), true, launches, []string{"Mon 03:30", "Thu 03:30", "Thu 04:30"}},
		{"beyond what is known", []time.Duration{72 * h, 72 * h, 0}, at(0), true, launches, []string{"Mon 03:30", "Thu 03:30", "never"}},
		{"and all behind it", []time.Duration{100 * h, 0, 0}, at(0), true, launches, []string{"Mon 03:30", "never", "never"}},
		{"no opening", []time.Duration{0}, at(0), true, nil, []string{"never"}},
		{"no wave", nil, at(0), true, launches, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, b := range agenda.Waves(tt.soaks, tt.start, tt.windowed, tt.launches) {
				if b.IsZero() {
					got = append(got, "never")
				} else {
					got = append(got, b.Format("Mon 15:04"))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWavesHoldTheirSoaks: no wave is earlier than its soak allows, outside an
// opening, or before the launch in it; and none could be earlier.
func TestWavesHoldTheirSoaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t, false)
		by := map[string][]agenda.Launch{}
		for _, l := range agenda.Of(w.pols, w.in) {
			by[l.Policy] = append(by[l.Policy], l)
		}
		soaks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.IntRange(0, 40).Draw(t, "soak")) * 30 * time.Minute
		}), 1, 4).Draw(t, "soaks")
		start := at(time.Duration(rapid.IntRange(-24, 72).Draw(t, "start")) * time.Hour)
		room := func(at time.Time, ls []agenda.Launch) bool {
			for _, l := range ls {
				if !l.Launch.IsZero() && !at.Before(l.Launch) && at.Before(l.Closes) {
					return true
				}
			}
			return false
		}
		for name, ls := range by {
			ready := start
			for i, begin := range agenda.Waves(soaks, start, true, ls) {
				for at := ready; at.Before(begin) || begin.IsZero() && at.Before(w.in.Until.Add(12*time.Hour)); at = at.Add(time.Minute) {
					if room(at, ls) {
						t.Fatalf("wave %d of %s begins at %s, and could at %s", i, name, begin, at)
					}
				}
				if begin.IsZero() {
					break
				}
				if begin.Before(ready) || !room(begin, ls) {
					t.Fatalf("wave %d of %s begins at %s, ready at %s", i, name, begin, ready)
				}
				ready = begin.Add(soaks[i])
			}
		}
	})
}

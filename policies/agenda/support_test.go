package agenda_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

// monday is the first instant of these tests: a Monday, midnight in UTC.
func monday() time.Time { return time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC) }

// at is an instant counted from monday.
func at(d time.Duration) time.Time { return monday().Add(d) }

const day = 24 * time.Hour

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// starts is a schedule: the clock times at which it begins, as if they were UTC,
// sorted.
type starts []time.Time

func (s starts) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	for _, t := range s {
		local := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, zone)
		if local.After(after) {
			return local, true
		}
	}
	return time.Time{}, false
}

func (s starts) String() string { return fmt.Sprint(len(s), " starts") }

// daily begins every day at a time of the clock, or on one weekday only.
type daily struct {
	hour, minute int
	weekdays     []time.Weekday
}

func (s daily) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	local := after.In(zone)
	for i := range 9 {
		t := time.Date(local.Year(), local.Month(), local.Day()+i, s.hour, s.minute, 0, 0, zone)
		if t.After(after) && (len(s.weekdays) == 0 || slices.Contains(s.weekdays, t.Weekday())) {
			return t, true
		}
	}
	return time.Time{}, false
}

func (s daily) String() string { return fmt.Sprintf("%02d:%02d", s.hour, s.minute) }

// states are openings that are not open, by the name of the window and the
// opening.
type states map[string]policies.OpeningState

func stateKey(window string, opens time.Time) string {
	return window + " " + opens.UTC().Format(time.RFC3339)
}

// openings are what the schedules say, in the states given; a suspension counts
// from Since to Until.
func openings(st states) agenda.Openings {
	return func(w *policies.Window, from, until time.Time, zone *time.Location, susp []policies.Suspension) []policies.Opening {
		var out []policies.Opening
		for t, ok := w.Schedule.Next(from.Add(-1), zone); ok && t.Before(until); t, ok = w.Schedule.Next(t, zone) {
			o := policies.Opening{Opens: t, Closes: t.Add(w.Duration), State: policies.OpeningOpen}
			if s, ok := st[stateKey(w.Name, t)]; ok {
				o.State, o.Reason = s, string(s)+" by the test"
			}
			for _, s := range susp {
				if o.State == policies.OpeningOpen && !t.Before(s.Since) && t.Before(s.Until) {
					o.State, o.Reason = policies.OpeningSuspended, s.Reason
				}
			}
			out = append(out, o)
		}
		return out
	}
}

func window(name string, s starts, d time.Duration) *policies.Window {
	return &policies.Window{Name: name, Schedule: s, Duration: d, Zone: time.UTC}
}

// once is a window that opens once, on Monday at 02:00.
func once(d time.Duration) *policies.Window { return window("night", starts{at(2 * time.Hour)}, d) }

// policy is "name" or "name>after,after" with words behind it: "no-reboot",
// "never", a priority ("p10") or a gap ("90m").
func policy(t testing.TB, w *policies.Window, text string) *policies.Policy {
	t.Helper()
	words := strings.Fields(text)
	p := &policies.Policy{Window: w, Priority: 50, Updates: "all", Reboot: policies.Reboot{When: policies.RebootRequired}}
	name, after, found := strings.Cut(words[0], ">")
	p.Name = name
	if found {
		p.After = strings.Split(after, ",")
	}
	for _, word := range words[1:] {
		switch {
		case word == "no-reboot":
			p.Updates = word
		case word == "never":
			p.Reboot.When = policies.RebootNever
		case word[0] == 'p':
			if _, err := fmt.Sscanf(word, "p%d", &p.Priority); err != nil {
				t.Fatal(err)
			}
		default:
			d, err := time.ParseDuration(word)
			if err != nil {
				t.Fatal(err)
			}
			p.Gap = d
		}
	}
	return p
}

func pols(t testing.TB, w *policies.Window, texts ...string) []*policies.Policy {
	t.Helper()
	var out []*policies.Policy
	for _, text := range texts {
		out = append(out, policy(t, w, text))
	}
	return out
}

// drawn is a line a launch: policy, window, zone if host-local, opening and launch
// or state.
func drawn(ls []agenda.Launch) []string {
	out := []string{}
	for _, l := range ls {
		s := l.Policy + " " + l.Window
		if l.Zone != "" {
			s += " " + l.Zone
		}
		s += l.Opens.Format(" Mon 15:04")
		switch {
		case !l.Launch.IsZero():
			s += l.Launch.Format(" → 15:04")
		case l.State == policies.OpeningOpen:
			s += " late"
		default:
			s += " " + string(l.State)
		}
		out = append(out, s)
	}
	return out
}

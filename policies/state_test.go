package policies

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies/calendar"
)

// tuesdayNight is the window of the language's example: attended, with a freeze
// over the end of the year.
func tuesdayNight(t *testing.T) *Window {
	berlin := in(t, "Europe/Berlin")
	return &Window{
		Name: "tuesday-night", Schedule: daily{clock: 2 * time.Hour, picks: weekday(time.Tuesday)}, Duration: 4 * time.Hour, Zone: berlin,
		Attended: true, Attendance: 12 * time.Hour,
		Calendar: &calendar.Calendar{
			Name: "office", Zone: berlin, From: 8 * time.Hour, To: 18 * time.Hour,
			Workdays: [7]bool{false, true, true, true, true, true, false},
			Holidays: []calendar.Holiday{{Date: on(t, "2027-01-12"), Name: "inventory"}, {Date: on(t, "2027-01-19")}},
			Freezes:  []calendar.Freeze{{Name: "year-end", From: on(t, "2026-12-22"), To: on(t, "2027-01-04"), Reason: "closing the books"}},
		},
	}
}

func TestStates(t *testing.T) {
	w := tuesdayNight(t)
	suspended := []Suspension{{
		Policy: "web", Since: at(t, "2026-12-16T10:00:00Z"), Until: at(t, "2026-12-29T02:00:00+01:00"), Reason: "all on holiday", Actor: "anna",
	}}
	for _, tt := range []struct {
		day         string
		suspensions []Suspension
		state       OpeningState
		reason      string
	}{
		{"2026-12-15", nil, OpeningOpen, ""},
		{"2026-12-15", suspended, OpeningOpen, ""}, // closed before it was suspended
		{"2026-12-22", nil, OpeningFrozen, "freeze year-end from 2026-12-22 to 2027-01-04: closing the books"},
		{"2026-12-22", suspended, OpeningFrozen, "freeze year-end from 2026-12-22 to 2027-01-04: closing the books"},
		{"2026-12-29", suspended, OpeningFrozen, "freeze year-end from 2026-12-22 to 2027-01-04: closing the books"},
		{"2027-01-05", nil, OpeningOpen, ""},
		{"2027-01-12", nil, OpeningUnattended, "nobody works within 12h after it closes (Tue 2027-01-12 06:00 CET), says calendar office: 2027-01-12 is a holiday (inventory)"},
		{"2027-01-12", []Suspension{{Since: at(t, "2027-01-01T00:00:00Z"), Until: at(t, "2027-01-12T02:00:01+01:00")}}, OpeningSuspended, "suspended until Tue 2027-01-12 02:00 CET"},
		{"2027-01-12", []Suspension{{Since: at(t, "2027-01-01T00:00:00Z"), Until: at(t, "2027-01-12T02:00:00+01:00")}}, OpeningUnattended,
			"nobody works within 12h after it closes (Tue 2027-01-12 06:00 CET), says calendar office: 2027-01-12 is a holiday (inventory)"},
		{"2027-01-19", nil, OpeningUnattended, "nobody works within 12h after it closes (Tue 2027-01-19 06:00 CET), says calendar office: 2027-01-19 is a holiday"},
		{"2027-01-26", []Suspension{{Until: at(t, "2027-01-26T20:00:00Z"), Reason: "moving", Actor: "ben"}}, OpeningSuspended, "suspended by ben until Tue 2027-01-26 21:00 CET: moving"},
		{"2027-01-26", []Suspension{{Since: at(t, "2027-01-26T03:00:00+01:00"), Until: at(t, "2027-01-27T00:00:00Z")}}, OpeningSuspended, "suspended until Wed 2027-01-27 01:00 CET"},
		{"2027-01-26", []Suspension{{Since: at(t, "2027-01-26T06:00:00+01:00"), Until: at(t, "2027-01-27T00:00:00Z")}}, OpeningOpen, ""},
	} {
		t.Run(tt.day+" "+string(tt.state), func(t *testing.T) {
			opens := on(t, tt.day).At(2*time.Hour, w.Zone)
			want := Opening{Opens: opens, Closes: opens.Add(4 * time.Hour), State: tt.state, Reason: tt.reason}
			got := w.Openings(opens, opens.Add(time.Second), nil, tt.suspensions)
			if diff := cmp.Diff([]Opening{want}, got); diff != "" {
				t.Errorf("Openings:\n%s", diff)
			}
			during, ok := w.At(opens.Add(time.Hour), nil, tt.suspensions...)
			if diff := cmp.Diff(want, during); diff != "" || !ok {
				t.Errorf("At, %v:\n%s", ok, diff)
			}
			next, ok := w.Next(opens.Add(-time.Second), nil, tt.suspensions...)
			if diff := cmp.Diff(want, next); diff != "" || !ok {
				t.Errorf("Next, %v:\n%s", ok, diff)
			}
		})
	}
}

// TestFrozenByItsOpening: what counts is the instant it opens, in the calendar's
// zone, wherever the window is.
func TestFrozenByItsOpening(t *testing.T) {
	freeze := calendar.Freeze{Name: "f", From: on(t, "2026-12-18"), To: on(t, "2026-12-20")}
	for _, tt := range []struct {
		name, zone string
		clock      time.Duration
		day        string
		want       OpeningState
	}{
		{"opens the evening before, lasts into it", "Europe/Berlin", 23 * time.Hour, "2026-12-17", OpeningOpen},
		{"opens at its beginning", "Europe/Berlin", 0, "2026-12-18", OpeningFrozen},
		{"opens on its last evening, lasts behind it", "Europe/Berlin", 23 * time.Hour, "2026-12-20", OpeningFrozen},
		{"opens behind it", "Europe/Berlin", 0, "2026-12-21", OpeningOpen},
		{"the evening before is in it elsewhere", "America/New_York", 19 * time.Hour, "2026-12-17", OpeningFrozen},
		{"the last evening is behind it elsewhere", "America/New_York", 19 * time.Hour, "2026-12-20", OpeningOpen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &Window{
				Schedule: daily{clock: tt.clock}, Duration: 4 * time.Hour, Zone: in(t, tt.zone),
				Calendar: &calendar.Calendar{Name: "c", Zone: in(t, "Europe/Berlin"), Freezes: []calendar.Freeze{freeze}},
			}
			o, ok := w.At(on(t, tt.day).At(tt.clock, w.Zone), nil)
			if !ok || o.State != tt.want {
				t.Errorf("%+v, %v; want %s", o, ok, tt.want)
			}
		})
	}
}

func TestAttended(t *testing.T) {
	for _, tt := range []struct {
		name       string
		clock      time.Duration
		day        string
		attendance time.Duration
		want       OpeningState
	}{
		{"closes two hours before work begins", 2 * time.Hour, "2026-12-01", 2 * time.Hour, OpeningOpen},
		{"a second too long before", 2 * time.Hour, "2026-12-01", 2*time.Hour - time.Second, OpeningUnattended},
		{"closes as work begins", 4 * time.Hour, "2026-12-01", 0, OpeningOpen},
		{"closes as work ends", 14 * time.Hour, "2026-12-01", 0, OpeningUnattended},
		{"closes at work", 13 * time.Hour, "2026-12-01", 0, OpeningOpen},
		{"the night to Saturday", 22 * time.Hour, "2026-12-04", 12 * time.Hour, OpeningUnattended},
		{"the night to Saturday, until Monday", 22 * time.Hour, "2026-12-04", 54 * time.Hour, OpeningOpen},
		{"the night to Monday", 22 * time.Hour, "2026-12-06", 12 * time.Hour, OpeningOpen},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := tuesdayNight(t)
			w.Schedule, w.Attendance = daily{clock: tt.clock}, tt.attendance
			o, ok := w.At(on(t, tt.day).At(tt.clock, w.Zone), nil)
			if !ok || o.State != tt.want || (o.Reason == "") != (tt.want == OpeningOpen) {
				t.Errorf("%+v, %v; want %s", o, ok, tt.want)
			}
		})
	}
}

// TestAttendedWithoutCalendar: nothing is changed where the loader should have
// refused the window.
func TestAttendedWithoutCalendar(t *testing.T) {
	w := tuesdayNight(t)
	w.Calendar = nil
	o, ok := w.Next(at(t, "2026-12-01T00:00:00Z"), nil)
	if !ok || o.State != OpeningUnattended || o.Reason != "window tuesday-night is to be attended and has no calendar" {
		t.Errorf("%+v, %v", o, ok)
	}
	w.Attended = false
	if o, _ = w.Next(at(t, "2026-12-01T00:00:00Z"), nil); o.State != OpeningOpen {
		t.Errorf("not attended: %+v", o)
	}
}

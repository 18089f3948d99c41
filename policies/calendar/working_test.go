package calendar_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

// office is a calendar with hours as given and the workdays Monday to Friday.
func office(t interface{ Fatal(...any) }, name, hours string) *calendar.Calendar {
	from, to, err := calendar.ParseHours(hours)
	if err != nil {
		t.Fatal(err)
	}
	return &calendar.Calendar{
		Name: "office", Zone: zone(t, name), From: from, To: to,
		Workdays: [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true},
	}
}

func TestWorking(t *testing.T) {
	for _, tt := range []struct {
		name, zone, hours, at string
		want                  bool
	}{
		{"a morning", "Europe/Berlin", "08:00-18:00", "2026-11-27T09:00:00+01:00", true},
		{"the first minute", "Europe/Berlin", "08:00-18:00", "2026-11-27T08:00:00+01:00", true},
		{"before the first", "Europe/Berlin", "08:00-18:00", "2026-11-27T07:59:59+01:00", false},
		{"the last second", "Europe/Berlin", "08:00-18:00", "2026-11-27T17:59:59+01:00", true},
		{"the end", "Europe/Berlin", "08:00-18:00", "2026-11-27T18:00:00+01:00", false},
		{"the same instant elsewhere", "Europe/Berlin", "08:00-18:00", "2026-11-27T03:00:00-05:00", true},
		{"a Saturday", "Europe/Berlin", "08:00-18:00", "2026-11-28T09:00:00+01:00", false},
		{"Friday here, Saturday there", "Asia/Kathmandu", "08:00-18:00", "2026-11-27T20:00:00-05:00", false},
		{"a holiday", "Europe/Berlin", "08:00-18:00", "2026-12-25T09:00:00+01:00", false},
		{"a frozen day is worked on", "Europe/Berlin", "08:00-18:00", "2026-12-22T09:00:00+01:00", true},
		{"night shift, Friday evening", "Europe/Berlin", "22:00-06:00", "2026-11-27T23:00:00+01:00", true},
		{"night shift, belongs to Friday", "Europe/Berlin", "22:00-06:00", "2026-11-28T05:59:00+01:00", true},
		{"night shift, ended", "Europe/Berlin", "22:00-06:00", "2026-11-28T06:00:00+01:00", false},
		{"night shift, Saturday evening", "Europe/Berlin", "22:00-06:00", "2026-11-28T23:00:00+01:00", false},
		{"night shift, Monday before it begins", "Europe/Berlin", "22:00-06:00", "2026-11-30T05:00:00+01:00", false},
		{"night shift into a holiday", "Europe/Berlin", "22:00-06:00", "2026-12-25T05:00:00+01:00", true},
		{"night shift of a holiday", "Europe/Berlin", "22:00-06:00", "2026-12-26T05:00:00+01:00", false},
		{"all day, at night", "Europe/Berlin", "00:00-24:00", "2026-11-27T23:59:59+01:00", true},
		{"all day, over", "Europe/Berlin", "00:00-24:00", "2026-11-28T00:00:00+01:00", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := office(t, tt.zone, tt.hours)
			c.Holidays = []calendar.Holiday{{Date: date(t, "2026-12-25"), Name: "Christmas"}}
			c.Freezes = []calendar.Freeze{{Name: "year-end", From: date(t, "2026-12-18"), To: date(t, "2027-01-04")}}
			if got := c.Working(instant(t, tt.at)); got != tt.want {
				t.Errorf("%s: %v, want %v", tt.at, got, tt.want)
			}
		})
	}
}

func TestWorkingBetween(t *testing.T) {
	for _, tt := range []struct {
		name, hours, from, to string
		want                  bool
	}{
		{"up to the first minute", "08:00-18:00", "2026-11-30T02:00:00+01:00", "2026-11-30T08:00:00+01:00", true},
		{"short of it", "08:00-18:00", "2026-11-30T02:00:00+01:00", "2026-11-30T07:59:59+01:00", false},
		{"from the end on", "08:00-18:00", "2026-11-27T18:00:00+01:00", "2026-11-30T07:00:00+01:00", false},
		{"from the last second on", "08:00-18:00", "2026-11-27T17:59:59+01:00", "2026-11-30T07:00:00+01:00", true},
		{"around a day's hours", "08:00-18:00", "2026-11-27T00:00:00+01:00", "2026-11-28T00:00:00+01:00", true},
		{"a weekend", "08:00-18:00", "2026-11-28T00:00:00+01:00", "2026-11-29T23:59:59+01:00", false},
		{"the wrong way round", "08:00-18:00", "2026-11-27T12:00:00+01:00", "2026-11-27T11:00:00+01:00", false},
		{"an instant", "08:00-18:00", "2026-11-27T12:00:00+01:00", "2026-11-27T12:00:00+01:00", true},
		{"the end of Friday's night shift", "22:00-06:00", "2026-11-28T05:00:00+01:00", "2026-11-29T12:00:00+01:00", true},
		{"a weekend of the night shift", "22:00-06:00", "2026-11-28T06:00:00+01:00", "2026-11-30T21:59:59+01:00", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := office(t, "Europe/Berlin", tt.hours)
			if got := c.WorkingBetween(instant(t, tt.from), instant(t, tt.to)); got != tt.want {
				t.Errorf("%s to %s: %v, want %v", tt.from, tt.to, got, tt.want)
			}
		})
	}
}

// TestWorkingIsFoundByWalking holds the calendar against one that asks minute by
// minute, over changes of the clock.
func TestWorkingIsFoundByWalking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := near(t)
		c := &calendar.Calendar{Zone: z}
		for i := range c.Workdays {
			c.Workdays[i] = rapid.Bool().Draw(t, "workday")
		}
		minutes := rapid.IntRange(0, 24*60-1)
		c.From, c.To = time.Duration(minutes.Draw(t, "from"))*time.Minute, time.Duration(minutes.Draw(t, "to"))*time.Minute
		if c.From == c.To {
			c.From, c.To = 0, 24*time.Hour
		}
		if rapid.Bool().Draw(t, "holiday") {
			c.Holidays = []calendar.Holiday{{Date: d}}
		}
		works := walkHours(c, d.AddDays(-3), d.AddDays(6)) // the interval ends 60 hours after the day, or after the day behind a skipped one
		from := d.At(0, z).Add(time.Duration(rapid.IntRange(-36*60, 36*60).Draw(t, "begin")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 24*60).Draw(t, "length")) * time.Minute)
		ever := false
		for m := from; !m.After(to); m = m.Add(time.Minute) {
			if got := c.Working(m); got != works(m) {
				t.Fatalf("%s: working %v, want %v", m, got, works(m))
			}
			ever = ever || works(m)
		}
		if got := c.WorkingBetween(from, to); got != ever {
			t.Fatalf("between %s and %s: %v, want %v", from, to, got, ever)
		}
	})
}

// walkHours returns whether people work, from the ends of each day's hours as walk
// finds them.
func walkHours(c *calendar.Calendar, first, last calendar.Date) func(time.Time) bool {
	type span struct{ begin, end time.Time }
	var spans []span
	for d := first; d != last; d = d.AddDays(1) {
		if !c.Workdays[d.Weekday()] || len(c.Holidays) > 0 && c.Holidays[0].Date == d {
			continue
		}
		until := d
		if c.To <= c.From {
			until = d.AddDays(1)
		}
		spans = append(spans, span{walk(d, c.From, c.Zone), walk(until, c.To, c.Zone)})
	}
	return func(t time.Time) bool {
		for _, s := range spans {
			if !t.Before(s.begin) && t.Before(s.end) {
				return true
			}
		}
		return false
	}
}

func TestFreezeAt(t *testing.T) {
	c := office(t, "Europe/Berlin", "08:00-18:00")
	yearEnd := calendar.Freeze{Name: "year-end", From: date(t, "2026-12-18"), To: date(t, "2027-01-04"), Reason: "closing the books"}
	audit := calendar.Freeze{Name: "audit", From: date(t, "2027-01-04"), To: date(t, "2027-01-05")}
	change := calendar.Freeze{Name: "clocks", From: date(t, "2026-03-29"), To: date(t, "2026-03-29")}
	c.Freezes = []calendar.Freeze{yearEnd, audit, change}
	for _, tt := range []struct {
		at   string
		want calendar.Freeze
	}{
		{"2026-12-17T23:59:59+01:00", calendar.Freeze{}},
		{"2026-12-18T00:00:00+01:00", yearEnd},
		{"2026-12-17T23:30:00Z", yearEnd},
		{"2027-01-01T00:00:00+01:00", yearEnd},
		{"2027-01-04T23:59:59+01:00", yearEnd}, // the first one listed
		{"2027-01-05T00:00:00+01:00", audit},
		{"2027-01-05T23:00:00Z", calendar.Freeze{}},
		{"2026-03-29T00:00:00+01:00", change},
		{"2026-03-29T23:59:59+02:00", change},
		{"2026-03-30T00:00:00+02:00", calendar.Freeze{}},
	} {
		got, ok := c.FreezeAt(instant(t, tt.at))
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want.Name != "") {
			t.Errorf("%s, found %v:\n%s", tt.at, ok, diff)
		}
	}
}

func TestWorkdayAndHolidayOn(t *testing.T) {
	c := office(t, "Europe/Berlin", "08:00-18:00")
	c.Holidays = []calendar.Holiday{{Date: date(t, "2026-12-25"), Name: "Christmas"}, {Date: date(t, "2028-02-29")}}
	for s, want := range map[string]bool{
		"2026-12-24": true, "2026-12-25": false, "2026-12-26": false, "2026-12-28": true, "2028-02-28": true, "2028-02-29": false,
	} {
		if got := c.Workday(date(t, s)); got != want {
			t.Errorf("%s is a workday: %v, want %v", s, got, want)
		}
	}
	if h, ok := c.HolidayOn(date(t, "2026-12-25")); !ok || h.Name != "Christmas" {
		t.Errorf("on Christmas: %+v, %v", h, ok)
	}
	if h, ok := c.HolidayOn(date(t, "2026-12-24")); ok {
		t.Errorf("on the day before: %+v", h)
	}
}

// TestCalendarWithoutZone: a calendar that was given no zone is looked at in UTC.
func TestCalendarWithoutZone(t *testing.T) {
	c := office(t, "UTC", "08:00-18:00")
	c.Zone = nil
	if !c.Working(instant(t, "2026-11-27T17:59:00Z")) || c.Working(instant(t, "2026-11-27T18:00:00Z")) {
		t.Error("the hours are not those of UTC")
	}
}

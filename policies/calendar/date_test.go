package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

func TestParseDate(t *testing.T) {
	for _, s := range []string{"2026-12-25", "2028-02-29", "0001-01-01", "9999-12-31", "2000-02-29"} {
		if d, err := calendar.ParseDate(s); err != nil || d.String() != s {
			t.Errorf("%s: %s, %v", s, d, err)
		}
	}
	for _, s := range []string{
		"", "2026-12-32", "2026-13-01", "2026-00-10", "2026-01-00", "2026-02-29", "1900-02-29", "2026-1-1", "26-12-25",
		"2026-12-25 ", " 2026-12-25", "2026/12/25", "25.12.2026", "2026-12-25T00:00:00Z", "20261225", "+2026-12-25",
		"0000-01-01", "12026-12-25", "2026-12", "２０２６-12-25",
	} {
		if d, err := calendar.ParseDate(s); err == nil {
			t.Errorf("%q is taken for %s", s, d)
		}
	}
}

func TestDates(t *testing.T) {
	for _, tt := range []struct {
		from string
		days int
		want string
		day  time.Weekday
	}{
		{"2026-12-31", 1, "2027-01-01", time.Friday},
		{"2028-02-28", 1, "2028-02-29", time.Tuesday},
		{"2027-02-28", 1, "2027-03-01", time.Monday},
		{"2028-02-29", 365, "2029-02-28", time.Wednesday},
		{"2027-01-01", -1, "2026-12-31", time.Thursday},
		{"2026-11-28", 0, "2026-11-28", time.Saturday},
	} {
		from, want := date(t, tt.from), date(t, tt.want)
		got := from.AddDays(tt.days)
		if got != want || got.Weekday() != tt.day {
			t.Errorf("%s %+d days = %s, %s; want %s, %s", tt.from, tt.days, got, got.Weekday(), tt.want, tt.day)
		}
		if c := got.Compare(from); (c > 0) != (tt.days > 0) || (c < 0) != (tt.days < 0) {
			t.Errorf("%s compared with %s: %d", got, from, c)
		}
	}
}

func TestDateAt(t *testing.T) {
	for _, tt := range []struct {
		name, zone, day, clock, want string
	}{
		{"an ordinary day", "Europe/Berlin", "2026-12-25", "8h", "2026-12-25T08:00:00+01:00"},
		{"the end of a day", "Europe/Berlin", "2026-12-31", "24h", "2027-01-01T00:00:00+01:00"},
		{"skipped", "Europe/Berlin", "2026-03-29", "2h30m", "2026-03-29T03:00:00+02:00"},
		{"the first skipped", "Europe/Berlin", "2026-03-29", "2h", "2026-03-29T03:00:00+02:00"},
		{"behind the gap", "Europe/Berlin", "2026-03-29", "3h", "2026-03-29T03:00:00+02:00"},
		{"twice", "Europe/Berlin", "2026-10-25", "2h30m", "2026-10-25T02:30:00+02:00"},
		{"the first of two", "Europe/Berlin", "2026-10-25", "2h", "2026-10-25T02:00:00+02:00"},
		{"after the two", "Europe/Berlin", "2026-10-25", "3h", "2026-10-25T03:00:00+01:00"},
		{"skipped in the west", "America/New_York", "2026-03-08", "2h30m", "2026-03-08T03:00:00-04:00"},
		{"twice in the west", "America/New_York", "2026-11-01", "1h30m", "2026-11-01T01:30:00-04:00"},
		{"half an hour skipped", "Australia/Lord_Howe", "2026-10-04", "2h15m", "2026-10-04T02:30:00+11:00"},
		{"half an hour twice", "Australia/Lord_Howe", "2026-04-05", "1h45m", "2026-04-05T01:45:00+11:00"},
		{"after half an hour twice", "Australia/Lord_Howe", "2026-04-05", "2h", "2026-04-05T02:00:00+10:30"},
		{"midnight skipped", "Africa/Cairo", "2026-04-24", "0", "2026-04-24T01:00:00+03:00"},
		{"a day skipped", "Pacific/Apia", "2011-12-30", "10h", "2011-12-31T00:00:00+14:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock, err := time.ParseDuration(tt.clock)
			if err != nil {
				t.Fatal(err)
			}
			got := date(t, tt.day).At(clock, zone(t, tt.zone))
			if got.Format(time.RFC3339) != tt.want {
				t.Errorf("%s, want %s", got.Format(time.RFC3339), tt.want)
			}
		})
	}
}

// TestDateAtIsFoundByWalking: At is the first minute at which the clocks show that
// time or a later one.
func TestDateAtIsFoundByWalking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z, d := near(t)
		clock := time.Duration(rapid.IntRange(0, 24*60).Draw(t, "minutes")) * time.Minute
		got, want := d.At(clock, z), walk(d, clock, z)
		if !got.Equal(want) {
			t.Fatalf("%s %s: %s, want %s", d, clock, got, want.In(z))
		}
	})
}

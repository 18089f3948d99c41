package calendar_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func date(t interface{ Fatal(...any) }, s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func instant(t interface{ Fatal(...any) }, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// changes are days around which the clocks of a zone change, in the middle of the
// night, at midnight, by half an hour, or by a whole day.
func changes() map[string][]string {
	return map[string][]string{
		"UTC":                 {"2026-12-31", "2028-02-29"},
		"Europe/Berlin":       {"2026-03-29", "2026-10-25"},
		"America/New_York":    {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"},
		"America/Havana":      {"2026-03-08", "2026-11-01"},
		"Africa/Cairo":        {"2026-04-24", "2026-10-30"},
		"America/Sao_Paulo":   {"2018-11-04", "2019-02-17"},
		"Pacific/Apia":        {"2011-12-30", "2011-09-24"},
		"Asia/Kathmandu":      {"2026-01-01"},
	}
}

// near draws a zone and a day near one on which its clocks change.
func near(t *rapid.T) (*time.Location, calendar.Date) {
	names := []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Havana", "Africa/Cairo",
		"America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu",
	}
	name := rapid.SampledFrom(names).Draw(t, "zone")
	d := date(t, rapid.SampledFrom(changes()[name]).Draw(t, "change"))
	return zone(t, name), d.AddDays(rapid.IntRange(-2, 2).Draw(t, "days from it"))
}

// walk finds, minute by minute, when the clocks first show a time of a day or a
// later one.
func walk(d calendar.Date, clock time.Duration, z *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Add(clock)
	for t := wall.Add(-26 * time.Hour); ; t = t.Add(time.Minute) {
		l := t.In(z)
		y, m, day := l.Date()
		if !time.Date(y, m, day, l.Hour(), l.Minute(), 0, 0, time.UTC).Before(wall) {
			return t
		}
	}
}

// TestChangesAreChanges: each day listed, but for those of zones that never change,
// is not 24 hours long, or the day before it is not.
func TestChangesAreChanges(t *testing.T) {
	for name, days := range changes() {
		if name == "UTC" || name == "Asia/Kathmandu" {
			continue
		}
		for _, s := range days {
			z, d := zone(t, name), date(t, s)
			length := d.AddDays(1).At(0, z).Sub(d.AddDays(-1).At(0, z))
			if length == 48*time.Hour {
				t.Errorf("%s: the clocks do not change on %s", name, s)
			}
		}
	}
}

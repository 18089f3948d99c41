package calendar_test

import (
	"testing"
	"time"

	"patchwave/policies/calendar"
)

func TestParseHours(t *testing.T) {
	const h = time.Hour
	for _, tt := range []struct {
		s        string
		from, to time.Duration
	}{
		{"08:00-18:00", 8 * h, 18 * h},
		{"22:00-06:00", 22 * h, 6 * h},
		{"00:00-24:00", 0, 24 * h},
		{"18:00-00:00", 18 * h, 0},
		{"18:00-24:00", 18 * h, 24 * h},
		{"07:30-16:15", 7*h + 30*time.Minute, 16*h + 15*time.Minute},
		{"23:59-00:01", 24*h - time.Minute, time.Minute},
	} {
		from, to, err := calendar.ParseHours(tt.s)
		if err != nil || from != tt.from || to != tt.to {
			t.Errorf("%s: %s, %s, %v; want %s, %s", tt.s, from, to, err, tt.from, tt.to)
		}
	}
	for _, s := range []string{
		"", "-", "08:00", "08:00-", "8:00-18:00", "08:00-18:60", "08:00-24:01", "24:00-08:00", "25:00-08:00", "08:00-29:00",
		"08:00-08:00", "00:00-00:00", "08:00–18:00", "08:00 - 18:00", "08-18", "08:00-18:00-20:00", "08:00-18:00\n", "-08:00-18:00",
	} {
		if from, to, err := calendar.ParseHours(s); err == nil {
			t.Errorf("%q is taken for %s to %s", s, from, to)
		}
	}
}

package calendar

import (
	"cmp"
	"fmt"
	"time"
)

// ParseDate reads a date as "2026-12-25": four, two and two digits of a day that
// exists, in the years 1 to 9999.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf(`%q is not a date; write it as "2026-12-25"`, s)
	}
	return DateOf(t), nil
}

// DateOf returns the day of an instant in the zone that the instant carries.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

// String returns the date as ParseDate reads it.
func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Compare is negative if d is before o, 0 if they are the same day, else positive.
func (d Date) Compare(o Date) int {
	return cmp.Or(cmp.Compare(d.Year, o.Year), cmp.Compare(d.Month, o.Month), cmp.Compare(d.Day, o.Day))
}

// AddDays returns the day n days later, or earlier if n is negative.
func (d Date) AddDays(n int) Date {
	return DateOf(time.Date(d.Year, d.Month, d.Day+n, 0, 0, 0, 0, time.UTC))
}

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// utc is the day's beginning in UTC, where every day has 24 hours.
func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// At returns the instant at which the clocks in zone show a time of that day,
// given as whole seconds since midnight by the clock, 24 h being the next
// midnight. A time that a clock change skips is the first valid instant after it;
// one that happens twice is the first of the two.
func (d Date) At(clock time.Duration, zone *time.Location) time.Time {
	wall := d.utc().Add(clock)
	y, m, day := wall.Date()
	h, mi, s := wall.Clock()
	t := time.Date(y, m, day, h, mi, s, 0, zone)
	since, until := t.ZoneBounds()
	switch shown := shows(t); {
	case shown.Before(wall) && !until.IsZero(): // skipped, and t is in front of the gap
		return until
	case shown.After(wall) && !since.IsZero(): // skipped, and t is behind the gap
		return since
	}
	if since.IsZero() {
		return t
	}
	// Did the clocks show the same already before the last change?
	_, offset := since.Add(-1).Zone()
	first := wall.Add(-time.Duration(offset) * time.Second).In(zone)
	if first.Before(since) && shows(first).Equal(wall) {
		return first
	}
	return t
}

// shows is what the clocks show at an instant, as if it were in UTC.
func shows(t time.Time) time.Time {
	y, m, d := t.Date()
	h, mi, s := t.Clock()
	return time.Date(y, m, d, h, mi, s, 0, time.UTC)
}

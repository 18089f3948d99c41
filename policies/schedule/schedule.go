package schedule

import (
	"errors"
	"fmt"
	"time"
)

// Schedule says when something begins, again and again. It is a pure value, safe
// for concurrent use.
type Schedule interface {
	// Next returns the first start strictly after an instant, with its local times
	// in zone; false if there is none ever again. A start that a clock change skips
	// is at the first valid instant after it; one that happens twice is at the
	// first only; starts that fall on one instant are one.
	Next(after time.Time, zone *time.Location) (time.Time, bool)
	// String is the schedule as it was written.
	String() string
}

const (
	firstYear = 1970
	lastYear  = 2199
	// maxLength is the longest text read, in bytes.
	maxLength = 4096
)

// series is a row of local times, written as if they were in UTC.
type series interface {
	// next returns the first one that is not before from, which has whole
	// microseconds and is not before the first year; false if there is none.
	next(from time.Time) (time.Time, bool)
}

// zoned is a series of local times for which only the zone is missing.
type zoned struct {
	text  string
	times series
	// until is the last instant at which something may start; zero if there is none.
	until time.Time
}

func (z *zoned) String() string { return z.text }

func (z *zoned) Next(after time.Time, zone *time.Location) (time.Time, bool) {
	if after.Year() > lastYear+1 {
		return time.Time{}, false
	}
	from := following(after, zone)
	if begin := beginning(); from.Before(begin) {
		from = begin
	}
	local, ok := z.times.next(from)
	if !ok {
		return time.Time{}, false
	}
	start := instant(local, zone)
	if !z.until.IsZero() && start.After(z.until) {
		return time.Time{}, false
	}
	return start, true
}

// Parse reads an OnCalendar expression as systemd does (systemd.time(7), CALENDAR
// EVENTS), except that it may not name a zone, or "ORDINAL WEEKDAY [+Nd]
// HH:MM[:SS]": 1st to 5th or last, then up to 31 days later, which may lie in the
// next month. A month without a fifth is passed over. The error says what is wrong
// and what to write; a schedule that never opens is one.
func Parse(s string) (Schedule, error) {
	times, err := parse(s)
	if err == nil {
		if _, ok := times.next(beginning()); !ok {
			err = fmt.Errorf("never opens: no such day or time from %d to %d", firstYear, lastYear)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("schedule %.80q: %w", s, err)
	}
	return &zoned{text: s, times: times}, nil
}

func parse(s string) (series, error) {
	if err := plain(s); err != nil {
		return nil, err
	}
	if words := split(s); len(words) > 0 && isOrdinal(words[0]) {
		return parseNth(words)
	}
	return parseCalendar(s)
}

// plain refuses what no schedule has in it.
func plain(s string) error {
	if s == "" {
		return errors.New(`empty: write a time, as in "Tue 02:00"`)
	}
	if len(s) > maxLength {
		return fmt.Errorf("longer than %d bytes", maxLength)
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return fmt.Errorf("character %q: only plain letters, digits, signs and spaces are used", s[i])
		}
	}
	return nil
}

// beginning is the first local time there is.
func beginning() time.Time { return time.Date(firstYear, time.January, 1, 0, 0, 0, 0, time.UTC) }

// ending is the last local time that is a whole second.
func ending() time.Time { return time.Date(lastYear, time.December, 31, 23, 59, 59, 0, time.UTC) }

package schedule

import "time"

const (
	// maxOffset is more than any zone was ever from UTC (Metlakatla, until 1867, was
	// 15:13:42 ahead).
	maxOffset = 16 * time.Hour
	// maxTurn is more than any clock was ever turned back (a day, at the date line).
	maxTurn = 2 * maxOffset
)

// The start that belongs to a local time is the first instant at which the clock
// shows it or something later. Where the clock shows it once that is the instant;
// where it shows it twice, the first; where a clock change skips it, the change.
// A later local time never has an earlier start, which is what following uses.

// instant returns the start that belongs to a local time.
func instant(local time.Time, zone *time.Location) time.Time {
	at := local.Add(-maxOffset).In(zone) // no clock shows it yet
	for {
		end := constant(at)
		t := local.Add(-offset(at))
		switch {
		case t.Before(at): // skipped
			return at
		case end.IsZero() || t.Before(end):
			return t.In(zone)
		}
		at = end.In(zone)
	}
}

// following returns the first local time whose start is after an instant. Up to then
// the clock has shown neither it nor anything later.
func following(after time.Time, zone *time.Location) time.Time {
	t := after.In(zone)
	from := wall(t, offset(t)).Truncate(time.Microsecond).Add(time.Microsecond)
	for {
		start, _ := t.ZoneBounds()
		if start.IsZero() || after.Sub(start) > maxTurn {
			return from
		}
		t = start.Add(-1).In(zone)
		if shown := wall(start, offset(t)); shown.After(from) { // turned back at start
			from = shown
		}
	}
}

// constant returns an instant up to which the offset does not change, zero if it never
// does again. ZoneBounds alone is not enough: on the last day of a leap year, in a zone
// whose changes are known by a rule, the end it gives is past.
func constant(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		return t.Add(15 * time.Minute)
	}
	return end
}

// offset is how far the clock is ahead of UTC.
func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// wall is what a clock ahead of UTC shows, written as if it were in UTC.
func wall(t time.Time, ahead time.Duration) time.Time { return t.UTC().Add(ahead) }

package agenda

import (
	"time"

	"patchwave/policies"
)

// Ahead is how far Check and Overlaps look.
const Ahead = 400 * 24 * time.Hour

// maxOpenings bounds how many openings of a window in a zone are looked at.
const maxOpenings = 20_000

// line is the openings of one window in one zone, read as far as somebody asks.
// It has every opening, whatever the calendar says about it: a freeze that is
// lifted makes no second plan.
type line struct {
	window *policies.Window
	zone   *time.Location
	until  time.Time
	// opens are in seconds since 1970.
	opens []int64
	last  time.Time
	done  bool
}

// lines has a line for each window and zone.
type lines struct {
	now time.Time
	all map[lineKey]*line
}

type lineKey struct {
	window *policies.Window
	zone   string
}

func newLines(now time.Time) *lines { return &lines{now: now, all: map[lineKey]*line{}} }

// of returns the line of a window for hosts in zone. It begins with the openings
// that are not closed now.
func (ls *lines) of(w *policies.Window, zone *time.Location) *line {
	if w.Zone != nil {
		zone = w.Zone
	}
	if zone == nil {
		zone = time.UTC
	}
	k := lineKey{w, zone.String()}
	if ls.all[k] == nil {
		ls.all[k] = &line{window: w, zone: zone, until: ls.now.Add(Ahead), last: ls.now.Add(-max(0, w.Duration)), done: w.Schedule == nil}
	}
	return ls.all[k]
}

// at returns the opening number i, counted from 0; false if there is none.
func (l *line) at(i int) (time.Time, bool) {
	for len(l.opens) <= i && !l.done {
		next, ok := l.window.Schedule.Next(l.last, l.zone)
		if !ok || !next.After(l.last) || !next.Before(l.until) || len(l.opens) == maxOpenings {
			l.done = true
			break
		}
		l.last = next
		l.opens = append(l.opens, next.Unix())
	}
	if i >= len(l.opens) {
		return time.Time{}, false
	}
	return time.Unix(l.opens[i], 0).In(l.zone), true
}

// meet returns the first instants at which two lines are both open; false if
// there are none. Openings that only touch do not meet.
func meet(a, b *line) (from, to time.Time, ok bool) {
	i, j := 0, 0
	for {
		x, more := a.at(i)
		y, also := b.at(j)
		if !more || !also {
			return time.Time{}, time.Time{}, false
		}
		endX, endY := x.Add(a.window.Duration), y.Add(b.window.Duration)
		from, to = later(x, y), earlier(endX, endY)
		switch {
		case from.Before(to):
			return from, to, true
		case endX.Before(endY):
			i++
		default:
			j++
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

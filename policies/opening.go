package policies

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"patchwave/policies/calendar"
)

// MaxOpenings is how many openings Openings returns at most: more than 400 days of
// one every quarter of an hour. What needs more walks over Each.
const MaxOpenings = 50_000

// Openings returns the openings with from ≤ opens < until, past ones too, in their
// order; the first MaxOpenings if there are more. Zone is where a window that is
// host-local is looked at; others have their own. Suspensions are those of the
// policy that is asked for.
//
// A window whose duration is longer than its period has openings that overlap.
// Each of them is one of its own: it has its own occurrence and its own state, and
// is neither cut short nor joined with the next.
func (w *Window) Openings(from, until time.Time, zone *time.Location, suspensions []Suspension) []Opening {
	var out []Opening
	for o := range w.Each(from, until, zone, suspensions) {
		if len(out) == MaxOpenings {
			break
		}
		out = append(out, o)
	}
	return out
}

// Each walks over the openings that Openings returns, without a bound.
func (w *Window) Each(from, until time.Time, zone *time.Location, suspensions []Suspension) iter.Seq[Opening] {
	return func(yield func(Opening) bool) {
		after := from.Add(-1)
		for {
			opens, ok := w.next(after, zone)
			if !ok || !opens.Before(until) || !yield(w.opening(opens, suspensions)) {
				return
			}
			after = opens
		}
	}
}

// Next returns the first opening strictly after an instant, whatever its state;
// false if there is none ever again.
func (w *Window) Next(after time.Time, zone *time.Location, suspensions ...Suspension) (Opening, bool) {
	opens, ok := w.next(after, zone)
	if !ok {
		return Opening{}, false
	}
	return w.opening(opens, suspensions), true
}

// At returns the opening that lasts at an instant, whatever its state: opens ≤ t <
// closes. Of several that overlap it is the one that opened last.
func (w *Window) At(t time.Time, zone *time.Location, suspensions ...Suspension) (Opening, bool) {
	low, ok := w.next(t.Add(-w.Duration), zone)
	if !ok || low.After(t) {
		return Opening{}, false
	}
	// Halve what is between an opening that is known and t, so that a window that
	// opens every second costs no more than one that opens each month.
	for high := t; ; {
		opens, ok := w.next(low, zone)
		if !ok || opens.After(t) {
			return w.opening(low, suspensions), true
		}
		low = opens
		for high.Sub(low) > 1 {
			middle := low.Add(high.Sub(low) / 2)
			if opens, ok = w.next(middle, zone); ok && !opens.After(t) {
				low = opens
				break
			}
			high = middle
		}
	}
}

// next is the schedule's next start, in the window's zone. A schedule that does
// not move on is at its end.
func (w *Window) next(after time.Time, zone *time.Location) (time.Time, bool) {
	if w.Zone != nil {
		zone = w.Zone
	}
	if zone == nil {
		zone = time.UTC
	}
	t, ok := w.Schedule.Next(after, zone)
	if !ok || !t.After(after) {
		return time.Time{}, false
	}
	return t.In(zone), true
}

// opening is what begins at an instant.
func (w *Window) opening(opens time.Time, suspensions []Suspension) Opening {
	o := Opening{Opens: opens, Closes: opens.Add(w.Duration), State: OpeningOpen}
	if w.Calendar != nil {
		if f, ok := w.Calendar.FreezeAt(opens); ok {
			o.State, o.Reason = OpeningFrozen, frozenReason(f)
			return o
		}
	}
	for _, s := range suspensions {
		if s.covers(o) {
			o.State, o.Reason = OpeningSuspended, s.reason(opens.Location())
			return o
		}
	}
	if reason := w.unattended(o.Closes); reason != "" {
		o.State, o.Reason = OpeningUnattended, reason
	}
	return o
}

// covers reports whether a suspension keeps an opening from being used: it opens
// before the suspension ends, and still lasts when the suspension is pronounced.
func (s Suspension) covers(o Opening) bool {
	return o.Opens.Before(s.Until) && s.Since.Before(o.Closes)
}

func (s Suspension) reason(zone *time.Location) string {
	text := "suspended"
	if s.Actor != "" {
		text += " by " + s.Actor
	}
	text += " until " + s.Until.In(zone).Format(openingTime)
	return withReason(text, s.Reason)
}

func frozenReason(f calendar.Freeze) string {
	return withReason(fmt.Sprintf("freeze %s from %s to %s", f.Name, f.From, f.To), f.Reason)
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

const openingTime = "Mon 2006-01-02 15:04 MST"

// unattended says why nobody is there after a close; "" if somebody is. A window
// that is to be attended and has no calendar is never attended: the loader refuses
// it, and nothing is changed if it did not.
func (w *Window) unattended(closes time.Time) string {
	switch {
	case !w.Attended:
		return ""
	case w.Calendar == nil:
		return "window " + w.Name + " is to be attended and has no calendar"
	case w.Calendar.WorkingBetween(closes, closes.Add(w.Attendance)):
		return ""
	}
	text := "nobody works when it closes (" + closes.Format(openingTime) + ")"
	if w.Attendance > 0 {
		text = fmt.Sprintf("nobody works within %s after it closes (%s)", PlainDuration(w.Attendance), closes.Format(openingTime))
	}
	text += ", says calendar " + w.Calendar.Name
	if off := w.daysOff(closes); off != "" {
		text += ": " + off
	}
	return text
}

// daysOff names the holidays between a close and the end of the attendance, at
// most three.
func (w *Window) daysOff(closes time.Time) string {
	zone := w.Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	last := calendar.DateOf(closes.Add(w.Attendance).In(zone))
	var out []string
	for d := calendar.DateOf(closes.In(zone)); d.Compare(last) <= 0 && len(out) < 3; d = d.AddDays(1) {
		if h, ok := w.Calendar.HolidayOn(d); ok {
			out = append(out, withName(d.String()+" is a holiday", h.Name))
		}
	}
	return strings.Join(out, ", ")
}

func withName(text, name string) string {
	if name == "" {
		return text
	}
	return text + " (" + name + ")"
}

// PlainDuration is a duration in words of time.Duration without what is zero at
// its end: 1h30m, 2h, 0s.
func PlainDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

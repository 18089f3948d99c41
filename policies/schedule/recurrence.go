package schedule

import (
	"time"

	"github.com/teambition/rrule-go"
)

// recurrence is a rule that was read. The library finds the days; the times of day
// are the clock's unless BYSETPOS chooses among them.
type recurrence struct {
	// option has neither begin nor end.
	option rrule.ROption
	clock
	// start is from where periods are counted and the earliest time.
	start time.Time
	last  time.Time // zero if there is none
}

func (r *recurrence) next(from time.Time) (time.Time, bool) {
	if from.Before(r.start) {
		from = r.start
	}
	t, ok := r.find(from)
	if !ok || !r.last.IsZero() && t.After(r.last) {
		return time.Time{}, false
	}
	return t, true
}

func (r *recurrence) find(from time.Time) (time.Time, bool) {
	if len(r.option.Bysetpos) > 0 {
		return r.match(from)
	}
	today := midnight(from)
	day, ok := r.match(today)
	if ok && day.Equal(today) {
		if at, ok := r.clock.next(from.Sub(today)); ok {
			return day.Add(at), true
		}
		day, ok = r.match(today.AddDate(0, 0, 1))
	}
	if !ok {
		return time.Time{}, false
	}
	return day.Add(r.first()), true
}

// match asks the library, which counts from the begin of a rule: it is given one at
// the period in which from lies.
func (r *recurrence) match(from time.Time) (time.Time, bool) {
	option := r.option
	option.Dtstart, option.Until = r.period(from), ending()
	if option.Dtstart.After(option.Until) {
		return time.Time{}, false
	}
	rule, err := rrule.NewRRule(option)
	if err != nil { // its bounds are wider than those of parseRule
		return time.Time{}, false
	}
	next := rule.Iterator()
	for t, ok := next(); ok; t, ok = next() {
		if !t.Before(from) {
			return t, true
		}
	}
	return time.Time{}, false
}

// period returns the begin of the last period that counts and begins no later than
// from, which is not before start.
func (r *recurrence) period(from time.Time) time.Time {
	every := max(r.option.Interval, 1)
	past := func(n int) int { return n / every * every }
	year, month, day := r.start.Date()
	switch r.option.Freq {
	case rrule.YEARLY:
		return date(year+past(from.Year()-year), 1, 1)
	case rrule.MONTHLY:
		months := 12*(from.Year()-year) + int(from.Month()-month)
		return date(year, month+time.Month(past(months)), 1)
	case rrule.WEEKLY:
		into := (int(r.start.Weekday()) + 6 - r.option.Wkst.Day() + 7) % 7
		week := date(year, month, day-into)
		return week.AddDate(0, 0, 7*past(daysSince(week, from)/7))
	default: // parseRule has made it DAILY
		return date(year, month, day+past(daysSince(date(year, month, day), from)))
	}
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func daysSince(day, t time.Time) int { return int(t.Sub(day) / (24 * time.Hour)) }

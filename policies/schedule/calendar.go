package schedule

import "time"

const (
	lastHour   = 23
	lastMinute = 59
	// lastMicro is the last microsecond of a minute.
	lastMicro = 60*perSecond - 1
	// perSecond is a second in microseconds.
	perSecond = int(time.Second / time.Microsecond)
)

// calendar is an OnCalendar expression: the local times of which each place matches.
type calendar struct {
	days
	clock
}

// days are the dates of an expression.
type days struct {
	// weekdays has an element for each, Sunday first.
	weekdays            [7]bool
	years, months, days field
	// fromEnd: days are counted from the end of the month, 1 is the last.
	fromEnd bool
}

// clock are the times of day of an expression.
type clock struct {
	hours, minutes field
	micros         field // within the minute
}

func (c *calendar) next(from time.Time) (time.Time, bool) {
	today := midnight(from)
	day, ok := c.days.next(today)
	if ok && day.Equal(today) {
		if at, ok := c.clock.next(from.Sub(today)); ok {
			return day.Add(at), true
		}
		day, ok = c.days.next(today.AddDate(0, 0, 1))
	}
	if !ok {
		return time.Time{}, false
	}
	return day.Add(c.first()), true
}

// next returns the first date that is not before from.
func (d *days) next(from time.Time) (time.Time, bool) {
	y, m, dom := from.Date()
	for year, ok := d.years.next(y, lastYear); ok; year, ok = d.years.next(year+1, lastYear) {
		first := 1
		if year == y {
			first = int(m)
		}
		for month, ok := d.months.next(first, 12); ok; month, ok = d.months.next(month+1, 12) {
			first := 1
			if year == y && month == int(m) {
				first = dom
			}
			if day, ok := d.inMonth(year, time.Month(month), first); ok {
				return day, true
			}
		}
	}
	return time.Time{}, false
}

// inMonth returns the first date of a month from a day of it on.
func (d *days) inMonth(year int, month time.Month, from int) (time.Time, bool) {
	length := time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	match := d.days
	if d.fromEnd {
		match = match.mirrored(length)
	}
	for day, ok := match.next(from, length); ok; day, ok = match.next(day+1, length) {
		if t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); d.weekdays[t.Weekday()] {
			return t, true
		}
	}
	return time.Time{}, false
}

// next returns the first time of day, since midnight, that is not before from.
func (c *clock) next(from time.Duration) (time.Duration, bool) {
	h0, m0, u0 := int(from/time.Hour), int(from%time.Hour/time.Minute), int(from%time.Minute/time.Microsecond)
	for h, ok := c.hours.next(h0, lastHour); ok; h, ok = c.hours.next(h+1, lastHour) {
		if h > h0 {
			m0, u0 = 0, 0
		}
		for m, ok := c.minutes.next(m0, lastMinute); ok; m, ok = c.minutes.next(m+1, lastMinute) {
			if m > m0 {
				u0 = 0
			}
			if u, ok := c.micros.next(u0, lastMicro); ok {
				return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(u)*time.Microsecond, true
			}
		}
	}
	return 0, false
}

// first is the first time of day; a clock is never empty.
func (c *clock) first() time.Duration {
	at, _ := c.next(0)
	return at
}

// midnight is the beginning of the day.
func midnight(t time.Time) time.Time { return t.Truncate(24 * time.Hour) }

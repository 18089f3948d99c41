package calendar

import "time"

// Working reports whether people work at an instant. The end of the hours is no
// working time any more.
func (c *Calendar) Working(t time.Time) bool { return c.WorkingBetween(t, t) }

// WorkingBetween reports whether there is any working time between two instants,
// both included. It is false if to is before from. It looks at each day of the
// interval at most once.
func (c *Calendar) WorkingBetween(from, to time.Time) bool {
	if to.Before(from) {
		return false
	}
	last := DateOf(to.In(c.zone()))
	// The hours of the day before may reach into the first day.
	for d := DateOf(from.In(c.zone())).AddDays(-1); d.Compare(last) <= 0; d = d.AddDays(1) {
		if !c.Workday(d) {
			continue
		}
		begin, end := c.hours(d)
		if begin.Before(end) && !begin.After(to) && end.After(from) {
			return true
		}
	}
	return false
}

// Workday reports whether people begin to work on a day: one of the workdays that
// is no holiday. A freeze changes nothing about that.
func (c *Calendar) Workday(d Date) bool {
	if !c.Workdays[d.Weekday()] {
		return false
	}
	_, off := c.HolidayOn(d)
	return !off
}

// HolidayOn returns the first holiday listed for a day, and whether there is one.
func (c *Calendar) HolidayOn(d Date) (Holiday, bool) {
	for _, h := range c.Holidays {
		if h.Date == d {
			return h, true
		}
	}
	return Holiday{}, false
}

// FreezeAt returns the first freeze listed that an instant is in, and whether
// there is one. A freeze is from the beginning of its first to the end of its last
// day.
func (c *Calendar) FreezeAt(t time.Time) (Freeze, bool) {
	d := DateOf(t.In(c.zone()))
	for _, f := range c.Freezes {
		if f.From.Compare(d) <= 0 && d.Compare(f.To) <= 0 {
			return f, true
		}
	}
	return Freeze{}, false
}

// hours are the working hours that begin on a day, were it a workday: begin
// included, end not.
func (c *Calendar) hours(d Date) (begin, end time.Time) {
	begin = d.At(c.From, c.zone())
	if c.To <= c.From {
		d = d.AddDays(1)
	}
	return begin, d.At(c.To, c.zone())
}

// zone is UTC for a calendar without one; the loader always gives one.
func (c *Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

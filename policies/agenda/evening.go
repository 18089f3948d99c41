package agenda

import (
	"fmt"
	"slices"
	"time"

	"patchwave/policies"
	"patchwave/policies/calendar"
)

// defaultEvening is when the evening begins where the working hours do not say:
// they pass midnight.
const defaultEvening = 18 * time.Hour

// beforeDayOff reports whether an instant is on the evening before a day off, in
// the calendar's zone. The evening begins with the end of the working hours
// (18:00 if they pass midnight) and ends at midnight, on days off too. A day off
// is one that is no workday or is a holiday. Without a calendar nobody knows.
func beforeDayOff(c *calendar.Calendar, t time.Time) bool {
	if c == nil || c.Zone == nil {
		return false
	}
	local := t.In(c.Zone)
	evening := c.To
	if c.To <= c.From {
		evening = defaultEvening
	}
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	if clock < evening {
		return false
	}
	year, month, day := local.Date()
	return dayOff(c, time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC)) // as a date; noon or midnight is all one in UTC
}

// dayOff reports whether nobody works on the date of a time.
func dayOff(c *calendar.Calendar, t time.Time) bool {
	year, month, day := t.Date()
	date := calendar.Date{Year: year, Month: month, Day: day}
	return !c.Workdays[t.Weekday()] || slices.ContainsFunc(c.Holidays, func(h calendar.Holiday) bool { return h.Date == date })
}

func (c *checker) evening(w *policies.Window, opens time.Time) {
	c.add(Finding{
		Severity: Warning, Code: CodeEvening, Window: w.Name,
		Summary: fmt.Sprintf("window %q opens on the evening before a day off", w.Name),
		Detail: fmt.Sprintf("On %s, by calendar %q, and the next day nobody is there to look. Move it, or set attended = true so that such an opening is left out.",
			instant(opens), w.Calendar.Name),
	})
}

package agenda

import (
	"fmt"
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
	if c == nil {
		return false
	}
	zone := c.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := t.In(zone)
	evening := c.To
	if c.To <= c.From {
		evening = defaultEvening
	}
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
	if clock < evening {
		return false
	}
	return !c.Workday(calendar.DateOf(local).AddDays(1))
}

func (c *checker) evening(w *policies.Window, opens time.Time) {
	c.add(Finding{
		Severity: Warning, Code: CodeEvening, Window: w.Name,
		Summary: fmt.Sprintf("window %q opens on the evening before a day off", w.Name),
		Detail: fmt.Sprintf("On %s, by calendar %q, and the next day nobody is there to look. Move it, or set attended = true so that such an opening is left out.",
			instant(opens), w.Calendar.Name),
	})
}

package config

import (
	"time"

	"patchwave/engine/config/language"
)

func describeCalendar() *language.Block {
	return describe(calendarShape(), language.Block{
		Name: "calendar", Group: policiesGroup,
		Doc: "When people work, and when nothing may change.",
		Example: `calendar "office" {
  timezone = "Europe/Berlin"
  workdays = ["mon", "tue", "wed", "thu", "fri"]
  hours    = "08:00-18:00"
  holidays = ["2026-12-25", "2026-12-26"]
  freeze "year-end" {
    from   = "2026-12-18"
    to     = "2027-01-04"
    reason = "closing the books"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("timezone", language.Zone(), "The zone of its hours, holidays and freezes.").OrSays("that of patchwave"),
			language.Arg("workdays", language.List(language.Word(weekdays)), "The days on which people work.").Or(weekdays[time.Monday:time.Saturday]),
			language.Arg("hours", language.Text(), "From when to when they work; it may pass midnight.").Or(clock(defaultFrom) + "-" + clock(defaultTo)),
			language.Arg("holidays", language.ListOrNone(language.Date()), "Days on which they do not.").Like([]string{"2026-12-25"}),
			language.Arg("ics", language.Text(), "A file of a calendar program: its whole days are holidays too. One that cannot be read is an error.").Like("holidays.ics"),
		},
		Blocks: []*language.Block{describeFreeze()},
	})
}

// clock writes the time since midnight.
func clock(d time.Duration) string { return time.Time{}.Add(d).Format("15:04") }

func describeFreeze() *language.Block {
	return describe(freezeShape(), language.Block{
		Name: "freeze",
		Doc:  "Days on which no window opens.",
		Example: `calendar "office" {
  freeze "year-end" {
    from   = "2026-12-18"
    to     = "2027-01-04"
    reason = "closing the books"
  }
}`,
		Arguments: []language.Argument{
			language.Arg("from", language.Date(), "The first day.").Like("2026-12-18"),
			language.Arg("to", language.Date(), "The last day, included.").Like("2027-01-04"),
			language.Arg("reason", language.Text(), "Why.").Like("closing the books"),
		},
	})
}

func describeWindow() *language.Block {
	return describe(windowShape(), language.Block{
		Name: "window", Group: policiesGroup,
		Doc: "When policies may change hosts.",
		Notes: []string{
			"`schedule` is an OnCalendar expression of systemd without a zone (`\"Tue 02:00\"`, `\"*-*-01 03:00\"`), or a weekday of the month with a number of days behind it: `\"2nd Tue +3d 02:00\"` is three days after the second Tuesday; `1st` to `5th` and `last`.",
			"`rrule` is a recurrence rule of iCalendar and needs `BYHOUR` and `BYMINUTE`.",
			"A start that a clock change skips opens at the first instant after it; one that happens twice opens at the first. A window belongs to the day on which it starts.",
		},
		Example: `window "tuesday-night" {
  schedule   = "Tue 02:00"
  duration   = "4h"
  timezone   = "Europe/Berlin"
  calendar   = calendar.office
  attended   = true
  attendance = "12h"
}`,
		Arguments: []language.Argument{
			language.Arg("schedule", language.Text(), "When it opens.").Like("Tue 02:00"),
			language.Arg("rrule", language.Text(), "When it opens, as a recurrence rule.").Like("FREQ=WEEKLY;BYDAY=TU;BYHOUR=2;BYMINUTE=0"),
			language.Arg("duration", language.Duration(), "How long it is open, in real time; a year at most.").Like("4h"),
			language.Arg("timezone", language.Zone(), "The zone of its schedule; `\""+hostZone+"\"` is each host's own local time.").OrSays("that of patchwave"),
			language.Arg("calendar", language.Ref("calendar"), "Whose freezes close it.").Like("calendar.office"),
			language.Arg("attended", language.Flag(), "It stays closed unless somebody works soon after it closes. Needs a calendar.").Or(false).Like(true),
			language.Arg("attendance", language.Duration(), "How soon, for an attended window.").Or(defaultAttendance),
		},
		Rules: []language.Rule{language.ExactlyOne("schedule", "rrule")},
	})
}

package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"patchwave/policies/calendar"

	"github.com/hashicorp/hcl/v2"
)

// calendarBlock says when people work; it needs no linking.
type calendarBlock struct {
	value *calendar.Calendar
}

func calendarShape() shape {
	return shape{optional: []string{"timezone", "workdays", "hours", "holidays", "ics"}, named: []string{"freeze"}}
}

// weekdays are the words of workdays, Sunday first as in package time.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// The working hours where a calendar does not say, as time since midnight.
const (
	defaultFrom = 8 * time.Hour
	defaultTo   = 18 * time.Hour
)

func (l *loader) decodeCalendar(raw *hcl.Block) {
	b := l.open(raw, calendarShape())
	c := &calendar.Calendar{Name: b.name, Zone: l.zone, From: defaultFrom, To: defaultTo}
	if zone, ok := b.zone(); ok {
		c.Zone = zone
	}
	b.workdays(c)
	if s, ok := b.text("hours"); ok {
		from, to, err := calendar.ParseHours(s)
		if err != nil {
			l.fail(b.place("hours"), fmt.Sprintf("%q are no working hours", s), upperFirst(strings.TrimPrefix(sentence(err), fmt.Sprintf("%q are no working hours; ", s))))
		} else {
			c.From, c.To = from, to
		}
	}
	b.holidays(c)
	if path, ok := b.nonEmpty("ics"); ok {
		b.ics(c, path)
	}
	names := newTable[string]("freeze")
	for _, inner := range b.inner {
		f := l.decodeFreeze(inner)
		if declare(l, names, f.Name, labelRange(inner), f.Name) {
			c.Freezes = append(c.Freezes, f)
		}
	}
	declare(l, l.model.calendars, b.name, labelRange(raw), &calendarBlock{value: c})
}

// workdays reads the days on which people work; Monday to Friday by default.
func (b *block) workdays(c *calendar.Calendar) {
	words, ok := b.words("workdays", weekdays...)
	if !ok {
		words = weekdays[time.Monday:time.Saturday]
	}
	for i, day := range weekdays {
		for _, w := range words {
			c.Workdays[i] = c.Workdays[i] || w == day
		}
	}
}

func (b *block) holidays(c *calendar.Calendar) {
	items, _ := b.texts("holidays")
	seen := map[calendar.Date]bool{}
	for _, it := range items {
		d, ok := b.l.date(it.text, it.at)
		switch {
		case !ok:
		case seen[d]:
			b.l.warn(it.at, fmt.Sprintf("%q stands twice in holidays", it.text), "Once is enough.")
		default:
			seen[d] = true
			c.Holidays = append(c.Holidays, calendar.Holiday{Date: d})
		}
	}
}

// The years around now of which the holidays of a file are kept.
const (
	icsYearsBack  = 2
	icsYearsAhead = 5
)

// ics reads the holidays of a file. What cannot be read is an error, because
// patching on a holiday is what the calendar is there to prevent.
func (b *block) ics(c *calendar.Calendar, written string) {
	at := b.place("ics")
	path, ok := b.l.path(written, at)
	if !ok {
		return
	}
	data, err := b.l.readNamed(path)
	if err != nil {
		b.l.fail(at, "the calendar file cannot be read", sentence(err))
		return
	}
	year := b.l.opt.Now.In(c.Zone).Year()
	holidays, notes, err := calendar.ParseICS([]byte(data), c.Zone,
		calendar.Date{Year: year - icsYearsBack, Month: time.January, Day: 1},
		calendar.Date{Year: year + icsYearsAhead, Month: time.December, Day: 31})
	if err != nil {
		b.l.fail(at, "the calendar file cannot be understood", sentence(err))
		return
	}
	for _, n := range notes {
		b.l.warn(at, "there is something about the calendar file", fullStop(n))
	}
	c.Holidays = append(c.Holidays, holidays...)
}

func freezeShape() shape {
	return shape{required: []string{"from", "to"}, optional: []string{"reason"}}
}

func (l *loader) decodeFreeze(raw *hcl.Block) calendar.Freeze {
	b := l.open(raw, freezeShape())
	f := calendar.Freeze{Name: b.name}
	from, ok1 := b.date("from")
	to, ok2 := b.date("to")
	f.From, f.To = from, to
	if ok1 && ok2 && to.Compare(from) < 0 {
		l.fail(b.place("to"), fmt.Sprintf("freeze %q ends before it begins", b.name), "Both days are included; exchange them.", b.place("from"))
	}
	f.Reason, _ = b.nonEmpty("reason")
	return f
}

// date reads a day.
func (b *block) date(name string) (calendar.Date, bool) {
	s, ok := b.text(name)
	if !ok {
		return calendar.Date{}, false
	}
	return b.l.date(s, b.place(name))
}

// dateAdvice says what is wrong with a date. One that is written well and names a
// day that does not exist is a slip of another kind.
func dateAdvice(s string) string {
	year, err := time.Parse("2006", s[:min(4, len(s))])
	if err != nil || !writtenDate.MatchString(s) {
		return "Write it as 2027-01-08."
	}
	month, err := time.Parse("2006-01", s[:7])
	if err != nil {
		return fmt.Sprintf("There is no such month in %d.", year.Year())
	}
	return fmt.Sprintf("%s %d has %d days.", month.Month(), year.Year(), month.AddDate(0, 1, -1).Day())
}

// writtenDate is the form of a date.
var writtenDate = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)

func (l *loader) date(s string, at hcl.Range) (calendar.Date, bool) {
	d, err := calendar.ParseDate(strings.TrimSpace(s))
	if err != nil || s != strings.TrimSpace(s) {
		l.fail(at, fmt.Sprintf("%q is no date", s), dateAdvice(s))
		return calendar.Date{}, false
	}
	return d, true
}

package calendar

import (
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// icsProperties are the properties of an event by name.
type icsProperties map[string][]icsProperty

type icsProperty struct{ ics.BaseProperty }

func propertiesOf(e *ics.VEvent) icsProperties {
	p := icsProperties{}
	for _, x := range e.Properties {
		p[x.IANAToken] = append(p[x.IANAToken], icsProperty{x.BaseProperty})
	}
	return p
}

// text is the value of the first property of a name; "" without one.
func (p icsProperties) text(name string) string {
	if len(p[name]) == 0 {
		return ""
	}
	return p[name][0].Value
}

// moment reads the value of a property that may be given once.
func (p icsProperties) moment(name string) (m icsMoment, given bool, err error) {
	switch len(p[name]) {
	case 0:
		return m, false, nil
	case 1:
		m, err = parseMoment(p[name][0].Value)
	default:
		err = errTwice
	}
	if err != nil {
		return m, true, fmt.Errorf("%s %w", name, err)
	}
	return m, true, nil
}

// days reads the lists of dates of a name.
func (p icsProperties) days(name string, zone *time.Location) ([]Date, error) {
	var out []Date
	for _, list := range p[name] {
		for s := range strings.SplitSeq(list.Value, ",") {
			m, err := parseMoment(s)
			if err != nil {
				return nil, fmt.Errorf("%s %w", name, err)
			}
			day, midnight := m.day(zone)
			if !midnight {
				return nil, fmt.Errorf("%s %s is no whole day", name, s)
			}
			out = append(out, day)
		}
	}
	return out, nil
}

// param is the first value of a parameter, whose name may be in any case.
func (p icsProperty) param(name string) string {
	for k, v := range p.ICalParameters {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// icsMoment is a DATE or a DATE-TIME (RFC 5545 sections 3.3.4 and 3.3.5).
type icsMoment struct {
	// wall is what is written, as if it were in UTC.
	wall  time.Time
	timed bool
	// utc says that it is in UTC; else it is local time, wherever that is.
	utc bool
}

// parseMoment reads a DATE or a DATE-TIME by its form: some programs write dates
// without VALUE=DATE.
func parseMoment(s string) (icsMoment, error) {
	m := icsMoment{}
	text := strings.TrimSpace(s)
	form := "20060102"
	if len(text) != len(form) {
		text, m.utc = strings.CutSuffix(text, "Z")
		form, m.timed = "20060102T150405", true
	}
	// Leap seconds are written as 60.
	if rest, leap := strings.CutSuffix(text, "5960"); leap && len(text) == len(form) {
		text = rest + "5959"
	}
	wall, err := time.Parse(form, text)
	if err != nil || len(text) != len(form) || wall.Year() < 1 {
		return m, fmt.Errorf("%s is neither a date (20261225) nor a time (20261225T080000)", excerpt(s))
	}
	m.wall = wall
	return m, nil
}

// day is the date that is meant, and whether a whole day is: a date, or midnight
// as it is written, or, if that is in UTC, midnight in zone.
func (m icsMoment) day(zone *time.Location) (Date, bool) {
	if m.utc {
		local := m.wall.In(zone)
		if isMidnight(local) {
			return DateOf(local), true
		}
	}
	return DateOf(m.wall), isMidnight(m.wall)
}

// latest is the later one of the dates that can be meant: as it is written, or,
// if that is in UTC, in zone.
func (m icsMoment) latest(zone *time.Location) Date {
	d := DateOf(m.wall)
	if local := DateOf(m.wall.In(zone)); m.utc && local.Compare(d) > 0 {
		return local
	}
	return d
}

func isMidnight(t time.Time) bool {
	h, m, s := t.Clock()
	return h == 0 && m == 0 && s == 0
}

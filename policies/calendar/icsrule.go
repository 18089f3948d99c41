package calendar

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// gregorianCycle is after how many years the calendar repeats itself, weekdays
// included.
const gregorianCycle = 400

// firstRuleYear bounds how long a rule is followed; Outlook begins some in 1601.
const firstRuleYear = 1600

// follow adds the days of a rule that matter to starts.
//
// The library looks for the next instance up to the year 9999 and cannot be
// stopped on the way. So that a rule that never comes true costs little, the rule
// is followed as many whole cycles of 400 years later as there is room for.
func (im *icsImport) follow(text string, e *icsEvent, starts map[Date]bool) (err error) {
	// The library has rules that it panics at (a 53rd Monday in February).
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("RRULE %s cannot be followed: %v", excerpt(text), p)
		}
	}()
	option, until, err := parseRule(text, im.zone)
	if isFiltered(option) {
		im.daily++
	}
	switch {
	case err != nil:
	case e.start.Year < firstRuleYear:
		err = fmt.Errorf("begins before the year %d", firstRuleYear)
	case im.daily > maxICSDaily:
		err = fmt.Errorf("the file has more than %d rules that are DAILY and leave days out: export only the holidays", maxICSDaily)
	}
	if err != nil {
		return fmt.Errorf("RRULE %s: %w", excerpt(text), err)
	}
	last := im.to
	if until != nil && until.Compare(last) < 0 {
		last = *until
	}
	if e.start.Compare(last) > 0 {
		return nil
	}
	shift := (rrule.MAXYEAR - last.Year) / gregorianCycle * gregorianCycle
	option.Dtstart = e.start.utc().AddDate(shift, 0, 0)
	option.Until = last.utc().AddDate(shift, 0, 0)
	rule, err := rrule.NewRRule(option)
	if err != nil {
		return fmt.Errorf("RRULE %s: %w", excerpt(text), err)
	}
	// An instance that began earlier may still go on.
	first := im.from.AddDays(1 - e.days)
	next := rule.Iterator()
	for t, ok := next(); ok; t, ok = next() {
		if im.steps++; im.steps > maxICSSteps {
			return fmt.Errorf("RRULE %s: the rules of the file give more than %d days: export only the holidays", excerpt(text), maxICSSteps)
		}
		if d := DateOf(t.AddDate(-shift, 0, 0)); d.Compare(first) >= 0 {
			starts[d] = true
		}
	}
	return nil
}

// parseRule reads a rule of an all-day event (RFC 5545 section 3.3.10), and apart
// from it its last day, nil if it has none. A day that is given as a time, against
// the standard, is the later one that can be meant: in doubt it is a holiday.
func parseRule(text string, zone *time.Location) (rrule.ROption, *Date, error) {
	const most, interval = 512, 10_000
	text = strings.TrimSuffix(strings.ToUpper(strings.TrimSpace(text)), ";")
	if len(text) > most {
		return rrule.ROption{}, nil, fmt.Errorf("has more than %d characters", most)
	}
	until, err := ruleParts(text, zone)
	if err != nil {
		return rrule.ROption{}, nil, err
	}
	o, err := rrule.StrToROption(text)
	if err != nil {
		return rrule.ROption{}, nil, err
	}
	switch {
	case o.Freq > rrule.DAILY:
		return *o, nil, fmt.Errorf("whole days cannot be %s", o.Freq)
	case len(o.Byeaster) > 0:
		return *o, nil, errors.New("BYEASTER is not part of the standard")
	case strings.Contains(text, "COUNT=") && o.Count < 1:
		return *o, nil, errors.New("COUNT must be 1 or more")
	case strings.Contains(text, "INTERVAL=") && (o.Interval < 1 || o.Interval > interval):
		return *o, nil, fmt.Errorf("INTERVAL must be 1 to %d", interval)
	}
	for _, d := range o.Byweekday {
		if n := d.N(); n != 0 && (o.Freq > rrule.MONTHLY || (o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0) && (n > 5 || n < -5)) {
			return *o, nil, fmt.Errorf("BYDAY=%s cannot be in a rule that is %s", d, o.Freq)
		}
	}
	// They must be ignored in a rule of whole days.
	o.Byhour, o.Byminute, o.Bysecond = nil, nil, nil
	return *o, until, nil
}

// ruleParts checks that no part of a rule is given twice, and returns its last
// day.
func ruleParts(text string, zone *time.Location) (until *Date, err error) {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return nil, fmt.Errorf("%s %w", excerpt(name), errTwice)
		}
		seen[name] = true
		if name == "UNTIL" {
			m, err := parseMoment(value)
			if err != nil {
				return nil, fmt.Errorf("UNTIL %w", err)
			}
			d := m.latest(zone)
			until = &d
		}
	}
	return until, nil
}

// isFiltered reports whether a rule looks at every day and leaves some out. It costs
// most where it never comes true.
func isFiltered(o rrule.ROption) bool {
	return o.Freq == rrule.DAILY && len(o.Bymonth)+len(o.Bymonthday)+len(o.Byyearday)+len(o.Byweekno)+len(o.Byweekday) > 0
}

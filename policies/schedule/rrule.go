package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	// maxCount is the largest COUNT: the last start is looked up when the rule is read.
	maxCount = 1000
	// maxInterval is the largest INTERVAL, in days more than there are.
	maxInterval = 100_000
	// maxChosen is how many times of day a rule with BYSETPOS may have; it is applied
	// to every time in a whole period.
	maxChosen = 24
)

// ParseRRule reads a recurrence rule (RFC 5545, 3.3.10), with or without the name
// "RRULE:" before it, and with the begin either on a line of its own before it,
// "DTSTART:20260106T020000", or as a part of it, "DTSTART=20260106T020000;". All
// times are local times without a zone; UNTIL alone may be in UTC (Z), and one
// without a time lasts to the end of that day.
//
// BYHOUR and BYMINUTE are required. INTERVAL above 1, COUNT, and a rule that leaves
// the day to be known from elsewhere need a DTSTART. It is the earliest possible
// start, and one only if the rule says so. FREQ below DAILY says the same as DAILY and has
// neither INTERVAL nor BYSETPOS. The error says what is wrong and what to write; a
// rule that never opens is one.
func ParseRRule(s string) (Schedule, error) {
	r, err := parseRule(s)
	if err != nil {
		return nil, fmt.Errorf("rrule %.80q: %w", s, err)
	}
	return &zoned{text: s, times: r.recurrence, until: r.untilUTC}, nil
}

// rule is a rule while it is read.
type rule struct {
	*recurrence
	seen     map[string]bool
	count    int
	untilUTC time.Time
	// seconds are BYSECOND; nil if absent.
	hours, minutes, seconds []int
}

func parseRule(s string) (*rule, error) {
	begin, parts, err := lines(s)
	if err != nil {
		return nil, err
	}
	r := &rule{recurrence: &recurrence{}, seen: map[string]bool{}}
	if begin != "" {
		parts = append([]string{"DTSTART=" + begin}, parts...)
	}
	for _, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		key = strings.ToUpper(key)
		if !ok || value == "" {
			return nil, fmt.Errorf("part %.40q: write NAME=VALUE, with semicolons between", part)
		}
		if r.seen[key] {
			return nil, fmt.Errorf("%.40s is there twice: write it once", key)
		}
		r.seen[key] = true
		if err := r.set(key, strings.ToUpper(value)); err != nil {
			return nil, fmt.Errorf("%.40s=%.40s: %w", key, value, err)
		}
	}
	for _, step := range []func() error{r.check, r.checkDays, r.fromStart, r.times, r.ends} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// lines splits a text into the value of DTSTART, "" if it has no line of its own, and
// the parts of the rule.
func lines(s string) (begin string, parts []string, err error) {
	if err := plain(strings.NewReplacer("\r\n", " ", "\n", " ").Replace(s)); err != nil {
		return "", nil, err
	}
	rows := slices.DeleteFunc(strings.Split(s, "\n"), func(row string) bool { return strings.TrimSpace(row) == "" })
	if len(rows) == 0 || len(rows) > 2 {
		return "", nil, errors.New("write the rule on one line, DTSTART on one before it or none")
	}
	if len(rows) == 2 {
		if begin, err = startLine(strings.TrimSpace(rows[0])); err != nil {
			return "", nil, err
		}
	}
	row := strings.TrimSpace(rows[len(rows)-1])
	if name := "RRULE:"; len(row) >= len(name) && strings.EqualFold(row[:len(name)], name) {
		row = row[len(name):]
	}
	return begin, strings.Split(row, ";"), nil
}

// startLine reads DTSTART[;VALUE=…]:VALUE.
func startLine(row string) (string, error) {
	name, value, ok := strings.Cut(row, ":")
	name, parameter, _ := strings.Cut(strings.ToUpper(name), ";")
	switch {
	case !ok || name != "DTSTART" || value == "":
		return "", fmt.Errorf("line %.40q: only DTSTART:20260106T020000 may be before the rule", row)
	case strings.HasPrefix(parameter, "TZID="):
		return "", errors.New("DTSTART has a zone: leave TZID out, and set timezone")
	case parameter != "" && parameter != "VALUE=DATE-TIME" && parameter != "VALUE=DATE":
		return "", fmt.Errorf("DTSTART: parameter %.40q: leave it out", parameter)
	}
	return value, nil
}

// set reads one part.
func (r *rule) set(key, value string) (err error) {
	o := &r.option
	switch key {
	case "FREQ":
		o.Freq, err = frequency(value)
	case "DTSTART":
		r.start, _, err = localTime(value)
		if err == nil && (r.start.Year() < firstYear || r.start.Year() > lastYear) {
			err = fmt.Errorf("write a year from %d to %d", firstYear, lastYear)
		}
	case "INTERVAL":
		o.Interval, err = number(value, 1, maxInterval)
	case "COUNT":
		r.count, err = number(value, 1, maxCount)
	case "UNTIL":
		err = r.setUntil(value)
	case "WKST":
		var days []rrule.Weekday
		if days, err = ruleDays(value); err == nil && (len(days) != 1 || days[0].N() != 0) {
			err = errors.New("write one weekday: MO, TU, WE, TH, FR, SA or SU")
		} else if err == nil {
			o.Wkst = days[0]
		}
	case "BYDAY":
		o.Byweekday, err = ruleDays(value)
	case "BYMONTH":
		o.Bymonth, err = numbers(value, 1, 12)
	case "BYMONTHDAY":
		o.Bymonthday, err = signed(value, 31)
	case "BYYEARDAY":
		o.Byyearday, err = signed(value, 366)
	case "BYWEEKNO":
		o.Byweekno, err = signed(value, 53)
	case "BYSETPOS":
		o.Bysetpos, err = signed(value, 366)
	case "BYHOUR":
		r.hours, err = numbers(value, 0, lastHour)
	case "BYMINUTE":
		r.minutes, err = numbers(value, 0, lastMinute)
	case "BYSECOND":
		r.seconds, err = numbers(value, 0, 59)
	default:
		err = errors.New("no part of a rule: RFC 5545 has FREQ, UNTIL, COUNT, INTERVAL, WKST and BY…")
	}
	return err
}

func frequency(s string) (rrule.Frequency, error) {
	f, err := rrule.StrToFreq(s)
	if err != nil {
		return 0, errors.New("write DAILY, WEEKLY, MONTHLY or YEARLY")
	}
	return f, nil
}

// setUntil: a UTC time is an instant, a local time one of the row, a date the last
// moment of that day.
func (r *rule) setUntil(value string) error {
	if utc, ok := strings.CutSuffix(value, "Z"); ok {
		t, date, err := localTime(utc)
		if err == nil && date {
			err = errors.New("a date has no Z: leave it out")
		}
		r.untilUTC = t
		return err
	}
	t, date, err := localTime(value)
	if date {
		t = t.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	r.last = t
	return err
}

// localTime reads 20260106T020000 or 20260106.
func localTime(s string) (t time.Time, date bool, err error) {
	const dateForm, form = "20060102", "20060102T150405"
	if strings.HasSuffix(s, "Z") {
		return t, false, errors.New("in UTC: write a local time, without Z, and set timezone")
	}
	if t, err = time.Parse(dateForm, s); err == nil {
		return t, true, nil
	}
	if t, err = time.Parse(form, s); err != nil || len(s) != len(form) {
		return time.Time{}, false, errors.New("write a date and a time that exist, as 20260106T020000")
	}
	return t, false, nil
}

// ruleDays reads a list of weekdays, each of which may have a number before it.
func ruleDays(s string) ([]rrule.Weekday, error) {
	var days []rrule.Weekday
	for item := range strings.SplitSeq(s, ",") {
		i := max(len(item)-2, 0)
		d := slices.IndexFunc(allDays(), func(d rrule.Weekday) bool { return d.String() == item[i:] })
		if d < 0 {
			return nil, errors.New("write MO, TU, WE, TH, FR, SA, SU, with a number before for the nth, as 2TU or -1FR")
		}
		day := allDays()[d]
		if i > 0 {
			n, err := signedNumber(item[:i], 53)
			if err != nil {
				return nil, err
			}
			day = day.Nth(n)
		}
		if !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	return days, nil
}

func allDays() []rrule.Weekday {
	return []rrule.Weekday{rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU}
}

func number(s string, from, to int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || !digits(s) || n < from || n > to {
		return 0, fmt.Errorf("write a number from %d to %d", from, to)
	}
	return n, nil
}

// signedNumber reads a number from 1 to limit, or from the end, -1 to -limit.
func signedNumber(s string, limit int) (int, error) {
	rest, minus := strings.CutPrefix(s, "-")
	if !minus {
		rest = strings.TrimPrefix(s, "+")
	}
	n, err := number(rest, 1, limit)
	if err != nil {
		return 0, fmt.Errorf("write a number from 1 to %d, or from the end -1 to -%d", limit, limit)
	}
	if minus {
		n = -n
	}
	return n, nil
}

func numbers(s string, from, to int) ([]int, error) {
	return list(s, func(item string) (int, error) { return number(item, from, to) })
}

func signed(s string, limit int) ([]int, error) {
	return list(s, func(item string) (int, error) { return signedNumber(item, limit) })
}

// list reads numbers with commas between; the result is sorted, each once.
func list(s string, read func(string) (int, error)) ([]int, error) {
	var all []int
	for item := range strings.SplitSeq(s, ",") {
		n, err := read(item)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

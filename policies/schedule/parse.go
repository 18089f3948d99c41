package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// parseCalendar reads an OnCalendar expression: a shorthand, or weekdays, date and
// time, each of which may be absent.
func parseCalendar(s string) (*calendar, error) {
	if long, ok := shorthand(s); ok {
		s = long
	}
	words := split(s)
	if err := refuse(s, words); err != nil {
		return nil, err
	}
	c := &calendar{}
	var err error
	if c.weekdays = everyDay(); isLetter(words[0][0]) {
		if c.weekdays, err = parseWeekdays(words[0]); err != nil {
			return nil, err
		}
		words = words[1:]
	}
	if len(words) > 0 && strings.ContainsAny(words[0], "-~") {
		if err := c.date(words[0]); err != nil {
			return nil, err
		}
		words = words[1:]
	}
	switch len(words) {
	case 0:
		c.clock = clock{zero(), zero(), zero()}
	case 1:
		err = c.time(words[0])
		if err == nil && strings.HasSuffix(s, " ") {
			err = errors.New("ends with a space: remove it")
		}
	default:
		err = fmt.Errorf("too much: %.40q; write weekdays, a date, a time, in this order", words[1])
	}
	return c, err
}

// refuse names the mistakes that concern the whole.
func refuse(s string, words []string) error {
	switch {
	case len(words) == 0:
		return errors.New(`nothing but spaces: write a time, as in "Tue 02:00"`)
	case s[0] == ' ':
		return errors.New("begins with a space: remove it")
	}
	for _, w := range words {
		if w[0] == '@' {
			return fmt.Errorf("%.40q counts from 1970 in UTC: write date and time, and set timezone", w)
		}
	}
	last := words[len(words)-1]
	if len(words) == 1 || !isLetter(last[0]) {
		return nil
	}
	if _, err := parseWeekdays(last); err == nil {
		return fmt.Errorf("weekday %.40q comes late: write weekdays first, with commas, as in \"Mon,Tue 02:00\"", last)
	}
	return fmt.Errorf("%.40q looks like a time zone: leave it out here, and set timezone", last)
}

// shorthand returns what a single word stands for.
func shorthand(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "minutely":
		return "*:*", true
	case "hourly":
		return "*:0", true
	case "daily":
		return "0:0", true
	case "weekly":
		return "Mon", true
	case "monthly":
		return "*-1", true
	case "quarterly":
		return "1,4,7,10-1", true
	case "semiannually", "semi-annually", "biannually", "bi-annually":
		return "1,7-1", true
	case "yearly", "annually", "anually": // the last as systemd still does
		return "1-1", true
	}
	return "", false
}

// date reads [YEAR-]MONTH-DAY, or with ~ before the day.
func (c *calendar) date(s string) error {
	at := strings.LastIndexAny(s, "-~")
	head, day := s[:at], s[at+1:]
	month := head
	var err error
	if y, m, ok := strings.Cut(head, "-"); ok {
		if c.years, err = yearPlace().field(y); err != nil {
			return err
		}
		month = m
	}
	if strings.ContainsAny(month, "-~") {
		return fmt.Errorf("date %.40q: write year-month-day or month-day; ~ only before the day", s)
	}
	if c.months, err = monthPlace().field(month); err != nil {
		return err
	}
	p := dayPlace()
	if c.fromEnd = s[at] == '~' && day != "*"; c.fromEnd {
		p = fromEndPlace()
	}
	c.days.days, err = p.field(day)
	return err
}

// time reads HOUR:MINUTE[:SECOND].
func (c *calendar) time(s string) error {
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return fmt.Errorf("time %.40q: write hour:minute or hour:minute:second", s)
	}
	var err error
	if c.hours, err = hourPlace().field(parts[0]); err != nil {
		return err
	}
	if c.minutes, err = minutePlace().field(parts[1]); err != nil {
		return err
	}
	c.micros = zero()
	if len(parts) == 3 {
		c.micros, err = secondPlace().field(parts[2])
	}
	return err
}

// split returns the words between spaces.
func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' })
}

// zero matches 0 alone.
func zero() field { return field{{start: 0, stop: open}} }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func everyDay() [7]bool { return [7]bool{true, true, true, true, true, true, true} }

// parseWeekdays reads a list of weekdays and ranges of them; a comma may be last.
func parseWeekdays(s string) ([7]bool, error) {
	var days [7]bool
	for _, item := range strings.Split(strings.TrimSuffix(s, ","), ",") {
		begin, end, ranged := strings.Cut(item, "..")
		if !ranged {
			begin, end, ranged = strings.Cut(item, "-")
		}
		first, ok := weekday(begin)
		last := first
		if ok && ranged {
			last, ok = weekday(end)
		}
		if !ok {
			return days, fmt.Errorf("weekday %.40q: write Mon, Tue, Wed, Thu, Fri, Sat or Sun, a list Mon,Thu or a range Mon..Fri", item)
		}
		if first > last {
			return days, fmt.Errorf("weekdays %q: a week begins on Monday here, write two ranges", item)
		}
		for d := first; d <= last; d++ {
			days[(d+1)%7] = true
		}
	}
	return days, nil
}

// weekday reads one; 0 is Monday.
func weekday(s string) (int, bool) {
	for d := range 7 {
		name := time.Weekday((d + 1) % 7).String()
		if strings.EqualFold(s, name) || strings.EqualFold(s, name[:3]) {
			return d, true
		}
	}
	return 0, false
}

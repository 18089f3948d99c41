package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// nth is a weekday of a month, counted, and some days more.
type nth struct {
	ordinal int // 1 to 5; 0 is the last
	weekday time.Weekday
	days    int           // 0 to 31
	at      time.Duration // since midnight
}

// maxDays is how many days after the weekday it may be: into the next month.
const maxDays = 31

func (n *nth) next(from time.Time) (time.Time, bool) {
	year, m, _ := from.AddDate(0, 0, -n.days).Date()
	for month := time.Date(year, m, 1, 0, 0, 0, 0, time.UTC); month.Year() <= lastYear; month = month.AddDate(0, 1, 0) {
		day := n.in(month)
		if day.Month() != month.Month() {
			continue // no fifth
		}
		if t := day.AddDate(0, 0, n.days).Add(n.at); !t.Before(from) {
			return t, t.Year() <= lastYear
		}
	}
	return time.Time{}, false
}

// in returns the weekday of the month that begins on a day, before the days are added.
func (n *nth) in(month time.Time) time.Time {
	if n.ordinal == 0 {
		last := month.AddDate(0, 1, -1)
		return last.AddDate(0, 0, -int(last.Weekday()-n.weekday+7)%7)
	}
	return month.AddDate(0, 0, int(n.weekday-month.Weekday()+7)%7+7*(n.ordinal-1))
}

// isOrdinal tells 2nd, and what is meant to be like it, from what begins an
// OnCalendar expression.
func isOrdinal(word string) bool {
	rest := strings.TrimLeft(word, "0123456789")
	if rest == word {
		return strings.EqualFold(word, "last")
	}
	return rest != "" && isLetter(rest[0])
}

// parseNth reads ORDINAL WEEKDAY [+Nd] HH:MM[:SS].
func parseNth(words []string) (*nth, error) {
	const form = `write it as in "2nd Tue +3d 02:00"`
	n := &nth{}
	var ok bool
	if n.ordinal, ok = ordinal(words[0]); !ok {
		return nil, fmt.Errorf("ordinal %.40q: write 1st, 2nd, 3rd, 4th, 5th or last", words[0])
	}
	if words = words[1:]; len(words) == 0 {
		return nil, fmt.Errorf("the weekday is missing: %s", form)
	}
	day, ok := weekday(words[0])
	if !ok {
		return nil, fmt.Errorf("weekday %.40q: write one of Mon, Tue, Wed, Thu, Fri, Sat, Sun", words[0])
	}
	n.weekday = time.Weekday((day + 1) % 7)
	words = words[1:]
	if len(words) > 0 && (words[0][0] == '+' || words[0][0] == '-') {
		if n.days, ok = later(words[0]); !ok {
			return nil, fmt.Errorf("days %.40q: write +0d to +%dd", words[0], maxDays)
		}
		words = words[1:]
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("the time is missing: %s", form)
	}
	if len(words) > 1 {
		if isLetter(words[1][0]) {
			return nil, fmt.Errorf("%.40q looks like a time zone: leave it out here, and set timezone", words[1])
		}
		return nil, fmt.Errorf("too much: %.40q; %s", words[1], form)
	}
	var err error
	n.at, err = timeOfDay(words[0])
	return n, err
}

func ordinal(s string) (int, bool) {
	for i, word := range []string{"last", "1st", "2nd", "3rd", "4th", "5th"} {
		if strings.EqualFold(s, word) {
			return i, true
		}
	}
	return 0, false
}

// later reads +Nd.
func later(s string) (int, bool) {
	days, found := strings.CutSuffix(strings.TrimPrefix(s, "+"), "d")
	if s[0] != '+' || !found || !digits(days) {
		return 0, false
	}
	n, err := strconv.Atoi(days)
	return n, err == nil && n <= maxDays
}

// timeOfDay reads HH:MM[:SS], one time and no pattern.
func timeOfDay(s string) (time.Duration, error) {
	parts := strings.Split(s, ":")
	if len(parts) != 2 && len(parts) != 3 {
		return 0, fmt.Errorf("time %.40q: write HH:MM or HH:MM:SS", s)
	}
	var at time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second}[:len(parts)] {
		v, err := strconv.Atoi(parts[i])
		if err != nil || !digits(parts[i]) || len(parts[i]) > 2 || v > 59 || i == 0 && v > lastHour {
			return 0, fmt.Errorf("time %.40q: write HH:MM or HH:MM:SS, 00:00 to 23:59:59", s)
		}
		at += time.Duration(v) * unit
	}
	return at, nil
}

package calendar

import (
	"fmt"
	"regexp"
	"time"
)

var hoursForm = regexp.MustCompile(`^([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])$`)

// ParseHours reads working hours as "08:00-18:00" and returns both ends as time
// since midnight by the clock. Hours may pass midnight ("22:00-06:00"); 24:00 is
// allowed as the end, so that "00:00-24:00" is the whole day. Two ends that are
// the same time are an error: it is not clear whether all day or never is meant.
func ParseHours(s string) (from, to time.Duration, err error) {
	m := hoursForm.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, fmt.Errorf(`%q are no working hours; write them as "08:00-18:00"`, s)
	}
	from, to = clock(m[1], m[2]), clock(m[3], m[4])
	switch {
	case from >= 24*time.Hour || to > 24*time.Hour:
		return 0, 0, fmt.Errorf("working hours %q: a day has the hours 00:00 to 23:59, and 24:00 as an end", s)
	case from == to:
		return 0, 0, fmt.Errorf(`working hours %q end when they begin; write "00:00-24:00" for all day`, s)
	}
	return from, to, nil
}

// clock is the time since midnight of two digits each of hours and minutes.
func clock(hours, minutes string) time.Duration {
	number := func(s string) int { return 10*int(s[0]-'0') + int(s[1]-'0') }
	return time.Duration(60*number(hours)+number(minutes)) * time.Minute
}

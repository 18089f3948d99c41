package schedule

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/teambition/rrule-go"
)

// check refuses what RFC 5545 forbids, what cannot be known, and what the rule
// library does not bear.
func (r *rule) check() error {
	has := func(key string) bool { return r.seen[key] }
	started := has("DTSTART")
	switch {
	case !has("FREQ"):
		return errors.New("FREQ is missing: write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	case !has("BYHOUR") || !has("BYMINUTE"):
		return errors.New("the time of day is missing: write BYHOUR and BYMINUTE, as BYHOUR=2;BYMINUTE=0")
	case has("COUNT") && has("UNTIL"):
		return errors.New("COUNT and UNTIL: write one of them")
	case has("COUNT") && !started:
		return errors.New("COUNT needs a begin: add DTSTART=20260106T020000")
	case r.option.Interval > 1 && !started:
		return errors.New("INTERVAL needs a begin to count from: add DTSTART=20260106T020000")
	}
	if r.option.Freq > rrule.DAILY {
		if r.option.Interval > 1 || has("BYSETPOS") {
			return errors.New("INTERVAL and BYSETPOS need FREQ=DAILY or more: write the times in BYHOUR and BYMINUTE")
		}
		if r.option.Freq == rrule.SECONDLY && !has("BYSECOND") {
			for s := range 60 {
				r.seconds = append(r.seconds, s)
			}
		}
		r.option.Freq = rrule.DAILY
	}
	return nil
}

// checkDays holds the parts that choose days against the frequency.
func (r *rule) checkDays() error {
	o := &r.option
	numbered := slices.ContainsFunc(o.Byweekday, func(d rrule.Weekday) bool { return d.N() != 0 })
	switch {
	case len(o.Byweekno) > 0 && o.Freq != rrule.YEARLY:
		return errors.New("BYWEEKNO goes with FREQ=YEARLY only")
	case len(o.Byyearday) > 0 && o.Freq != rrule.YEARLY:
		return errors.New("BYYEARDAY goes with FREQ=YEARLY only")
	case len(o.Bymonthday) > 0 && o.Freq == rrule.WEEKLY:
		return errors.New("BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY, or DAILY")
	case numbered && o.Freq > rrule.MONTHLY:
		return errors.New("BYDAY with a number goes with FREQ=MONTHLY or YEARLY")
	case numbered && len(o.Byweekno) > 0:
		return errors.New("BYDAY with a number does not go with BYWEEKNO")
	}
	if len(o.Bymonthday) > 0 && !r.monthHasDay() {
		return errors.New("never opens: no such month has such a day")
	}
	if numbered {
		return r.numberDays()
	}
	return nil
}

// monthHasDay tells whether BYMONTHDAY is ever a day of a month in BYMONTH. The library
// would look for it for eight thousand years.
func (r *rule) monthHasDay() bool {
	shortest := maxDays
	for _, d := range r.option.Bymonthday {
		shortest = min(shortest, max(d, -d))
	}
	longest := func(month int) int { return date(2000, time.Month(month+1), 0).Day() } // a leap year
	return len(r.option.Bymonth) == 0 || slices.ContainsFunc(r.option.Bymonth, func(m int) bool { return shortest <= longest(m) })
}

// numberDays gives each weekday a number: the library takes a list in which only some
// have one for what is in both halves, and looks a number up without asking whether
// a month has so many.
func (r *rule) numberDays() error {
	o := &r.option
	most := 53
	if o.Freq == rrule.MONTHLY || len(o.Bymonth) > 0 {
		most = 5
	}
	var days []rrule.Weekday
	for _, d := range o.Byweekday {
		if d.N() > most || d.N() < -most {
			return fmt.Errorf("BYDAY=%s: a month has no more than %d of a weekday", d.String(), most)
		}
		if d.N() != 0 {
			days = append(days, d)
			continue
		}
		for n := range most {
			days = append(days, d.Nth(n+1))
		}
	}
	o.Byweekday = days
	return nil
}

// fromStart takes what the rule leaves open from DTSTART, as RFC 5545 says.
func (r *rule) fromStart() error {
	o := &r.option
	byWeekday := len(o.Byweekday) > 0
	byDay := byWeekday || len(o.Bymonthday) > 0 || len(o.Byyearday) > 0
	started := r.seen["DTSTART"]
	switch {
	case o.Freq == rrule.DAILY:
	case !started && (o.Freq == rrule.WEEKLY || len(o.Byweekno) > 0) && !byDay:
		return errors.New("the weekday is missing: write BYDAY=TU, or add DTSTART=20260106T020000")
	case !started && !byDay:
		return errors.New("the day is missing: write BYDAY or BYMONTHDAY, or add DTSTART=20260106T020000")
	case o.Freq == rrule.WEEKLY && !byWeekday, len(o.Byweekno) > 0 && !byDay:
		o.Byweekday = []rrule.Weekday{allDays()[(r.start.Weekday()+6)%7]}
	case !byDay:
		o.Bymonthday = []int{r.start.Day()}
		if o.Freq == rrule.YEARLY && len(o.Bymonth) == 0 {
			o.Bymonth = []int{int(r.start.Month())}
		}
	}
	if r.seconds == nil {
		r.seconds = []int{r.start.Second()}
	}
	if !started {
		r.start = beginning()
	}
	return nil
}

// times hands the times of day to the clock, or to the library if BYSETPOS chooses
// among them.
func (r *rule) times() error {
	r.clock = clock{all(r.hours, 1), all(r.minutes, 1), all(r.seconds, perSecond)}
	o := &r.option
	o.Byhour, o.Byminute, o.Bysecond = []int{0}, []int{0}, []int{0}
	if len(o.Bysetpos) == 0 {
		return nil
	}
	n := len(r.hours) * len(r.minutes) * len(r.seconds)
	if n > maxChosen {
		return fmt.Errorf("BYSETPOS with %d times a day: write %d at most", n, maxChosen)
	}
	if most := n * r.mostDays(); r.firstChoice() > most {
		return fmt.Errorf("never opens: BYSETPOS asks for more than the %d times there are", most)
	}
	o.Byhour, o.Byminute, o.Bysecond = r.hours, r.minutes, r.seconds
	return nil
}

// mostDays is how many days of a period may match.
func (r *rule) mostDays() int {
	switch r.option.Freq {
	case rrule.YEARLY:
		return 366
	case rrule.MONTHLY:
		return maxDays
	case rrule.WEEKLY:
		return len(r.option.Byweekday)
	default:
		return 1
	}
}

// firstChoice is how many starts a period must have for BYSETPOS to choose one.
func (r *rule) firstChoice() int {
	least := math.MaxInt
	for _, n := range r.option.Bysetpos {
		least = min(least, max(n, -n))
	}
	return least
}

// all matches each of the numbers.
func all(numbers []int, unit int) field {
	f := make(field, len(numbers))
	for i, n := range numbers {
		f[i] = span{start: n * unit, stop: open}
	}
	return f
}

// ends turns COUNT into a last time, and refuses a rule that never opens.
func (r *rule) ends() error {
	from := beginning()
	var t time.Time
	for i := range max(r.count, 1) {
		next, ok := r.next(from)
		if !ok && i == 0 {
			return fmt.Errorf("never opens: no such day from %d to %d, or none before UNTIL", firstYear, lastYear)
		}
		if !ok {
			return nil // fewer than COUNT
		}
		t, from = next, next.Add(time.Microsecond)
	}
	if r.count > 0 {
		r.last = t
	}
	if !r.untilUTC.IsZero() && t.Add(-maxOffset).After(r.untilUTC) {
		return errors.New("never opens: UNTIL is before the first time")
	}
	return nil
}

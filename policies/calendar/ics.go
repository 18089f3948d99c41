package calendar

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	ics "github.com/arran4/golang-ical"
)

const (
	// maxICSHolidays bounds what a file may expand to.
	maxICSHolidays = 50_000
	// maxICSRules bounds the recurrence rules of a file, maxICSDaily those of them
	// that are asked for each day, maxICSSteps what all of them may give before and
	// in the horizon.
	maxICSRules = 500
	maxICSDaily = 30
	maxICSSteps = 500_000
	// maxICSWarnings bounds the warnings of one kind that name an event.
	maxICSWarnings = 10
)

// ParseICS reads the holidays between two days, both included, from a calendar
// file (RFC 5545) of at most 4 MiB. They come in the order of their dates, each
// date and name once.
//
// An all-day event is a holiday on each of its days; DTEND is not one of them.
// RRULE, RDATE, EXDATE and changes of single instances (RECURRENCE-ID) count; what
// is cancelled does not. Events with a time of day are ignored, with a warning.
// Where dates of an all-day event are given as times, against the standard, they
// are read in zone (UNTIL, EXDATE and others at midnight, the days that Outlook
// marks as such).
//
// Whatever cannot be read is an error that names the event or the line: no
// holidays come with an error.
func ParseICS(data []byte, zone *time.Location, from, to Date) ([]Holiday, []string, error) {
	if zone == nil {
		zone = time.UTC
	}
	scanned, err := scanICS(data)
	if err != nil {
		return nil, nil, err
	}
	file, err := ics.ParseCalendar(bytes.NewReader(scanned.text))
	if err != nil {
		return nil, nil, fmt.Errorf("is no calendar file: %w", err)
	}
	events := file.Events()
	if len(events) != len(scanned.lines) {
		return nil, nil, fmt.Errorf("has %d events, of which %d can be read", len(scanned.lines), len(events))
	}
	im := icsImport{zone: zone, from: from, to: to, replaced: map[string]map[Date]bool{}}
	for i, e := range events {
		if err := im.read(e, scanned.lines[i]); err != nil {
			return nil, nil, err
		}
	}
	for i := range im.events {
		if err := im.expand(&im.events[i]); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", im.events[i].title, err)
		}
	}
	slices.SortFunc(im.holidays, compareHolidays)
	holidays := slices.Compact(im.holidays)
	return holidays, im.warnings(len(holidays)), nil
}

func compareHolidays(a, b Holiday) int {
	return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.Name, b.Name))
}

// icsImport is the reading of one file.
type icsImport struct {
	zone     *time.Location
	from, to Date
	// events are the all-day events, cancelled ones left out.
	events []icsEvent
	// replaced has, by UID, the instances of a series that an event of their own
	// stands for.
	replaced map[string]map[Date]bool
	holidays []Holiday
	rules    int
	daily    int
	steps    int
	timed    []string
	odd      []string
}

// read takes one event in.
func (im *icsImport) read(e *ics.VEvent, line int) error {
	ev, err := im.decode(e, line)
	if err != nil {
		return fmt.Errorf("%s: %w", ev.title, err)
	}
	if ev.instance != nil {
		if im.replaced[ev.uid] == nil {
			im.replaced[ev.uid] = map[Date]bool{}
		}
		im.replaced[ev.uid][*ev.instance] = true
	}
	switch {
	case ev.cancelled:
	case ev.timed:
		im.timed = append(im.timed, ev.title+" has a time of day and is ignored: only all-day events are holidays")
	default:
		im.events = append(im.events, ev)
	}
	return nil
}

// expand adds an event's holidays.
func (im *icsImport) expand(e *icsEvent) error {
	starts := map[Date]bool{e.start: true}
	for _, d := range e.added {
		starts[d] = true
	}
	for _, r := range e.rules {
		if im.rules++; im.rules > maxICSRules {
			return fmt.Errorf("is the %dth with a rule; more are not read: export only the holidays", im.rules)
		}
		if err := im.follow(r, e, starts); err != nil {
			return err
		}
	}
	for _, d := range e.removed {
		delete(starts, d)
	}
	for d := range starts {
		if e.instance == nil && im.replaced[e.uid][d] {
			continue
		}
		if err := im.add(d, e); err != nil {
			return err
		}
	}
	return nil
}

// add adds one instance of an event, as far as it is between the two days.
func (im *icsImport) add(start Date, e *icsEvent) error {
	last := start.AddDays(e.days - 1)
	if last.Compare(im.to) > 0 {
		last = im.to
	}
	if start.Compare(im.from) < 0 {
		start = im.from
	}
	for d := start; d.Compare(last) <= 0; d = d.AddDays(1) {
		if len(im.holidays) == maxICSHolidays {
			return fmt.Errorf("the file has more than %d holidays: export only the holidays", maxICSHolidays)
		}
		im.holidays = append(im.holidays, Holiday{Date: d, Name: e.name})
	}
	return nil
}

// warnings are what the operator should know about a file that was read.
func (im *icsImport) warnings(holidays int) []string {
	out := slices.Concat(atMost(im.timed, "with a time of day"), atMost(im.odd, "of the same kind"))
	if holidays == 0 {
		out = append(out, fmt.Sprintf("there is no holiday between %s and %s in it: is it out of date?", im.from, im.to))
	}
	return out
}

func atMost(warnings []string, kind string) []string {
	if n := len(warnings) - maxICSWarnings; n > 0 {
		return append(slices.Clone(warnings[:maxICSWarnings]), fmt.Sprintf("%d more events %s", n, kind))
	}
	return warnings
}

var errTwice = errors.New("is given twice")

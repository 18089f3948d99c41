package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	ics "github.com/arran4/golang-ical"
)

// allDayMark is how Outlook says that an event from midnight to midnight is meant
// as whole days ([MS-OXCICAL] section 2.1.3.1.1.20.28).
const allDayMark = "X-MICROSOFT-CDO-ALLDAYEVENT"

// icsEvent is an event as far as it matters here.
type icsEvent struct {
	// title names it in messages.
	title string
	uid   string
	name  string
	start Date
	// days is how many it has.
	days           int
	rules          []string
	added, removed []Date
	// instance is which one of a series it stands for; nil if for none.
	instance         *Date
	timed, cancelled bool
}

// decode reads an event. Its title is given with an error too.
func (im *icsImport) decode(e *ics.VEvent, line int) (icsEvent, error) {
	p := propertiesOf(e)
	ev := icsEvent{uid: p.text("UID"), name: plain(p.text("SUMMARY"), 200), days: 1}
	ev.title = fmt.Sprintf("event on line %d", line)
	if ev.name != "" {
		ev.title = fmt.Sprintf("event %q on line %d", plain(ev.name, 60), line)
	}
	ev.cancelled = strings.EqualFold(strings.TrimSpace(p.text("STATUS")), "CANCELLED")
	start, given, err := p.moment("DTSTART")
	switch {
	case err != nil:
		return ev, err
	case !given:
		return ev, errors.New("has no DTSTART")
	}
	allDay := strings.EqualFold(strings.TrimSpace(p.text(allDayMark)), "TRUE")
	day, midnight := start.day(im.zone)
	ev.timed = start.timed && (!allDay || !midnight)
	if err := im.decodeInstance(&ev, p); err != nil || ev.timed {
		return ev, err
	}
	ev.start = day
	if ev.days, err = im.daysOf(&ev, p, start); err != nil {
		return ev, err
	}
	return ev, im.decodeSeries(&ev, p)
}

// decodeInstance reads which instance of a series an event stands for.
func (im *icsImport) decodeInstance(ev *icsEvent, p icsProperties) error {
	m, given, err := p.moment("RECURRENCE-ID")
	switch {
	case err != nil || !given:
		return err
	case ev.uid == "":
		return errors.New("has a RECURRENCE-ID and no UID: it is not known whose instance it is")
	case p["RECURRENCE-ID"][0].param("RANGE") != "":
		return errors.New("changes an instance and all after it (RANGE), which is not supported: export the calendar anew")
	}
	// One of a series with a time of day takes no whole day's place.
	ev.instance = &Date{}
	if day, midnight := m.day(im.zone); midnight {
		ev.instance = &day
	}
	return nil
}

// decodeSeries reads when an event is again.
func (im *icsImport) decodeSeries(ev *icsEvent, p icsProperties) (err error) {
	if len(p["EXRULE"]) > 0 {
		return errors.New("has an EXRULE, which is not supported: export the calendar anew")
	}
	for _, r := range p["RRULE"] {
		ev.rules = append(ev.rules, r.Value)
	}
	if ev.added, err = p.days("RDATE", im.zone); err != nil {
		return err
	}
	ev.removed, err = p.days("EXDATE", im.zone)
	return err
}

// daysOf is how many days an all-day event has. One without an end has one day
// (RFC 5545 section 3.6.1), and so has one that ends when it begins, as some
// programs write it.
func (im *icsImport) daysOf(ev *icsEvent, p icsProperties, start icsMoment) (int, error) {
	end, hasEnd, err := p.moment("DTEND")
	if err != nil {
		return 0, err
	}
	duration := p.text("DURATION")
	days := 1
	switch {
	case hasEnd && duration != "":
		return 0, errors.New("has both DTEND and DURATION")
	case hasEnd:
		last, midnight := end.day(im.zone)
		if end.timed != start.timed || !midnight {
			return 0, fmt.Errorf("begins with a whole day and ends at a time of day (DTEND %s)", p.text("DTEND"))
		}
		days = int((last.utc().Unix() - ev.start.utc().Unix()) / 86400) // a Duration ends after 292 years
	case duration != "":
		if days, err = wholeDays(duration); err != nil {
			return 0, err
		}
	}
	switch {
	case days < 0:
		return 0, fmt.Errorf("ends on %s, before it begins", p.text("DTEND"))
	case days == 0:
		im.odd = append(im.odd, ev.title+" ends when it begins and is taken for one day")
		return 1, nil
	}
	return days, nil
}

var durationForm = regexp.MustCompile(`^\+?P(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?$`)

// wholeDays reads a duration of an all-day event (RFC 5545 section 3.3.6).
func wholeDays(s string) (int, error) {
	m := durationForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("DURATION %s cannot be read", excerpt(s))
	}
	seconds, given := 0, false
	for i, unit := range []int{7 * 86400, 86400, 3600, 60, 1} {
		if m[i+1] == "" {
			continue
		}
		n, err := strconv.Atoi(m[i+1])
		if err != nil {
			return 0, fmt.Errorf("DURATION %s cannot be read", excerpt(s))
		}
		seconds, given = seconds+n*unit, true
	}
	if !given || seconds%86400 != 0 {
		return 0, fmt.Errorf("DURATION %s is not one of whole days", excerpt(s))
	}
	return seconds / 86400, nil
}

// plain is a text on one line, cut after some characters.
func plain(s string, most int) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return string(runes)
}

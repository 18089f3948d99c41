package schedule

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/teambition/rrule-go"
	"pgregory.net/rapid"
)

func TestRules(t *testing.T) {
	for _, c := range []struct {
		name, text, zone, after string
		want                    []string
	}{
		{
			"weekly", "FREQ=WEEKLY;BYDAY=TU;BYHOUR=2;BYMINUTE=0", "Europe/Berlin", "2026-01-01T00:00:00Z",
			[]string{"2026-01-06T02:00:00+01:00", "2026-01-13T02:00:00+01:00"},
		},
		{
			"small letters, its name, spaces around", " rrule:freq=weekly;byday=tu;byhour=2;byminute=0 \n", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-06T02:00:00Z"},
		},
		{
			"second Tuesday", "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=2;BYMINUTE=30;BYSECOND=15", "UTC", "2026-01-13T02:30:15Z",
			[]string{"2026-02-10T02:30:15Z", "2026-03-10T02:30:15Z"},
		},
		{
			"numbered and not, one list", "FREQ=MONTHLY;BYDAY=1MO,FR;BYHOUR=2;BYMINUTE=0", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-02T02:00:00Z", "2026-01-05T02:00:00Z", "2026-01-09T02:00:00Z"},
		},
		{
			"last weekday of the month", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;BYHOUR=22;BYMINUTE=0", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-30T22:00:00Z", "2026-02-27T22:00:00Z"},
		},
		{
			"every other week, from its begin", "DTSTART:20260106T020000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYHOUR=2;BYMINUTE=0", "UTC", "2026-06-01T00:00:00Z",
			[]string{"2026-06-09T02:00:00Z", "2026-06-23T02:00:00Z"},
		},
		{
			"every third day, the begin a part of it", "DTSTART=20260101;FREQ=DAILY;INTERVAL=3;BYHOUR=2,14;BYMINUTE=0", "UTC", "2026-01-04T02:00:00Z",
			[]string{"2026-01-04T14:00:00Z", "2026-01-07T02:00:00Z"},
		},
		{
			"every fifth month, the 31st", "DTSTART=20260131T010000;FREQ=MONTHLY;INTERVAL=5;BYHOUR=1;BYMINUTE=0", "UTC", "2026-01-31T01:00:00Z",
			[]string{"2028-07-31T01:00:00Z", "2028-12-31T01:00:00Z"},
		},
		{
			"day and second from the begin", "DTSTART;VALUE=DATE-TIME:20240229T010007\r\nFREQ=YEARLY;BYHOUR=1;BYMINUTE=0", "UTC", "2024-02-29T01:00:07Z",
			[]string{"2028-02-29T01:00:07Z", "2032-02-29T01:00:07Z"},
		},
		{
			"weekday of a week from the begin", "DTSTART=20260107;FREQ=YEARLY;BYWEEKNO=20;BYHOUR=1;BYMINUTE=0", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-05-13T01:00:00Z", "2027-05-19T01:00:00Z"},
		},
		{
			"three times", "DTSTART=20260106T020000;FREQ=WEEKLY;COUNT=3;BYHOUR=2,3;BYMINUTE=0", "UTC", "0001-01-01T00:00:00Z",
			[]string{"2026-01-06T02:00:00Z", "2026-01-06T03:00:00Z", "2026-01-13T02:00:00Z"},
		},
		{
			"until, a local time, included", "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;UNTIL=20260102T020000", "Europe/Berlin", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T02:00:00+01:00", "2026-01-02T02:00:00+01:00"},
		},
		{
			"until, a date, included", "FREQ=DAILY;BYHOUR=22;BYMINUTE=0;UNTIL=20260102", "Europe/Berlin", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T22:00:00+01:00", "2026-01-02T22:00:00+01:00"},
		},
		{
			"until, in UTC, is one instant in all zones", "FREQ=DAILY;BYHOUR=2;BYMINUTE=0;UNTIL=20260102T005959Z", "Europe/Berlin", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T02:00:00+01:00"},
		},
		{
			"skipped and repeated hours", "FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU;BYHOUR=2;BYMINUTE=30", "Europe/Berlin", "2026-01-01T00:00:00Z",
			[]string{"2026-03-29T03:00:00+02:00", "2026-10-25T02:30:00+02:00", "2027-03-28T03:00:00+02:00"},
		},
		{
			"seconds", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=29;BYHOUR=1;BYMINUTE=5", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2028-02-29T01:05:00Z", "2028-02-29T01:05:01Z"},
		},
		{
			"minutes and hours are filters below a day", "FREQ=MINUTELY;BYHOUR=1,3;BYMINUTE=5", "UTC", "2026-01-01T01:05:00Z",
			[]string{"2026-01-01T03:05:00Z", "2026-01-02T01:05:00Z"},
		},
		{
			"the first and the last time of a day", "FREQ=DAILY;BYHOUR=1,3,5;BYMINUTE=0,30;BYSETPOS=1,-1", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-01-01T01:00:00Z", "2026-01-01T05:30:00Z", "2026-01-02T01:00:00Z"},
		},
		{
			"last day of the year, the leap day counted", "FREQ=YEARLY;BYYEARDAY=366;BYHOUR=1;BYMINUTE=0", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2028-12-31T01:00:00Z", "2032-12-31T01:00:00Z"},
		},
		{
			"week 53", "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO;BYHOUR=1;BYMINUTE=0", "UTC", "2026-01-01T00:00:00Z",
			[]string{"2026-12-28T01:00:00Z", "2032-12-27T01:00:00Z"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := ParseRRule(c.text)
			if err != nil {
				t.Fatal(err)
			}
			n := len(c.want)
			if strings.Contains(c.text, "UNTIL") || strings.Contains(c.text, "COUNT") {
				n++ // and nothing after
			}
			if d := cmp.Diff(c.want, starts(t, s, c.after, c.zone, n)); d != "" {
				t.Errorf("%s (-want +got):\n%s", c.text, d)
			}
			if s.String() != c.text {
				t.Errorf("String() is %q", s.String())
			}
		})
	}
}

func TestRulesRefused(t *testing.T) {
	const at = ";BYHOUR=2;BYMINUTE=0"
	for _, c := range []struct{ text, want string }{
		{"", "empty"},
		{"\n\n", "on one line"},
		{"FREQ=DAILY\nFREQ=DAILY" + at, "DTSTART"},
		{"DTSTART:20260101\n\nFREQ=DAILY" + at + "\nEXDATE:20260101", "on one line"},
		{"DTSTART;TZID=Europe/Berlin:20260101T000000\nFREQ=DAILY" + at, "set timezone"},
		{"DTSTART;X=Y:20260101T000000\nFREQ=DAILY" + at, "leave it out"},
		{"DTSTART:20260101T000000Z\nFREQ=DAILY" + at, "set timezone"},
		{"DTSTART:20260230T000000\nFREQ=DAILY" + at, "that exist"},
		{"DTSTART:20260101T000000\nDTSTART=20260101;FREQ=DAILY" + at, "twice"},
		{"DTSTART=18000101;FREQ=DAILY" + at, "1970 to 2199"},
		{"BYHOUR=2;BYMINUTE=0", "FREQ is missing"},
		{"FREQ=DAILY;BYHOUR=2", "BYHOUR and BYMINUTE"},
		{"FREQ=DAILY;BYMINUTE=2", "BYHOUR and BYMINUTE"},
		{"FREQ=FORTNIGHTLY" + at, "write DAILY"},
		{"FREQ=DAILY;" + at, "NAME=VALUE"},
		{"FREQ=DAILY;FREQ=DAILY" + at, "twice"},
		{"FREQ=DAILY;BYEASTER=1" + at, "no part of a rule"},
		{"FREQ=DAILY;INTERVAL=2" + at, "INTERVAL needs a begin"},
		{"FREQ=DAILY;INTERVAL=0" + at, "1 to 100000"},
		{"FREQ=DAILY;INTERVAL=99999999999999999999" + at, "1 to 100000"},
		{"FREQ=DAILY;COUNT=2" + at, "COUNT needs a begin"},
		{"FREQ=DAILY;COUNT=1001" + at, "1 to 1000"},
		{"DTSTART=20260101;FREQ=DAILY;COUNT=2;UNTIL=20270101" + at, "one of them"},
		{"FREQ=DAILY;UNTIL=2027" + at, "that exist"},
		{"FREQ=DAILY;UNTIL=20270101Z" + at, "leave it out"},
		{"DTSTART=20260101;FREQ=DAILY;UNTIL=20250101" + at, "never opens"},
		{"DTSTART=20260101;FREQ=DAILY;UNTIL=20250101T000000Z" + at, "never opens"},
		{"FREQ=WEEKLY" + at, "weekday is missing"},
		{"FREQ=MONTHLY" + at, "day is missing"},
		{"FREQ=YEARLY;BYMONTH=2" + at, "day is missing"},
		{"FREQ=YEARLY;BYWEEKNO=2" + at, "weekday is missing"},
		{"FREQ=MONTHLY;BYWEEKNO=2;BYDAY=MO" + at, "YEARLY only"},
		{"FREQ=DAILY;BYYEARDAY=2" + at, "YEARLY only"},
		{"FREQ=WEEKLY;BYMONTHDAY=2" + at, "does not go with"},
		{"FREQ=WEEKLY;BYDAY=2MO" + at, "MONTHLY or YEARLY"},
		{"FREQ=YEARLY;BYWEEKNO=2;BYDAY=2MO" + at, "does not go with BYWEEKNO"},
		{"FREQ=MONTHLY;BYDAY=6MO" + at, "no more than 5"},
		{"FREQ=MONTHLY;BYDAY=-53MO" + at, "no more than 5"},
		{"FREQ=YEARLY;BYMONTH=12;BYDAY=53MO" + at, "no more than 5"},
		{"FREQ=YEARLY;BYDAY=54MO" + at, "1 to 53"},
		{"FREQ=YEARLY;BYDAY=0MO" + at, "1 to 53"},
		{"FREQ=YEARLY;BYDAY=M" + at, "write MO"},
		{"FREQ=WEEKLY;BYDAY=MO;WKST=MO,TU" + at, "one weekday"},
		{"FREQ=MONTHLY;BYMONTHDAY=0" + at, "1 to 31"},
		{"FREQ=MONTHLY;BYMONTHDAY=+-1" + at, "1 to 31"},
		{"FREQ=DAILY;BYHOUR=24;BYMINUTE=0", "0 to 23"},
		{"FREQ=DAILY;BYHOUR=2;BYMINUTE=60", "0 to 59"},
		{"FREQ=DAILY;BYSECOND=60" + at, "0 to 59"},
		{"FREQ=HOURLY;INTERVAL=5;DTSTART=20260101T000000" + at, "FREQ=DAILY or more"},
		{"FREQ=MINUTELY;BYSETPOS=5" + at, "FREQ=DAILY or more"},
		{"FREQ=DAILY;BYSETPOS=2" + at, "never opens"},
		{"FREQ=DAILY;BYSETPOS=-1;BYSECOND=0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24" + at, "24 at most"},
		{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30" + at, "never opens"},
		{"FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=-31,31" + at, "never opens"},
		{"FREQ=YEARLY;BYMONTH=1;BYYEARDAY=100" + at, "never opens"},
		{"FREQ=WEEKLY;BYDAY=MO;BYSETPOS=3" + at, "never opens"},
		{"DTSTART=20260106;FREQ=DAILY;INTERVAL=7;BYDAY=MO" + at, "never opens"},
	} {
		s, err := ParseRRule(c.text)
		if err == nil {
			t.Errorf("%q is accepted: %v", c.text, s)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "rrule ") || len(err.Error()) > 400 {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

// TestRulesAreTheLibrarys: wherever one begins to look, the starts are those that the
// library counts from the begin of the rule, with COUNT, UNTIL, BYSETPOS and an
// interval, and with frequencies that are read as another here.
func TestRulesAreTheLibrarys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := choices(t)
		day := time.Date(c.between(1999, 2004), time.Month(c.between(1, 12)), c.between(1, 28), c.between(0, 23), 0, 0, 0, time.UTC)
		text := "DTSTART=" + day.Format("20060102T150405") + ";" + c.rule()
		s, err := ParseRRule(text)
		if err != nil {
			return
		}
		theirs, err := rrule.StrToRRule(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		var all []time.Time
		next := theirs.Iterator()
		for at, ok := next(); ok && len(all) < 40 && at.Year() <= lastYear; at, ok = next() {
			all = append(all, at)
		}
		from := c(len(all) + 1)
		at := beginning()
		if from > 0 {
			at = all[from-1]
		}
		if d := cmp.Diff(all[from:], row(s, at, time.UTC, len(all)-from), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%s after %s (-library +got):\n%s", text, at, d)
		}
	})
}

// row returns the next n starts.
func row(s Schedule, at time.Time, zone *time.Location, n int) []time.Time {
	all := []time.Time{}
	for len(all) < n {
		var ok bool
		if at, ok = s.Next(at, zone); !ok {
			break
		}
		at = at.UTC()
		all = append(all, at)
	}
	return all
}

// rule writes a rule that the library reads as RFC 5545 says.
func (c chooser) rule() string {
	freq := c.of("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "DAILY", "HOURLY", "MINUTELY")
	parts := []string{
		"FREQ=" + freq, "WKST=MO",
		"BYHOUR=" + c.of("0", "2", "2,14", "0,12,23"),
		"BYMINUTE=" + c.of("0", "30", "0,15", "59"),
		"BYSECOND=" + c.of("0", "7,8"),
	}
	if c.one(2) && freq != "HOURLY" && freq != "MINUTELY" {
		parts = append(parts, "INTERVAL="+c.of("1", "2", "3", "7", "12"))
	}
	if c.one(3) {
		parts = append(parts, "BYMONTH="+c.of("1", "2", "2,12", "4,6,9"))
	}
	switch freq {
	case "YEARLY":
		parts = append(parts, c.of("BYDAY=MO,SU", "BYDAY=5FR,-1MO", "BYYEARDAY=1,60,-1,366", "BYMONTHDAY=29,-31", "BYWEEKNO=1,20,-1;BYDAY=MO,SU", "BYMONTHDAY=13;BYDAY=FR"))
	case "MONTHLY":
		parts = append(parts, c.of("BYDAY=2TU", "BYDAY=MO,WE", "BYDAY=5FR,-1MO", "BYMONTHDAY=31", "BYMONTHDAY=-1,1", "BYMONTHDAY=13;BYDAY=FR"))
	case "WEEKLY":
		parts = append(parts, "BYDAY="+c.of("MO", "TU,SA", "SU,MO"))
	default:
		parts = append(parts, c.of("BYDAY=MO,SU", "BYMONTHDAY=29,-31", "BYDAY=FR;BYMONTHDAY=13"))
	}
	switch c(5) {
	case 0:
		parts = append(parts, "COUNT="+c.of("1", "2", "17"))
	case 1:
		parts = append(parts, "UNTIL="+c.of("20051231T235959Z", "20050101T000000", "20300101T000000"))
	case 2:
		// weeks not: the library's first one begins with DTSTART
		if freq == "YEARLY" || freq == "MONTHLY" || freq == "DAILY" {
			parts = append(parts, "BYSETPOS="+c.of("1", "-1", "2,-2"))
		}
	}
	return strings.Join(parts, ";")
}

package schedule

import (
	"testing"
	"time"
)

// holds checks what is true of every schedule that was read.
func holds(t *testing.T, s Schedule, err error, text string, again func(string) (Schedule, error)) {
	t.Helper()
	if err != nil {
		if s != nil || err.Error() == "" || len(err.Error()) > 1000 {
			t.Fatalf("%q: %v with %v", text, err, s)
		}
		return
	}
	if s.String() != text {
		t.Fatalf("%q is written %q", text, s.String())
	}
	same, err := again(s.String())
	if err != nil {
		t.Fatalf("%q is read once only: %v", text, err)
	}
	zone := inZone(t, "Australia/Lord_Howe")
	for _, year := range []int{1970, 2011, 2026, 2190} {
		at := time.Date(year, 3, 31, 12, 0, 0, 0, time.UTC)
		for range 3 {
			next, ok := s.Next(at, zone)
			if other, also := same.Next(at, zone); ok != also || !next.Equal(other) {
				t.Fatalf("%q after %s: %s, and read again %s", text, at, next, other)
			}
			if !ok {
				break
			}
			if !next.After(at) {
				t.Fatalf("%q after %s: %s", text, at, next)
			}
			at = next
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"Tue 02:00", "Mon *-05~07/1", "daily", "2nd Tue +3d 02:00", "last Sun 1:0:5", "*-*~1..5/3,7", "0:0:0.5..59/0.1", "70..69-1/2-1,3 *:*:*",
		"Mon..Fri,Sun, 1970..2199/7-*-* 12,14..20/3:0/15", "0:0:59.9999999", "@5", "1:0 UTC", "5th Mon +31d 23:59:59",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		holds(t, s, err, text, Parse)
	})
}

func FuzzParseRRule(f *testing.F) {
	for _, s := range []string{
		"FREQ=DAILY;BYHOUR=2;BYMINUTE=0",
		"RRULE:FREQ=MONTHLY;BYDAY=2TU,-1FR,MO;BYHOUR=2,14;BYMINUTE=0,30;BYSECOND=5",
		"DTSTART:20260106T020000\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYHOUR=2;BYMINUTE=0;COUNT=10",
		"DTSTART;VALUE=DATE:20260106\r\nFREQ=YEARLY;BYHOUR=2;BYMINUTE=0;UNTIL=20300101",
		"FREQ=YEARLY;BYWEEKNO=-1,53;BYDAY=SU;WKST=SU;BYHOUR=0;BYMINUTE=0",
		"FREQ=YEARLY;BYYEARDAY=-366,1;BYHOUR=0;BYMINUTE=0;BYSETPOS=-1",
		"FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=-29;BYHOUR=0;BYMINUTE=0",
		"DTSTART=20000229T000000;FREQ=YEARLY;INTERVAL=100;BYHOUR=0;BYMINUTE=0;UNTIL=20400101T000000Z",
		"FREQ=YEARLY;BYMONTH=12;BYDAY=53MO;BYHOUR=0;BYMINUTE=0",
		"FREQ=HOURLY;INTERVAL=24;DTSTART=20260101T010000;BYHOUR=2;BYMINUTE=0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseRRule(text)
		holds(t, s, err, text, ParseRRule)
	})
}

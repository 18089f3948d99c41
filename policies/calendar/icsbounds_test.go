package calendar_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/policies/calendar"
)

// TestBounds: what a file makes the reader do ends, however the file is written.
func TestBounds(t *testing.T) {
	many := func(n int, event string) []byte {
		events := make([]string, n)
		for i := range events {
			events[i] = event
		}
		return file(events...)
	}
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"too many rules", many(501, "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY"), "is the 501th with a rule"},
		{"too many days of rules", many(4, "DTSTART;VALUE=DATE:16000101\nRRULE:FREQ=DAILY"), "give more than 500000 days"},
		{"too many holidays", many(80, "DTSTART;VALUE=DATE:20200101\nDTEND;VALUE=DATE:20400101"), "more than 50000 holidays"},
		{"too many that never come true", many(31, "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), "more than 30 rules that are DAILY"},
		{"rules that never come true", many(20, "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"), ""},
		{"parameters without end", file("DTSTART:20261201\nRDATE" + strings.Repeat(";A=1", 4000) + ":20261201"), ""},
		{"a summary without end", file("SUMMARY" + strings.Repeat(";A=1", 4000) + ":20261201"), "line 4: SUMMARY has 16009 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, tt.data)
			if tt.want == "" {
				if err != nil || len(got) != 1 {
					t.Errorf("%v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(got) > 0 {
				t.Errorf("%d holidays, error %v, want %q", len(got), err, tt.want)
			}
		})
	}
}

// FuzzParseICS: no file makes the reader panic, and what it returns keeps to what
// it promises: in order, each once, within the horizon, nothing beside an error.
func FuzzParseICS(f *testing.F) {
	files, err := filepath.Glob("testdata/*.ics")
	if err != nil || len(files) == 0 {
		f.Fatalf("no files: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(file("DTSTART;VALUE=DATE:20261201\nDTEND;VALUE=DATE:20261203\nRRULE:FREQ=YEARLY;BYMONTH=12;BYDAY=1MO\nEXDATE:20261201"))
	f.Add(file("UID:a\nRECURRENCE-ID;VALUE=DATE:20261201\nDTSTART:20261201T000000Z\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE", "UID:a\nDTSTART:20261201\nRDATE:20261202,20261203"))
	f.Add(file("SUMMARY;LANGUAGE=\"de\":a\\,b\n c\nDTSTART;VALUE=DATE:20261201\nDURATION:P1W\nRRULE:FREQ=WEEKLY;WKST=SU;INTERVAL=2;UNTIL=20270101T000000Z;BYDAY=SU"))
	f.Add(file("DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=YEARLY;BYWEEKNO=-1,53;BYDAY=MO;BYSETPOS=-1;BYYEARDAY=-366"))
	f.Fuzz(func(t *testing.T, data []byte) {
		from, to := date(t, "2026-11-01"), date(t, "2028-12-31")
		got, warnings, err := calendar.ParseICS(data, zone(t, "Europe/Berlin"), from, to)
		if err != nil {
			if len(got) > 0 || len(warnings) > 0 {
				t.Fatalf("beside the error: %v, %v", got, warnings)
			}
			return
		}
		if len(got) == 0 && len(warnings) == 0 {
			t.Fatal("no holiday, and no word about it")
		}
		for i, h := range got {
			if h.Date.Compare(from) < 0 || h.Date.Compare(to) > 0 {
				t.Fatalf("%s is out of the horizon", h.Date)
			}
			if i > 0 && (got[i-1].Date.Compare(h.Date) > 0 || got[i-1] == h) {
				t.Fatalf("%v comes before %v", got[i-1], h)
			}
		}
	})
}

package calendar_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/policies/calendar"
)

// list writes holidays a line each.
func list(holidays []calendar.Holiday) []string {
	out := []string{}
	for _, h := range holidays {
		out = append(out, strings.TrimSpace(h.Date.String()+" "+h.Name))
	}
	return out
}

// read reads a file in Berlin, from November 2026 to the end of 2028.
func read(t interface{ Fatal(...any) }, data []byte) ([]string, []string, error) {
	holidays, warnings, err := calendar.ParseICS(data, zone(t, "Europe/Berlin"), date(t, "2026-11-01"), date(t, "2028-12-31"))
	return list(holidays), warnings, err
}

func TestFilesOfPrograms(t *testing.T) {
	for _, tt := range []struct {
		file           string
		want, warnings []string
	}{
		{"google.ics", []string{
			"2026-12-25 Erster Weihnachtstag", "2026-12-26 Zweiter Weihnachtstag, in allen Bundesländern",
			"2027-01-01 Neujahr", "2027-05-10 Betriebsferien", "2027-05-11 Betriebsferien", "2027-05-12 Betriebsferien",
			"2028-01-01 Neujahr", "2028-05-22 Betriebsferien (verlegt)",
		}, nil},
		{"outlook.ics", []string{
			"2026-12-25 Christmas Day", "2027-01-01 New Year's Day", "2027-01-04 Inventur", "2027-01-05 Inventur",
			"2028-01-01 New Year's Day", // until midnight in Berlin
		}, []string{`event "Team meeting" on line 61 has a time of day and is ignored: only all-day events are holidays`}},
		{"thunderbird.ics", []string{
			"2026-11-26 Thanksgiving", "2027-05-07 Bridge day", "2027-05-28 Bridge day", "2027-11-02 Bridge day", "2028-11-23 Thanksgiving",
		}, nil},
		{"service.ics", []string{"2026-12-25 Christmas", "2026-12-26 Boxing Day", "2027-03-26 Good Friday"},
			[]string{`event "Boxing Day" on line 13 ends when it begins and is taken for one day`}},
	} {
		t.Run(tt.file, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", tt.file))
			if err != nil {
				t.Fatal(err)
			}
			got, warnings, err := read(t, data)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("holidays:\n%s", diff)
			}
			if diff := cmp.Diff(tt.warnings, warnings); diff != "" {
				t.Errorf("warnings:\n%s", diff)
			}
		})
	}
}

// file is a calendar file with events, each given by its lines.
func file(events ...string) []byte {
	var b strings.Builder
	b.WriteString("BEGIN:VCALENDAR\nVERSION:2.0\n")
	for _, e := range events {
		b.WriteString("BEGIN:VEVENT\n" + e + "\nEND:VEVENT\n")
	}
	b.WriteString("END:VCALENDAR\n")
	return []byte(b.String())
}

func TestWhatIsAHoliday(t *testing.T) {
	for _, tt := range []struct {
		name   string
		events []string
		want   string
	}{
		{"the end is not one", []string{"DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270102"}, "2026-12-30 2026-12-31 2027-01-01"},
		{"over a leap day", []string{"DTSTART;VALUE=DATE:20280228\nDURATION:P3D"}, "2028-02-28 2028-02-29 2028-03-01"},
		{"weeks", []string{"DTSTART;VALUE=DATE:20261228\nDURATION:P1W"}, "2026-12-28 2026-12-29 2026-12-30 2026-12-31 2027-01-01 2027-01-02 2027-01-03"},
		{"a day written in hours", []string{"DTSTART;VALUE=DATE:20261228\nDURATION:P1DT24H"}, "2026-12-28 2026-12-29"},
		{"only within the horizon", []string{"DTSTART;VALUE=DATE:19700101\nDTEND;VALUE=DATE:20261103", "DTSTART;VALUE=DATE:20281231\nDTEND;VALUE=DATE:99991231"},
			"2026-11-01 2026-11-02 2028-12-31"},
		{"longer than three centuries", []string{"DTSTART;VALUE=DATE:15000101\nDTEND;VALUE=DATE:20261103"}, "2026-11-01 2026-11-02"},
		{"leap days", []string{"DTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY"}, "2028-02-29"},
		{"every other year", []string{"DTSTART;VALUE=DATE:20241224\nRRULE:FREQ=YEARLY;INTERVAL=2"}, "2026-12-24 2028-12-24"},
		{"counted from the first", []string{"DTSTART;VALUE=DATE:20251224\nRRULE:FREQ=YEARLY;COUNT=2"}, "2026-12-24"},
		{"a Monday of a month", []string{"DTSTART;VALUE=DATE:20270531\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO"}, "2027-05-31 2028-05-29"},
		{"the last weekday of a year", []string{"DTSTART;VALUE=DATE:20261231\nRRULE:FREQ=MONTHLY;BYMONTH=12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}, "2026-12-31 2027-12-31 2028-12-29"},
		{"a semicolon too many, small letters", []string{"DTSTART;VALUE=DATE:20271224\nRRULE:freq=yearly;"}, "2027-12-24 2028-12-24"},
		{"until a day", []string{"DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261203"}, "2026-12-01 2026-12-02 2026-12-03"},
		{"until midnight here", []string{"DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;UNTIL=20261202T230000Z"}, "2026-12-01 2026-12-02 2026-12-03"},
		{"until before the horizon", []string{"DTSTART;VALUE=DATE:20001224\nRRULE:FREQ=YEARLY;UNTIL=20201231", "DTSTART;VALUE=DATE:20261224"}, "2026-12-24"},
		{"hours of whole days are ignored", []string{"DTSTART;VALUE=DATE:20281224\nRRULE:FREQ=YEARLY;BYHOUR=9;BYMINUTE=30"}, "2028-12-24"},
		{"the first day counts though the rule does not say so", []string{"DTSTART;VALUE=DATE:20281201\nRRULE:FREQ=MONTHLY;BYMONTHDAY=24"}, "2028-12-01 2028-12-24"},
		{"two rules", []string{"DTSTART;VALUE=DATE:20281201\nRRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=YEARLY"}, "2028-12-01 2028-12-02"},
		{"each of several days again", []string{"DTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270102\nRRULE:FREQ=YEARLY;COUNT=2\nEXDATE;VALUE=DATE:20261230"},
			"2027-12-30 2027-12-31 2028-01-01"},
		{"one that began before the horizon", []string{"DTSTART;VALUE=DATE:20251030\nDTEND;VALUE=DATE:20251103\nRRULE:FREQ=YEARLY;COUNT=2"}, "2026-11-01 2026-11-02"},
		{"added, removed, as dates and as midnights", []string{
			"DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=4\nRDATE;VALUE=DATE:20261210,20261212\n" +
				"EXDATE:20261201T000000\nEXDATE;TZID=Europe/Berlin:20261202T000000\nEXDATE:20261202T230000Z\nEXDATE:20261204T000000Z"},
			"2026-12-10 2026-12-12"},
		{"one moved", []string{"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=2", "UID:a\nRECURRENCE-ID;VALUE=DATE:20261202\nDTSTART;VALUE=DATE:20261220"},
			"2026-12-01 2026-12-20"},
		{"one moved, listed first, by its midnight", []string{"UID:a\nRECURRENCE-ID:20261201T230000Z\nDTSTART;VALUE=DATE:20261220", "UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=2"},
			"2026-12-01 2026-12-20"},
		{"one of another series", []string{"UID:a\nDTSTART;VALUE=DATE:20261201", "UID:b\nRECURRENCE-ID;VALUE=DATE:20261201\nDTSTART;VALUE=DATE:20261220"},
			"2026-12-01 2026-12-20"},
		{"one without its series", []string{"UID:b\nRECURRENCE-ID;VALUE=DATE:20261201\nDTSTART;VALUE=DATE:20261220"}, "2026-12-20"},
		{"one called off", []string{"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=2", "UID:a\nRECURRENCE-ID;VALUE=DATE:20261202\nDTSTART;VALUE=DATE:20261202\nSTATUS:cancelled"},
			"2026-12-01"},
		{"the series called off, one of it not", []string{"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=3\nSTATUS:CANCELLED", "UID:a\nRECURRENCE-ID;VALUE=DATE:20261202\nDTSTART;VALUE=DATE:20261202"},
			"2026-12-02"},
		{"one that got a time of day", []string{"UID:a\nDTSTART;VALUE=DATE:20261201\nRRULE:FREQ=DAILY;COUNT=2", "UID:a\nRECURRENCE-ID;VALUE=DATE:20261202\nDTSTART:20261202T120000Z"},
			"2026-12-01"},
		{"a whole day in place of a meeting", []string{"UID:a\nDTSTART:20261201T090000\nRRULE:FREQ=DAILY", "UID:a\nRECURRENCE-ID:20261202T090000\nDTSTART;VALUE=DATE:20261202"},
			"2026-12-02"},
		{"tentative", []string{"DTSTART;VALUE=DATE:20261201\nSTATUS:TENTATIVE"}, "2026-12-01"},
		{"the same twice", []string{"DTSTART;VALUE=DATE:20261201", "DTSTART;VALUE=DATE:20261201"}, "2026-12-01"},
		{"marked as whole day by Outlook", []string{"DTSTART:20261130T230000Z\nDTEND:20261201T230000Z\n" + "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"}, "2026-12-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := read(t, file(tt.events...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestFilesThatAreNotRead: whatever is wrong is an error that says where, with no
// holiday beside it.
func TestFilesThatAreNotRead(t *testing.T) {
	const day = "DTSTART;VALUE=DATE:20261201\n"
	for _, tt := range []struct{ name, data, want string }{
		{"nothing", "", "has no event in it"},
		{"no event", string(file()), "has no event in it"},
		{"a web page", "<!DOCTYPE html>\n<html>", "line 1: BEGIN:VCALENDAR expected: this is no calendar file"},
		{"an event without a calendar", "BEGIN:VEVENT\n" + day + "END:VEVENT\n", "line 1: BEGIN:VCALENDAR expected"},
		{"broken off in an event", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + day, "breaks off: there is no END:VEVENT"},
		{"broken off between events", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + day + "END:VEVENT\n", "breaks off: there is no END:VCALENDAR"},
		{"something behind it", string(file(day[:len(day)-1])) + "X:1\n", "line 7: BEGIN:VCALENDAR expected"},
		{"crossed", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", `line 3: END:"VCALENDAR" where END:"VEVENT" is expected`},
		{"an event in an event", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT\n", `line 3: BEGIN:"VEVENT" does not belong here`},
		{"deep", strings.Repeat("BEGIN:VCALENDAR\n", 1) + strings.Repeat("BEGIN:X\n", 100_000), `line 9: BEGIN:"X" is nested too deep`},
		{"no name", string(file("DTSTART 20261201")), `line 4: "DTSTART 20261201" is not of the form NAME:VALUE`},
		{"an open quotation", string(file("DTSTART;TZID=\"Berlin:20261201")), "line 4: the parameters of DTSTART cannot be read"},
		{"a parameter without a value", string(file("DTSTART;VALUE:20261201")), "line 4: the parameters of DTSTART cannot be read"},
		{"utf-16", "\xff\xfeB\x00", "is written in UTF-16"},
		{"not utf-8", string(file(day + "SUMMARY:F\xfchrungswechsel")), "line 5: SUMMARY is not UTF-8"},
		{"a control character", string(file(day + "SUMMARY:\x1b[31mred")), "line 5: SUMMARY has a control character"},
		{"a cancellation", "BEGIN:VCALENDAR\nMETHOD:CANCEL\n", "line 2: METHOD:CANCEL"},
		{"too large", strings.Repeat("BEGIN:VCALENDAR\n", 700_000), "has 11200000 bytes; more than 4194304 are not read"},
		{"a long line", string(file("RDATE:" + strings.Repeat("20261201,", 10_000))), "line 4: RDATE has 90001 bytes"},
		{"no start", string(file("SUMMARY:Christmas")), `event "Christmas" on line 3: has no DTSTART`},
		{"two starts", string(file(day + "DTSTART;VALUE=DATE:20261202")), "event on line 3: DTSTART is given twice"},
		{"no such day", string(file("DTSTART;VALUE=DATE:20260229")), `DTSTART "20260229" is neither a date`},
		{"a cancelled one is read too", string(file("STATUS:CANCELLED\nDTSTART;VALUE=DATE:2026")), `DTSTART "2026" is neither a date`},
		{"no such time", string(file("DTSTART:20261225T250000")), "is neither a date"},
		{"an end before", string(file(day + "DTEND;VALUE=DATE:20261130")), "ends on 20261130, before it begins"},
		{"an end with a time", string(file(day + "DTEND:20261202T120000Z")), "ends at a time of day"},
		{"two ends", string(file(day + "DTEND;VALUE=DATE:20261202\nDURATION:P1D")), "has both DTEND and DURATION"},
		{"half a day", string(file(day + "DURATION:PT12H")), `DURATION "PT12H" is not one of whole days`},
		{"no duration", string(file(day + "DURATION:P")), "is not one of whole days"},
		{"back in time", string(file(day + "DURATION:-P1D")), "cannot be read"},
		{"every second", string(file(day + "RRULE:FREQ=SECONDLY")), "whole days cannot be SECONDLY"},
		{"every hour", string(file(day + "RRULE:FREQ=HOURLY;INTERVAL=24")), "whole days cannot be HOURLY"},
		{"no frequency", string(file(day + "RRULE:BYMONTH=1")), "FREQ is required"},
		{"an unknown frequency", string(file(day + "RRULE:FREQ=FORTNIGHTLY")), "FORTNIGHTLY"},
		{"an unknown part", string(file(day + "RRULE:RSCALE=HEBREW;FREQ=YEARLY")), "RSCALE"},
		{"a part twice", string(file(day + "RRULE:FREQ=YEARLY;FREQ=DAILY")), `"FREQ" is given twice`},
		{"easter", string(file(day + "RRULE:FREQ=YEARLY;BYEASTER=100000")), "BYEASTER is not part of the standard"},
		{"a month too many", string(file(day + "RRULE:FREQ=YEARLY;BYMONTH=13")), "bymonth must be between 1 and 12"},
		{"a 53rd Monday in February", string(file(day + "RRULE:FREQ=YEARLY;BYMONTH=2;BYDAY=53MO")), "cannot be in a rule that is YEARLY"},
		{"a second Monday of the week", string(file(day + "RRULE:FREQ=WEEKLY;BYDAY=2MO")), "cannot be in a rule that is WEEKLY"},
		{"no count", string(file(day + "RRULE:FREQ=YEARLY;COUNT=0")), "COUNT must be 1 or more"},
		{"no interval", string(file(day + "RRULE:FREQ=YEARLY;INTERVAL=0")), "INTERVAL must be 1 to 10000"},
		{"a huge interval", string(file(day + "RRULE:FREQ=YEARLY;INTERVAL=9223372036854775807")), "INTERVAL must be"},
		{"no last day", string(file(day + "RRULE:FREQ=YEARLY;UNTIL=2027")), `UNTIL "2027" is neither a date`},
		{"a rule from long ago", string(file("DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY")), "begins before the year 1600"},
		{"a long rule", string(file(day + "RRULE:FREQ=YEARLY;BYMONTHDAY=" + strings.Repeat("1,", 1000) + "1")), "has more than 512 characters"},
		{"exrule", string(file(day + "EXRULE:FREQ=YEARLY")), "has an EXRULE, which is not supported"},
		{"an unreadable exdate", string(file(day + "EXDATE:tomorrow")), `EXDATE "tomorrow" is neither a date`},
		{"an exdate with a time", string(file(day + "EXDATE:20261201T120000")), "EXDATE 20261201T120000 is no whole day"},
		{"a period", string(file(day + "RDATE;VALUE=PERIOD:20261201T000000Z/P1D")), "RDATE"},
		{"whose instance", string(file(day + "RECURRENCE-ID;VALUE=DATE:20261201")), "has a RECURRENCE-ID and no UID"},
		{"this and future", string(file("UID:a\n" + day + "RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261201")), "which is not supported"},
		{"an unreadable instance", string(file("UID:a\n" + day + "RECURRENCE-ID:x")), `RECURRENCE-ID "x" is neither a date`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, warnings, err := read(t, []byte(tt.data))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if len(got) > 0 || len(warnings) > 0 {
				t.Errorf("beside the error: %v, %v", got, warnings)
			}
		})
	}
}

// TestNoHolidayLeft: a file that is out of date, or has nothing but meetings, is
// read and warned of.
func TestNoHolidayLeft(t *testing.T) {
	for _, e := range []string{"DTSTART;VALUE=DATE:20201225", "DTSTART:20261225T090000Z", "DTSTART;VALUE=DATE:20261225\nSTATUS:CANCELLED"} {
		got, warnings, err := read(t, file(e))
		if err != nil || len(got) > 0 || len(warnings) == 0 {
			t.Fatalf("%v, %v, %v", got, warnings, err)
		}
		want := "there is no holiday between 2026-11-01 and 2028-12-31 in it: is it out of date?"
		if last := warnings[len(warnings)-1]; last != want {
			t.Errorf("%q, want %q", last, want)
		}
	}
}

// TestManyWarnings: a calendar full of meetings does not hide what else is said.
func TestManyWarnings(t *testing.T) {
	var events []string
	for i := range 300 {
		events = append(events, fmt.Sprintf("SUMMARY:Meeting %d\nDTSTART:20261225T090000Z", i))
	}
	_, warnings, err := read(t, file(append(events, "DTSTART;VALUE=DATE:20261225")...))
	if err != nil || len(warnings) != 11 {
		t.Fatalf("%d warnings, %v", len(warnings), err)
	}
	if want := "290 more events with a time of day"; warnings[10] != want {
		t.Errorf("%q, want %q", warnings[10], want)
	}
}

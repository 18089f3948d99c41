package calendar_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies/calendar"
)

func someEvents(t *testing.T) []calendar.Event {
	opens := time.Date(2026, 12, 1, 2, 0, 0, 0, zone(t, "Europe/Berlin"))
	return []calendar.Event{
		{
			UID: "web/2026-12-01T01:00:00Z@patchwave", Start: opens, End: opens.Add(4 * time.Hour), Summary: "web: 12 hosts, in 3 waves",
			Description: "window tuesday-night; opens 02:00\nC:\\patches, Überstunden für größere Änderungen an allen Rechnern der Außenstelle Zürich",
			Categories:  []string{"patchwave", "open, attended"}, Status: calendar.EventConfirmed,
		},
		{UID: "db/2026-12-22T01:00:00Z@patchwave", Start: opens.AddDate(0, 0, 21), End: opens.AddDate(0, 0, 21).Add(time.Hour), Summary: "db: frozen", Status: calendar.EventCancelled},
		{UID: "instant", Start: opens, End: opens},
	}
}

func TestWriteICSGolden(t *testing.T) {
	got := calendar.WriteICS(instant(t, "2026-11-28T19:00:00+01:00"), someEvents(t))
	want, err := os.ReadFile("testdata/written.ics")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("testdata/written.ics:\n%s", diff)
	}
}

func TestWriteICSWithoutEvents(t *testing.T) {
	want := "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//patchwave//schedule//EN\r\nCALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n"
	if diff := cmp.Diff(want, string(calendar.WriteICS(time.Time{}, nil))); diff != "" {
		t.Error(diff)
	}
}

// printable is what is left of a text in a file: no control characters but tabs
// and line ends.
func printable(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "�")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' && r != '\n' {
			return -1
		}
		return r
	}, s)
}

// TestWrittenIsRead: whatever stands in the events, another implementation reads
// them as they are, and no line is longer than 75 octets or broken in a character.
func TestWrittenIsRead(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 400, -1), rapid.SampledFrom([]string{
		"", "a;b,c\\n", `\`, "END:VEVENT\r\nBEGIN:VEVENT", strings.Repeat("ü", 100), strings.Repeat("日本", 90), "\x1b[31m", "a\nb", "\xff",
		strings.Repeat("x", 67), strings.Repeat("x", 68), " leading", "trailing ",
	}))
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "start"), 0)
		e := calendar.Event{
			UID: "id" + text.Draw(t, "uid"), Start: start, End: start.Add(time.Duration(rapid.IntRange(1, 1e6).Draw(t, "seconds")) * time.Second),
			Summary: text.Draw(t, "summary"), Description: text.Draw(t, "description"), Status: calendar.EventTentative,
		}
		data := calendar.WriteICS(start, []calendar.Event{e, e})
		for line := range bytes.Lines(data) {
			if len(line) > 77 || !bytes.HasSuffix(line, []byte("\r\n")) || !utf8.Valid(line) {
				t.Fatalf("line %q", line)
			}
		}
		file, err := ics.ParseCalendar(bytes.NewReader(data))
		if err != nil || len(file.Events()) != 2 {
			t.Fatalf("%v in\n%s", err, data)
		}
		got := file.Events()[0]
		value := func(p ics.ComponentProperty) string {
			if got.GetProperty(p) == nil {
				return ""
			}
			return got.GetProperty(p).Value
		}
		begin, err := got.GetStartAt()
		if err != nil || !begin.Equal(e.Start) {
			t.Fatalf("start %s, %v", begin, err)
		}
		end, err := got.GetEndAt()
		if err != nil || !end.Equal(e.End) {
			t.Fatalf("end %s, %v", end, err)
		}
		want := []string{printable(e.UID), printable(e.Summary), printable(e.Description), "TENTATIVE"}
		have := []string{value(ics.ComponentPropertyUniqueId), value(ics.ComponentPropertySummary), value(ics.ComponentPropertyDescription), value(ics.ComponentPropertyStatus)}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Fatalf("%s\n%s", diff, data)
		}
	})
}

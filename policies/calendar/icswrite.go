package calendar

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// EventStatus says how certain an event is (RFC 5545 section 3.8.1.11).
type EventStatus string

// The statuses of an event.
const (
	EventConfirmed EventStatus = "CONFIRMED"
	EventTentative EventStatus = "TENTATIVE"
	EventCancelled EventStatus = "CANCELLED"
)

// Event is an entry of a calendar file that is written.
type Event struct {
	// UID names the event in the whole world and stays the same whenever it is
	// written again. It must not be empty.
	UID string
	// Start and End are to the second, End excluded. One that does not end after
	// its start is written without an end: it is an instant.
	Start, End time.Time
	// What is "" or empty is left out.
	Summary, Description string
	Categories           []string
	Status               EventStatus
}

const stampForm = "20060102T150405Z"

// WriteICS returns a calendar file (RFC 5545) with the events in their order, all
// times in UTC. Stamp is when the file is made (DTSTAMP). The same arguments give
// the same bytes. Control characters in texts are left out.
func WriteICS(stamp time.Time, events []Event) []byte {
	var w icsWriter
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.line("PRODID:-//patchwave//schedule//EN")
	w.line("CALSCALE:GREGORIAN")
	w.line("METHOD:PUBLISH")
	for _, e := range events {
		w.event(stamp, e)
	}
	w.line("END:VCALENDAR")
	return []byte(w.String())
}

type icsWriter struct{ strings.Builder }

func (w *icsWriter) event(stamp time.Time, e Event) {
	w.line("BEGIN:VEVENT")
	w.line("UID:" + escapeText(e.UID))
	w.line("DTSTAMP:" + stamp.UTC().Format(stampForm))
	start, end := e.Start.UTC().Format(stampForm), e.End.UTC().Format(stampForm)
	w.line("DTSTART:" + start)
	if e.End.After(e.Start) && end != start {
		w.line("DTEND:" + end)
	}
	w.text("SUMMARY", e.Summary)
	w.text("DESCRIPTION", e.Description)
	if len(e.Categories) > 0 {
		categories := make([]string, len(e.Categories))
		for i, c := range e.Categories {
			categories[i] = escapeText(c)
		}
		w.line("CATEGORIES:" + strings.Join(categories, ","))
	}
	w.text("STATUS", string(e.Status))
	w.line("END:VEVENT")
}

func (w *icsWriter) text(name, value string) {
	if value != "" {
		w.line(name + ":" + escapeText(value))
	}
}

// line writes a content line, folded so that none is longer than 75 octets and
// none begins in the middle of a character (RFC 5545 section 3.1).
func (w *icsWriter) line(s string) {
	const most = 75
	room := most
	for len(s) > room {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		w.WriteString(s[:n] + "\r\n ")
		s, room = s[n:], most-1 // the blank counts
	}
	w.WriteString(s + "\r\n")
}

var textEscapes = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`)

// escapeText writes a value of type TEXT (RFC 5545 section 3.3.11).
func escapeText(s string) string {
	s = textEscapes.Replace(strings.ToValidUTF8(s, "�"))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, s)
}

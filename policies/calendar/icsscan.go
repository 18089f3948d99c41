package calendar

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a calendar file. Those of whole countries for ten years are below
// a tenth of them.
const (
	maxICSBytes = 4 << 20
	maxICSDepth = 8
	// Those of a line that matters, unfolded.
	maxICSLine  = 4 << 10
	maxICSDates = 16 << 10
)

// scannedICS is what of a calendar file matters, written anew: one VCALENDAR with
// one VEVENT after the other, names in capitals, nothing folded, no parameters but
// RANGE.
type scannedICS struct {
	text []byte
	// lines has the number of the line on which each event begins.
	lines []int
}

// contentLine has the name of a line that is handed on or left out, parameters
// those of one that is handed on, its value behind them (RFC 5545 section 3.1).
var (
	contentLine = regexp.MustCompile(`^([A-Za-z0-9._-]+)[:;]`)
	parameters  = regexp.MustCompile(`^(?:;[A-Za-z0-9._-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*:`)
	rangeGiven  = regexp.MustCompile(`(?i);RANGE=`)
)

// keptICS are the properties of an event that matter, and how many bytes their
// lines may have.
var keptICS = map[string]int{
	"UID": maxICSLine, "SUMMARY": maxICSLine, "STATUS": maxICSLine, "DTSTART": maxICSLine, "DTEND": maxICSLine,
	"DURATION": maxICSLine, "RRULE": maxICSLine, "EXRULE": maxICSLine, "RDATE": maxICSDates, "EXDATE": maxICSDates,
	"RECURRENCE-ID": maxICSLine, allDayMark: maxICSLine,
}

// scanICS takes a calendar file apart as far as the structure goes. The library
// behind it takes a file that breaks off for a shorter one, follows any depth of
// nesting and knows no line numbers.
func scanICS(data []byte) (scannedICS, error) {
	s := icsScanner{}
	if len(data) > maxICSBytes {
		return s.out, fmt.Errorf("has %d bytes; more than %d are not read: export only the holidays", len(data), maxICSBytes)
	}
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return s.out, fmt.Errorf("is written in UTF-16; save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	s.out.text = append(s.out.text, "BEGIN:VCALENDAR\r\n"...)
	if err := s.all(data); err != nil {
		return s.out, err
	}
	switch {
	case len(s.open) > 0:
		return s.out, fmt.Errorf("breaks off: there is no END:%s", s.open[len(s.open)-1])
	case len(s.out.lines) == 0:
		return s.out, fmt.Errorf("has no event in it")
	}
	s.out.text = append(s.out.text, "END:VCALENDAR\r\n"...)
	return s.out, nil
}

type icsScanner struct {
	out scannedICS
	// open are the components that are open, the outermost first.
	open []string
}

// all puts folded lines together (RFC 5545 section 3.1) and hands them on.
func (s *icsScanner) all(data []byte) error {
	var whole []byte
	begins, number := 0, 0
	flush := func() error {
		if len(whole) == 0 {
			return nil
		}
		err := s.line(string(whole), begins)
		whole = whole[:0]
		if err != nil {
			return fmt.Errorf("line %d: %w", begins, err)
		}
		return nil
	}
	for line := range bytes.Lines(data) {
		number++
		line = bytes.TrimRight(line, "\r\n")
		if len(whole) > 0 && len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
			whole = append(whole, line[1:]...)
			continue
		}
		if err := flush(); err != nil {
			return err
		}
		whole, begins = append(whole, line...), number
	}
	return flush()
}

// line takes one whole line.
func (s *icsScanner) line(line string, number int) error {
	m := contentLine.FindStringSubmatch(line)
	switch {
	case len(s.open) == 0 && !strings.EqualFold(strings.TrimSpace(line), "BEGIN:VCALENDAR"):
		return fmt.Errorf("BEGIN:VCALENDAR expected: this is no calendar file")
	case m == nil:
		return fmt.Errorf("%s is not of the form NAME:VALUE", excerpt(line))
	}
	name := strings.ToUpper(m[1])
	rest := line[len(m[1]):]
	switch name {
	case "BEGIN":
		return s.begin(strings.ToUpper(strings.TrimSpace(rest[1:])), number)
	case "END":
		return s.end(strings.ToUpper(strings.TrimSpace(rest[1:])))
	case "METHOD":
		if len(s.open) == 1 && strings.EqualFold(strings.TrimSpace(rest[1:]), "CANCEL") {
			return fmt.Errorf("METHOD:CANCEL: this file calls events off, it is no list of holidays")
		}
	}
	if s.inEvent() && len(s.open) == 2 && keptICS[name] > 0 {
		return s.keep(name, rest)
	}
	return nil
}

func (s *icsScanner) begin(component string, number int) error {
	switch {
	case len(s.open) == maxICSDepth:
		return fmt.Errorf("BEGIN:%s is nested too deep", excerpt(component))
	case (component == "VCALENDAR") != (len(s.open) == 0), component == "VEVENT" && len(s.open) != 1:
		return fmt.Errorf("BEGIN:%s does not belong here", excerpt(component))
	}
	s.open = append(s.open, component)
	if s.inEvent() && len(s.open) == 2 {
		s.out.lines = append(s.out.lines, number)
		s.out.text = append(s.out.text, "BEGIN:VEVENT\r\n"...)
	}
	return nil
}

func (s *icsScanner) end(component string) error {
	last := len(s.open) - 1
	if s.open[last] != component {
		return fmt.Errorf("END:%s where END:%s is expected", excerpt(component), excerpt(s.open[last]))
	}
	if s.inEvent() && last == 1 {
		s.out.text = append(s.out.text, "END:VEVENT\r\n"...)
	}
	s.open = s.open[:last]
	return nil
}

// inEvent reports whether the line is in an event, or in something within it.
func (s *icsScanner) inEvent() bool { return len(s.open) > 1 && s.open[1] == "VEVENT" }

// keep hands a line on, without its parameters: what is a date and what is not is
// seen by its form, and the library copies the whole line for each of them.
func (s *icsScanner) keep(name, rest string) error {
	most := keptICS[name]
	switch {
	case len(rest) > most:
		return fmt.Errorf("%s has %d bytes; more than %d are not read", name, len(rest), most)
	case !utf8.ValidString(rest):
		return fmt.Errorf("%s is not UTF-8; save the file as UTF-8", name)
	case strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }):
		return fmt.Errorf("%s has a control character in it", name)
	}
	given := parameters.FindString(rest)
	if given == "" {
		return fmt.Errorf("the parameters of %s cannot be read", name)
	}
	line := name
	if name == "RECURRENCE-ID" && rangeGiven.MatchString(given) {
		line += ";RANGE=THISANDFUTURE"
	}
	s.out.text = append(s.out.text, line+":"+rest[len(given):]+"\r\n"...)
	return nil
}

// excerpt is the beginning of something from the file, quoted.
func excerpt(s string) string {
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

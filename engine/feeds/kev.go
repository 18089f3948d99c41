package feeds

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ParseKEV reads CISA's catalogue, in JSON or in CSV. The CSV has no date of its
// own: that of its newest entry stands for it.
func ParseKEV(r io.Reader, limits Limits, sink Sink) (Meta, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(64)
	if len(head) == 0 {
		return Meta{}, errors.Join(errors.New("it is empty"), notEOF(err))
	}
	if firstByte(head) == '{' {
		return kevJSON(b, limits, sink)
	}
	return kevCSV(b, limits, sink)
}

// kevEntry is one entry of the catalogue.
type kevEntry struct {
	CVE   string `json:"cveID"`
	Added string `json:"dateAdded"`
	Due   string `json:"dueDate"`
}

func kevJSON(r io.Reader, limits Limits, sink Sink) (Meta, error) {
	g := &jsonGuard{r: r, limits: limits}
	dec := json.NewDecoder(g)
	var m Meta
	found, counted := false, -1
	err := object(dec, g, func(name string) error {
		g.next()
		switch name {
		case "dateReleased":
			var s string
			if err := dec.Decode(&s); err != nil {
				return broken(err)
			}
			m.Date = day(s)
			return nil
		case "count":
			if err := dec.Decode(&counted); err != nil {
				return broken(err)
			}
			return nil
		case "vulnerabilities":
			found = true
			return array(dec, g, func() error {
				var e kevEntry
				if err := dec.Decode(&e); err != nil {
					return broken(err)
				}
				return m.exploited(e, limits, sink)
			})
		default:
			var skip json.RawMessage
			return broken(dec.Decode(&skip))
		}
	})
	if err != nil {
		return m, err
	}
	if !found {
		return m, errors.New(`it has no "vulnerabilities"`)
	}
	if counted >= 0 && counted != m.Entries {
		return m, fmt.Errorf("it says that it has %d entries and has %d; fetch it again", counted, m.Entries)
	}
	return m, end(dec)
}

func (m *Meta) exploited(e kevEntry, limits Limits, sink Sink) error {
	if m.Entries++; m.Entries > limits.Entries {
		return tooMuch("it has more than %d entries", limits.Entries)
	}
	if !cveForm.MatchString(e.CVE) {
		return nil
	}
	m.Used++
	return sink.Exploited(Exploited{CVE: e.CVE, Added: day(e.Added), Due: day(e.Due)})
}

// array reads a list and calls do for each element, which must read it.
func array(dec *json.Decoder, g *jsonGuard, do func() error) error {
	if err := delim(dec, g, '['); err != nil {
		return err
	}
	for dec.More() {
		g.next()
		if err := do(); err != nil {
			return err
		}
	}
	return delim(dec, g, ']')
}

func kevCSV(r io.Reader, limits Limits, sink Sink) (Meta, error) {
	var m Meta
	// encoding/csv reads a whole record, so what bounds the memory is the bound of
	// the file; the catalogue has about one MiB.
	c := csv.NewReader(capAt(r, limits.Entry, "the catalogue"))
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return m, csvBroken(err)
	}
	head = slices.Clone(head)
	head[0] = trimBOM(head[0])
	id, added, due := slices.Index(head, "cveID"), slices.Index(head, "dateAdded"), slices.Index(head, "dueDate")
	if id < 0 || added < 0 || due < 0 {
		return m, errors.New("its first line does not name cveID, dateAdded and dueDate")
	}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return m, nil
		}
		if err != nil {
			return m, csvBroken(err)
		}
		if d := day(rec[added]); d.After(m.Date) {
			m.Date = d
		}
		if err := m.exploited(kevEntry{rec[id], rec[added], rec[due]}, limits, sink); err != nil {
			return m, err
		}
	}
}

func csvBroken(err error) error {
	var p *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case errors.As(err, &p):
		return fmt.Errorf("line %d is no line of this feed: %w", p.Line, p.Err)
	default:
		return err
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

package feeds

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxLine bounds a line of scores, in bytes.
const maxLine = 4096

// ParseEPSS reads the daily scores of FIRST: a line "#model_version:…,score_date:…",
// a line of column names, then "CVE-…,score,percentile".
func ParseEPSS(r io.Reader, limits Limits, sink Sink) (Meta, error) {
	var m Meta
	b := bufio.NewReaderSize(r, maxLine)
	headed := false
	for line := 1; ; line++ {
		text, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return m, fmt.Errorf("line %d has more than %d bytes", line, maxLine)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return m, err
		}
		last := err != nil
		text = bytes.TrimRight(text, "\r\n")
		switch {
		case len(text) == 0:
		case text[0] == '#':
			m.model(string(text))
		case !headed:
			if !bytes.HasPrefix(text, []byte("cve,epss")) {
				return m, fmt.Errorf("line %d is not the head \"cve,epss,percentile\"", line)
			}
			headed = true
		default:
			if err := m.score(text, line, limits, sink); err != nil {
				return m, err
			}
		}
		if last {
			break
		}
	}
	if !headed {
		return m, errors.New("it has no line \"cve,epss,percentile\"")
	}
	return m, nil
}

// model reads the first line.
func (m *Meta) model(text string) {
	for _, part := range strings.Split(strings.TrimPrefix(text, "#"), ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(part), "score_date:"); ok {
			m.Date = day(v)
		}
	}
}

// score reads one line. A line that does not have the form ends the reading: the
// file is broken, and a file that broke off within a line is one of those.
func (m *Meta) score(text []byte, line int, limits Limits, sink Sink) error {
	if m.Entries++; m.Entries > limits.Entries {
		return tooMuch("it has more than %d entries", limits.Entries)
	}
	cve, rest, ok := strings.Cut(string(text), ",")
	value, percentile, whole := strings.Cut(rest, ",")
	f, err := strconv.ParseFloat(value, 64)
	_, err2 := strconv.ParseFloat(percentile, 64)
	if !ok || !whole || err != nil || err2 != nil || !(f >= 0 && f <= 1) {
		return fmt.Errorf("line %d is no \"CVE,score,percentile\" with a score from 0 to 1", line)
	}
	if !cveForm.MatchString(cve) {
		return nil
	}
	m.Used++
	return sink.Score(Score{CVE: cve, Value: f})
}

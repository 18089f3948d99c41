package feeds

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// headSize is how much of a file is looked at to tell its kind, in bytes.
const headSize = 4096

// Stream is a feed that is being read: its content without gzip around it.
type Stream struct {
	*bufio.Reader
	// Zip says that it is one: its content cannot be read from front to end.
	Zip bool
}

// Open looks at the beginning of a file. Whatever is read of the result counts
// against the limits.
func Open(r io.Reader, limits Limits) (*Stream, error) {
	packed := &counter{r: capAt(r, limits.File, "the file")}
	b := bufio.NewReaderSize(packed, 64<<10)
	head, err := b.Peek(4)
	if len(head) == 0 {
		return nil, errors.Join(errors.New("it is empty"), notEOF(err))
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return &Stream{Reader: b, Zip: true}, nil
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, gzipBroken(err)
		}
		return &Stream{Reader: bufio.NewReaderSize(&ratio{limits: limits, packed: packed, r: gunzip{z}}, 64<<10)}, nil
	default:
		return &Stream{Reader: b}, nil
	}
}

// gunzip says in words what is wrong with a file of gzip.
type gunzip struct{ z *gzip.Reader }

func (g gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err == io.EOF { //nolint:errorlint // gzip returns it bare at a true end
		return n, io.EOF
	}
	return n, gzipBroken(err)
}

func gzipBroken(err error) error {
	switch {
	case err == nil, errors.Is(err, ErrLimit):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it breaks off in the middle of gzip; fetch it again")
	default:
		return fmt.Errorf("it is damaged: %w; fetch it again", err)
	}
}

// Detect says which kind of feed it is, from its first bytes.
func (s *Stream) Detect() (Kind, error) {
	if s.Zip {
		return OSV, nil
	}
	head, err := s.Peek(headSize)
	if err := notEOF(err); err != nil {
		return "", err
	}
	text := trimBOM(string(head))
	switch {
	case strings.HasPrefix(text, "#model_version"), strings.HasPrefix(text, "cve,epss"):
		return EPSS, nil
	case strings.HasPrefix(text, "cveID,"), strings.HasPrefix(text, `"cveID",`):
		return KEV, nil
	case firstByte(head) == '{' && (strings.Contains(text, `"catalogVersion"`) || strings.Contains(text, `"cveID"`)):
		return KEV, nil
	case firstByte(head) == '{' && (strings.Contains(text, `"CVE-`) || strings.Contains(text, `"TEMP-`)) && strings.Contains(text, `"releases"`):
		return Debian, nil
	default:
		return "", errors.New("it looks like none of the feeds (osv: the all.zip of an ecosystem; debian: the tracker's JSON; kev; epss); name its kind if it is one")
	}
}

// Parse reads a feed that is no zip.
func (s *Stream) Parse(kind Kind, limits Limits, sink Sink) (Meta, error) {
	switch {
	case kind == OSV:
		return Meta{}, errors.New("it is no zip; the feed of OSV is the file all.zip of an ecosystem")
	case s.Zip:
		return Meta{}, fmt.Errorf("it is a zip, which only OSV's feed is; unpack it for %s", kind)
	case kind == Debian:
		return ParseDebian(s, limits, sink)
	case kind == KEV:
		return ParseKEV(s, limits, sink)
	case kind == EPSS:
		return ParseEPSS(s, limits, sink)
	default:
		return Meta{}, fmt.Errorf("there is no kind of feed %q", kind)
	}
}

func firstByte(b []byte) byte {
	b = bytes.TrimLeft(b, " \t\r\n")
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

func trimBOM(s string) string { return strings.TrimPrefix(s, "\ufeff") }

package feeds

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
)

// ParseOSV reads all.zip of an ecosystem: one JSON record a file. Its date is
// that of the record that was changed last.
func ParseOSV(r io.ReaderAt, size int64, limits Limits, sink Sink) (Meta, error) {
	m := Meta{Scopes: map[string]int{}}
	if size > limits.File {
		return m, tooMuch("it is larger than %d bytes", limits.File)
	}
	files, err := directory(r, size, limits)
	if err != nil {
		return m, err
	}
	left := limits.unpacked(size)
	var buf bytes.Buffer
	for _, f := range files {
		if f.FileInfo().IsDir() || !strings.HasSuffix(f.Name, ".json") {
			continue
		}
		if m.Entries++; m.Entries > limits.Entries {
			return m, tooMuch("it has more than %d entries", limits.Entries)
		}
		if err := unzip(f, &buf, limits); err != nil {
			return m, fmt.Errorf("%.100q in the zip: %w", f.Name, err)
		}
		if left -= int64(buf.Len()); left < 0 {
			return m, tooMuch("it unpacks to more than a feed can have (a zip bomb?)")
		}
		if err := m.record(&buf, limits, sink); err != nil {
			return m, fmt.Errorf("%.100q in the zip: %w", f.Name, err)
		}
	}
	if m.Entries == 0 {
		return m, errors.New("there is no JSON file in the zip")
	}
	return m, nil
}

// directory reads the list of the files in a zip. It is in memory as a whole, so
// what is read for it is bounded, and what the files claim to unpack to is looked
// at before any is.
func directory(r io.ReaderAt, size int64, limits Limits) ([]*zip.File, error) {
	at := &meteredAt{r: r}
	at.left.Store(limits.Directory)
	z, err := zip.NewReader(at, size)
	switch {
	case at.left.Load() < 0:
		return nil, tooMuch("its list of files is larger than %d bytes", limits.Directory)
	case err != nil:
		return nil, zipBroken(err)
	}
	at.off.Store(true)
	var total uint64
	for _, f := range z.File {
		if f.UncompressedSize64 > uint64(limits.Entry) {
			return nil, tooMuch("%.100q in it unpacks to %d bytes, which no record has (a zip bomb?)", f.Name, f.UncompressedSize64)
		}
		if total += f.UncompressedSize64; total > uint64(limits.unpacked(size)) {
			return nil, tooMuch("it claims to unpack to more than %d bytes, which no feed does (a zip bomb?)", limits.unpacked(size))
		}
	}
	return z.File, nil
}

// unzip reads one file of a zip into buf.
func unzip(f *zip.File, buf *bytes.Buffer, limits Limits) error {
	buf.Reset()
	rc, err := f.Open()
	if err != nil {
		return zipBroken(err)
	}
	_, err = buf.ReadFrom(capAt(rc, limits.Entry, "it"))
	if err = errors.Join(err, rc.Close()); err != nil {
		return zipBroken(err)
	}
	return nil
}

func zipBroken(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, ErrLimit):
		return err
	case errors.Is(err, zip.ErrFormat), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it is no whole zip: it may have broken off; fetch it again")
	case errors.Is(err, zip.ErrChecksum), errors.As(err, &corrupt):
		return errors.New("its content is damaged; fetch it again")
	default:
		return err
	}
}

// meteredAt bounds how much is read until it is switched off.
type meteredAt struct {
	r    io.ReaderAt
	left atomic.Int64
	off  atomic.Bool
}

func (m *meteredAt) ReadAt(p []byte, off int64) (int, error) {
	if !m.off.Load() && m.left.Add(-int64(len(p))) < 0 {
		return 0, ErrLimit
	}
	return m.r.ReadAt(p, off)
}

func (m *Meta) record(r io.Reader, limits Limits, sink Sink) error {
	g := &jsonGuard{r: r, limits: limits}
	dec := json.NewDecoder(g)
	var rec osvRecord
	if err := dec.Decode(&rec); err != nil {
		return broken(err)
	}
	if err := end(dec); err != nil {
		return err
	}
	if rec.ID == "" {
		return errors.New("it is no record of OSV: it has no id")
	}
	if d := day(rec.Modified); d.After(m.Date) {
		m.Date = d
	}
	fixes := rec.fixes()
	if len(fixes) > 0 {
		m.Used++
	}
	for _, f := range fixes {
		m.Scopes[f.Scope]++
		if err := sink.Fix(f); err != nil {
			return err
		}
	}
	return nil
}

package feeds

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// heap keeps what is read, as lines for people.
type heap struct {
	lines []string
	// fail is returned once there are so many lines as full, if that is not 0.
	full int
	fail error
}

func (h *heap) add(format string, args ...any) error {
	if h.full > 0 && len(h.lines) >= h.full {
		return h.fail
	}
	h.lines = append(h.lines, fmt.Sprintf(format, args...))
	return nil
}

func (h *heap) Fix(f Fix) error {
	from, bound, own := "-", "fixed", ""
	if f.Introduced != "" {
		from = f.Introduced
	}
	if f.After {
		bound = "after"
	}
	if f.Own {
		own = "!"
	}
	return h.add("%s %s %s %s %s %s %s%s", f.CVE, f.Release, f.Package, from, bound, f.Fixed, f.Severity, own)
}

func (h *heap) Exploited(e Exploited) error {
	return h.add("%s %s %s", e.CVE, e.Added.Format("2006-01-02"), e.Due.Format("2006-01-02"))
}

func (h *heap) Score(s Score) error { return h.add("%s %g", s.CVE, s.Value) }

func (h *heap) sorted() []string { return slices.Sorted(slices.Values(h.lines)) }

// zipped is a zip of name, content, name, content …
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// records are the files of testdata/osv.
func records(t testing.TB) (files []string) {
	t.Helper()
	paths, err := filepath.Glob("testdata/osv/*.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, len(paths))
	}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.Base(p), string(b))
	}
	return files
}

func parseOSV(data []byte, limits Limits, sink Sink) (Meta, error) {
	return ParseOSV(bytes.NewReader(data), int64(len(data)), limits, sink)
}

// small are limits that a test can reach.
func small() Limits {
	return Limits{File: 1 << 20, Unpacked: 1 << 22, Entry: 4096, Entries: 20, Directory: 1 << 14, Ratio: 50, Depth: 16}
}

// wants checks an error by a part of its text; "" is none.
func wants(t *testing.T, what string, err error, part string) {
	t.Helper()
	switch {
	case part == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case part != "" && (err == nil || !strings.Contains(err.Error(), part)):
		t.Errorf("%s: %v, not %q", what, err, part)
	}
}

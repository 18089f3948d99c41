package config_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"patchwave/engine/config"
	"patchwave/engine/config/diag"
)

// A fixture is a file or a directory below testdata. In it, a comment
//
//	# error: TEXT   # warning: TEXT
//
// says that a diagnostic is reported on that line, or on the next one if the
// line has nothing but the comment, and that its summary and detail have TEXT in
// them. In JSON the comment is the property "//" on the same line. A comment
//
//	# nowhere error: TEXT
//
// stands for one without a place. Everything that is reported must be expected,
// and everything that is expected must be reported.
var expectation = regexp.MustCompile(`(#|"//":\s*") ?(nowhere )?(error|warning): `)

type expected struct {
	file     string
	line     int
	severity diag.Severity
	text     string
}

func (e expected) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", e.file, e.line, e.severity, e.text)
}

// expectations reads the comments of a file.
func expectations(name, text string) []expected {
	var out []expected
	for i, line := range strings.Split(text, "\n") {
		found := expectation.FindAllStringSubmatchIndex(line, -1)
		for j, m := range found {
			end := len(line)
			if j+1 < len(found) {
				end = found[j+1][0]
			}
			e := expected{file: name, line: i + 1, severity: diag.Severity(line[m[6]:m[7]])}
			e.text = strings.TrimSpace(line[m[1]:end])
			if strings.HasPrefix(line[m[0]:], `"`) {
				e.text, _, _ = strings.Cut(e.text, `"`)
			}
			switch {
			case m[4] >= 0:
				e.file, e.line = "", 0
			case strings.TrimSpace(line[:found[0][0]]) == "" && line[m[0]] == '#':
				e.line++
			}
			out = append(out, e)
		}
	}
	return out
}

// fixture copies a fixture into a directory of its own, because the modes of a
// checkout are whatever they are, and returns what is expected of it.
func fixture(t *testing.T, path string) (dir string, want []expected) {
	t.Helper()
	dir = privateDir(t)
	copyOne := func(from, rel string) {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, rel, string(text))
		want = append(want, expectations(rel, string(text))...)
	}
	if info, err := os.Stat(path); err != nil {
		t.Fatal(err)
	} else if !info.IsDir() {
		copyOne(path, filepath.Base(path))
		return dir, want
	}
	err := filepath.WalkDir(path, func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(path, p)
		copyOne(p, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, want
}

func TestFixtures(t *testing.T) {
	for _, kind := range []string{"valid", "warning", "invalid"} {
		entries, err := os.ReadDir(filepath.Join("testdata", kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			t.Run(kind+"/"+e.Name(), func(t *testing.T) {
				dir, want := fixture(t, filepath.Join("testdata", kind, e.Name()))
				_, got := config.Load(options(dir))
				compare(t, got, want)
				errors, warnings := got.Counts()
				if (kind == "invalid") != (errors > 0) || (kind == "warning") != (errors == 0 && warnings > 0) {
					t.Errorf("%d errors and %d warnings in a fixture of kind %s", errors, warnings, kind)
				}
				var out bytes.Buffer
				if err := diag.WriteText(&out, got, false); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(out.String(), "hunter2") {
					t.Errorf("the text has a secret in it:\n%s", &out)
				}
			})
		}
	}
}

func compare(t *testing.T, got config.Diagnostics, want []expected) {
	t.Helper()
	for _, d := range got {
		i := slices.IndexFunc(want, func(e expected) bool {
			return e.file == d.Pos.File && e.line == d.Pos.Line && e.severity == d.Severity &&
				strings.Contains(d.Summary+"; "+d.Detail, e.text)
		})
		if i < 0 {
			t.Errorf("unexpected: %s", d)
			continue
		}
		want = slices.Delete(want, i, i+1)
	}
	for _, e := range want {
		t.Errorf("not reported: %s", e)
	}
}

package diag_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"patchwave/engine/config/diag"
	"patchwave/inventory"

	"github.com/google/go-cmp/cmp"
)

func at(file string, line, column int) inventory.Position {
	return inventory.Position{File: file, Line: line, Column: column}
}

func text(t *testing.T, color bool, ds ...diag.Diagnostic) string {
	t.Helper()
	var b bytes.Buffer
	if err := diag.WriteText(&b, ds, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteText(t *testing.T) {
	got := text(t, false,
		diag.Diagnostic{Severity: diag.Warning, Summary: "it is old", Pos: at("b.hcl", 1, 1)},
		diag.Diagnostic{
			Severity: diag.Error, Summary: "there is no group \"wbe\"", Detail: "Did you mean \"web\"?\nOr not.", Pos: at("a.hcl", 12, 11),
			Related: []inventory.Position{at("b.hcl", 3, 1)},
			Snippet: diag.Snippet{Line: "\thosts = group.wbe", Start: 9, End: 18},
		},
		diag.Diagnostic{Severity: diag.Error, Summary: "password is written out", Pos: at("a.hcl", 7, 3), Snippet: diag.Snippet{Hidden: true}},
		diag.Diagnostic{Severity: diag.Error, Summary: "nowhere in particular"},
	)
	want := `a.hcl:12:11: error: there is no group "wbe"
   12 │ 	hosts = group.wbe
      │ 	        ^^^^^^^^^
  Did you mean "web"?
  Or not.
  see also b.hcl:3:1

a.hcl:7:3: error: password is written out
    7 │ (sensitive)

error: nowhere in particular

b.hcl:1:1: warning: it is old

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWriteTextColor(t *testing.T) {
	d := diag.Diagnostic{Severity: diag.Error, Summary: "x", Pos: at("a", 1, 1), Snippet: diag.Snippet{Line: "abc", Start: 1, End: 2}}
	got := text(t, true, d)
	for _, want := range []string{"\x1b[1ma:1:1\x1b[0m", "\x1b[1;31merror\x1b[0m", "\x1b[1;31m^\x1b[0m"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
	if strings.Contains(text(t, false, d), "\x1b") {
		t.Error("an escape without color")
	}
}

// TestWriteTextCaps: twenty are shown, errors before warnings, the rest counted.
func TestWriteTextCaps(t *testing.T) {
	var ds diag.Diagnostics
	for i := range 15 {
		ds = append(ds, diag.Diagnostic{Severity: diag.Warning, Summary: fmt.Sprint("warning ", i), Pos: at("a", i+1, 1)})
		ds = append(ds, diag.Diagnostic{Severity: diag.Error, Summary: fmt.Sprint("error ", i), Pos: at("a", i+1, 2)})
	}
	got := text(t, false, ds...)
	if n := strings.Count(got, ": error: "); n != 15 {
		t.Errorf("%d errors", n)
	}
	if n := strings.Count(got, ": warning: "); n != 5 {
		t.Errorf("%d warnings", n)
	}
	if !strings.HasSuffix(got, "… and 10 more; 15 errors and 15 warnings in all\n") {
		t.Errorf("the end is %q", got[len(got)-80:])
	}
}

// TestWriteTextClean: nothing of a configuration reaches the terminal as more
// than text.
func TestWriteTextClean(t *testing.T) {
	hostile := "a\x1b[31mb\rc\u202ed\u009be\x00\xff"
	got := text(t, false, diag.Diagnostic{
		Severity: diag.Error, Summary: hostile, Detail: hostile, Pos: at(hostile, 1, 1),
		Snippet: diag.Snippet{Line: hostile, Start: 0, End: len(hostile)},
	})
	for _, bad := range []string{"\x1b", "\r", "\u202e", "\u009b", "\x00", "\xff"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q is printed", bad)
		}
	}
}

// TestWriteTextLongLines: a line of a megabyte is cut around the mistake.
func TestWriteTextLongLines(t *testing.T) {
	line := strings.Repeat("x", 1<<20) + "WRONG" + strings.Repeat("y", 1<<20)
	got := text(t, false, diag.Diagnostic{
		Severity: diag.Error, Summary: "s", Pos: at("a", 1, 1<<20), Snippet: diag.Snippet{Line: line, Start: 1 << 20, End: 1<<20 + 5},
	})
	lines := strings.Split(got, "\n")
	if len(got) > 1_000 || !strings.Contains(lines[1], "WRONG") {
		t.Fatalf("%d bytes: %.300q", len(got), got)
	}
	caret := []rune(lines[2])
	under := string([]rune(lines[1])[strings.IndexRune(string(caret), '^')-len("│")+1:])
	if !strings.HasPrefix(under, "WRONG") || strings.Count(lines[2], "^") != 5 {
		t.Errorf("the caret is wrong:\n%s\n%s", lines[1], lines[2])
	}
}

func TestWriteTextOutOfRange(t *testing.T) {
	for _, s := range []diag.Snippet{
		{Line: "abc", Start: -1, End: 99}, {Line: "abc", Start: 99, End: 99}, {Line: "abc", Start: 2, End: 1}, {Line: "äöü", Start: 1, End: 2},
		{Line: strings.Repeat("ä", 500), Start: 999, End: 1001},
	} {
		if got := text(t, false, diag.Diagnostic{Severity: diag.Error, Summary: "s", Pos: at("a", 1, 1), Snippet: s}); !strings.Contains(got, "^") {
			t.Errorf("%+v: %q", s, got)
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteTextError(t *testing.T) {
	err := diag.WriteText(brokenWriter{}, diag.Diagnostics{{Severity: diag.Error, Summary: "s"}}, false)
	if !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}

func TestDiagnostics(t *testing.T) {
	ds := diag.Diagnostics{
		{Severity: diag.Warning, Summary: "w", Pos: at("b", 1, 1)},
		{Severity: diag.Warning, Summary: "w1", Pos: at("a", 2, 1)},
		{Severity: diag.Error, Summary: "e", Detail: "Why.", Pos: at("a", 2, 1)},
		{Severity: diag.Error, Summary: "first"},
		{Severity: diag.Error, Summary: "col", Pos: at("a", 1, 9)},
	}
	ds.Sort()
	var got []string
	for _, d := range ds {
		got = append(got, d.String())
	}
	want := []string{"error: first", "a:1:9: error: col", "a:2:1: error: e; Why.", "a:2:1: warning: w1", "b:1:1: warning: w"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if e, w := ds.Counts(); e != 3 || w != 2 || !ds.HasErrors() {
		t.Errorf("%d errors, %d warnings", e, w)
	}
	if got := ds.Err().Error(); got != "the configuration is not valid: error: first (and 2 more; run `patchwave validate`)" {
		t.Errorf("error %q", got)
	}
	if got := ds[2:3].Err().Error(); got != "the configuration is not valid: a:2:1: error: e; Why." {
		t.Errorf("error %q", got)
	}
	if ds[3:].HasErrors() || ds[3:].Err() != nil {
		t.Error("warnings are no errors")
	}
}

func BenchmarkWriteText(b *testing.B) {
	var ds diag.Diagnostics
	for i := range 1_000 {
		ds = append(ds, diag.Diagnostic{Severity: diag.Error, Summary: "s", Detail: "d", Pos: at("a", i, 1), Snippet: diag.Snippet{Line: "some line", End: 4}})
	}
	for b.Loop() {
		if err := diag.WriteText(&bytes.Buffer{}, ds, true); err != nil {
			b.Fatal(err)
		}
	}
}

package config_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/engine/config"

	"github.com/google/go-cmp/cmp"
)

func TestFormat(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"align", "a = 1\nlonger=2\n", "a      = 1\nlonger = 2\n"},
		{"indent", "host \"a\" {\naddress=\"x\"\n  labels = {a=1}\n}\n", "host \"a\" {\n  address = \"x\"\n  labels  = { a = 1 }\n}\n"},
		{"comments stay", "# one\na=1 # two\n// three\n", "# one\na = 1 # two\n// three\n"},
		{"strings stay", "a = \"x  ${ y }  z\"\n", "a = \"x  ${y}  z\"\n"},
		{"empty", "", ""},
	}
	for _, tt := range tests {
		got, ds := config.Format([]byte(tt.in), "x.hcl")
		if ds.HasErrors() {
			t.Errorf("%s: %v", tt.name, ds)
		}
		if diff := cmp.Diff(tt.want, string(got)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"syntax":   {"a = \n", "x.hcl:1:5: error: invalid expression"},
		"nesting":  {"a = " + strings.Repeat("[", 10_000), "too complex to read safely"},
		"size":     {strings.Repeat("# x\n", 2<<20+1), "larger than 8 MiB"},
		"password": {"password = \"hunter2\" \"x\"\n", "missing newline"},
	} {
		got, ds := config.Format([]byte(tt.in), "x.hcl")
		if string(got) != tt.in {
			t.Errorf("%s: the text was changed", name)
		}
		if len(ds) == 0 || !strings.Contains(ds[0].String(), tt.want) {
			t.Errorf("%s: %v", name, ds)
		}
		if strings.Contains(ds[0].Snippet.Line, "hunter2") {
			t.Errorf("%s: the line of a password is shown", name)
		}
	}
	json := `{"a":1}`
	if got, ds := config.Format([]byte(json), "x.hcl.json"); string(got) != json || len(ds) > 0 {
		t.Errorf("json: %q, %v", got, ds)
	}
}

// TestFixturesAreFormatted: the fixtures that are right are in canonical form, so
// that people may learn from them.
func TestFixturesAreFormatted(t *testing.T) {
	files, err := filepath.Glob("testdata/valid/*.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		got, ds := config.Format(text, f)
		if ds.HasErrors() {
			t.Error(ds.Err())
		}
		if d := config.Diff(f, text, got); d != nil {
			t.Errorf("%s", d)
		}
	}
}

func TestFormatFiles(t *testing.T) {
	dir := privateDir(t)
	for _, name := range []string{"b.hcl", "a/x.hcl", "a/t.pwtest.hcl", "j.hcl.json", "README.md", ".hidden.hcl"} {
		write(t, dir, name, "")
	}
	got, err := config.FormatFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(dir, "a/t.pwtest.hcl"), filepath.Join(dir, "a/x.hcl"), filepath.Join(dir, "b.hcl")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	one := filepath.Join(dir, "b.hcl")
	if got, err := config.FormatFiles(one); err != nil || len(got) != 1 || got[0] != one {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := config.FormatFiles(filepath.Join(dir, "none")); err == nil {
		t.Error("no error for a directory that is not there")
	}
	chmod(t, filepath.Join(dir, "a"), 0o777)
	if _, err := config.FormatFiles(dir); err == nil {
		t.Error("no error for a folder that everybody can write")
	}
}

func TestDiff(t *testing.T) {
	before := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n"
	after := "a\nB\nc\nd\ne\nf\ng\nh\ni\nk\nl\n"
	want := `--- x.hcl
+++ x.hcl
@@ -1,5 +1,5 @@
 a
-b
+B
 c
 d
 e
@@ -7,5 +7,5 @@
 g
 h
 i
-j
 k
+l
`
	if diff := cmp.Diff(want, string(config.Diff("x.hcl", []byte(before), []byte(after)))); diff != "" {
		t.Error(diff)
	}
	if d := config.Diff("x", []byte("same\n"), []byte("same\n")); d != nil {
		t.Errorf("a difference where there is none: %s", d)
	}
}

// TestDiffApplies gives diffs to patch(1), where it is installed.
func TestDiffApplies(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("patch is not installed")
	}
	for name, tt := range map[string][2]string{
		"change":  {"a\nb\nc\n", "a\nx\nc\n"},
		"insert":  {"a\nb\n", "new\na\nmore\nb\nend\n"},
		"remove":  {"a\nb\nc\nd\n", "b\nd\n"},
		"all":     {"a\nb\n", "c\nd\n"},
		"far":     {strings.Repeat("x\n", 40) + "a\n" + strings.Repeat("y\n", 40), "first\n" + strings.Repeat("x\n", 40) + "b\n" + strings.Repeat("y\n", 39)},
		"no end":  {"a\nb", "a\nb\n"},
		"shuffle": {"a\nb\nc\nd\ne\n", "e\nd\nc\nb\na\n"},
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, t.TempDir(), "f", tt[0])
			cmd := exec.CommandContext(t.Context(), patch, "-s", "--fuzz=0", path)
			cmd.Stdin = strings.NewReader(string(config.Diff("f", []byte(tt[0]), []byte(tt[1]))))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt[1], string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

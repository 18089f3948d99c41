package sim

import (
	"cmp"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	debversion "github.com/knqyf263/go-deb-version"

	"patchwave/engine/updates/rpm"
)

func TestCompareVersions(t *testing.T) {
	ascending := []string{"1~rc1", "1~rc1-1", "1", "1-1", "1-1+b1", "1-1.1", "1-2~deb12u1", "1-2", "1a", "1+", "1.1", "1.2", "1.10", "1.10-0+deb12u9", "1.10-0+deb12u10",
		"01.11", "2", "1:0", "1:1-1", "10:0"}
	for i, a := range ascending {
		for j, b := range ascending {
			if got := compareVersions(a, b); cmp.Compare(got, 0) != cmp.Compare(i, j) {
				t.Errorf("%s and %s: %d", a, b, got)
			}
		}
	}
}

// FuzzCompareVersions compares the order with that of another implementation.
func FuzzCompareVersions(f *testing.F) {
	for _, pair := range [][2]string{{"1", "2"}, {"1:1", "2"}, {"1.0~rc1-1", "1.0-1"}, {"3.0.17-1~deb12u2", "3.0.18-1~deb12u1"}, {"1a", "1+"}, {"0", "00"}} {
		f.Add(pair[0], pair[1])
	}
	valid := regexp.MustCompile(`^([0-9]{1,3}:)?[0-9][A-Za-z0-9.+~]{0,12}(-[A-Za-z0-9+.~]{1,12})?$`)
	f.Fuzz(func(t *testing.T, a, b string) {
		got := compareVersions(a, b)
		if back := compareVersions(b, a); cmp.Compare(back, 0) != -cmp.Compare(got, 0) {
			t.Fatalf("%q %q: %d, and back %d", a, b, got, back)
		}
		if !valid.MatchString(a) || !valid.MatchString(b) {
			return
		}
		va, errA := debversion.NewVersion(a)
		vb, errB := debversion.NewVersion(b)
		if errA == nil && errB == nil && cmp.Compare(va.Compare(vb), 0) != cmp.Compare(got, 0) {
			t.Fatalf("%q %q: %d, another says %d", a, b, got, va.Compare(vb))
		}
	})
}

// FuzzCompareRPM compares the order with that of the program itself.
func FuzzCompareRPM(f *testing.F) {
	for _, pair := range [][2]string{{"1-1", "2-1"}, {"1:1-1", "2-1"}, {"1.0~rc1-1", "1.0-1"}, {"1.0^git1-1", "1.0-1"}, {"1.0^git1-1", "1.0.1-1"},
		{"2.34-168.el9_6.14", "2.34-168.el9_6.23"}, {"1a-1", "1.1-1"}, {"0-1", "00-1"}, {"1.-1", "1-1"}, {"3.2.2-6.el9_5", "3.2.2-6.el9"}} {
		f.Add(pair[0], pair[1])
	}
	valid := regexp.MustCompile(`^([0-9]{1,3}:)?[A-Za-z0-9._+~^]{1,12}-[A-Za-z0-9._+~^]{1,12}$`)
	f.Fuzz(func(t *testing.T, a, b string) {
		got := compareRPM(a, b)
		if back := compareRPM(b, a); cmp.Compare(back, 0) != -cmp.Compare(got, 0) {
			t.Fatalf("%q %q: %d, and back %d", a, b, got, back)
		}
		if valid.MatchString(a) && valid.MatchString(b) {
			if want := rpm.Compare(a, b); cmp.Compare(want, 0) != cmp.Compare(got, 0) {
				t.Fatalf("%q %q: %d, the program says %d", a, b, got, want)
			}
		}
	})
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                          nil,
		" a  b\tc\n":                {"a", "b", "c"},
		`sudo -n -u root -- sh -s`:  {"sudo", "-n", "-u", "root", "--", "sh", "-s"},
		`-p '[patchwave x] '`:       {"-p", "[patchwave x] "},
		`'it'\''s' "a \"b\" \c" ''`: {"it's", `a "b" \c`, ""},
		`a'b'"c"d`:                  {"abcd"},
	} {
		if got, ok := words(line); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q %v", line, got, ok)
		}
	}
	for _, line := range []string{"a; b", "a | b", "$(a)", "a &", "`a`", "'a", `"a`, `a\`, "a > b", "(a)"} {
		if got, ok := words(line); ok {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// FuzzWords reads back what was quoted, and never fails on anything.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"", "a b", "'", `\`, `"`, `it's`, "a\x00b", "@@x GO", `"a\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if list, ok := words(s); ok {
			var quoted []string
			for _, w := range list {
				quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
			}
			again, ok := words(strings.Join(quoted, " "))
			if !ok || !slices.Equal(again, list) {
				t.Fatalf("%q became %q", list, again)
			}
		}
		if line, ok := inline(s); ok && !strings.HasPrefix(s, "eval") {
			t.Fatalf("%q is %q", s, line)
		}
		changes(s)
	})
}

func TestInline(t *testing.T) {
	if line, ok := inline("eval 'echo it'\\''s' </dev/null\n"); !ok || line != "echo it's" {
		t.Errorf("%q %v", line, ok)
	}
	for _, script := range []string{"eval 'a'", "echo a", "eval 'a' 'b' </dev/null", "eval 'a </dev/null"} {
		if line, ok := inline(script); ok {
			t.Errorf("%q is %q", script, line)
		}
	}
}

func TestCksum(t *testing.T) {
	program, err := exec.LookPath("cksum")
	if err != nil {
		t.Skip("no cksum on this computer")
	}
	for _, text := range []string{"", "a", "patchwave\n", strings.Repeat("x", 70000)} {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.Output()
		if err != nil || strings.TrimSpace(string(out)) != cksum([]byte(text)) {
			t.Errorf("%d bytes: %q, ours %q, %v", len(text), out, cksum([]byte(text)), err)
		}
	}
}

func TestBootIDsAreUUIDs(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for range 100 {
		id, err := newBootID()
		if err != nil || !shape.MatchString(id) || seen[id] {
			t.Fatalf("%q %v", id, err)
		}
		seen[id] = true
	}
}

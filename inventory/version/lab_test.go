//go:build lab

package version

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLikeDpkg compares with "dpkg --compare-versions" of the installed dpkg,
// which exits with 2 for a version that it refuses. No root, no network.
func TestLikeDpkg(t *testing.T) {
	tool, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("no dpkg")
	}
	is := func(t *rapid.T, a, op, b string) bool {
		out, err := exec.Command(tool, "--compare-versions", a, op, b).CombinedOutput()
		if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "bad syntax") {
			t.Fatalf("dpkg takes neither %q nor %q as well-formed: %s", a, b, out)
		}
		return err == nil
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, Deb, "a"), draw(t, Deb, "b")
		if rapid.Bool().Draw(t, "long") {
			a += rapid.StringMatching(`\.[0-2]{17,22}`).Draw(t, "digits")
			b += rapid.StringMatching(`\.[0-2]{17,22}`).Draw(t, "digits")
		}
		got, err := Compare(Deb, a, b)
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		switch {
		case is(t, a, "lt", b):
			want = -1
		case is(t, a, "gt", b):
			want = 1
		}
		if got != want {
			t.Errorf("%s against %s: %d, dpkg says %d", a, b, got, want)
		}
	})
}

// TestValidLikeDpkg compares which versions are well-formed with
// "dpkg --validate-version".
func TestValidLikeDpkg(t *testing.T) {
	tool, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("no dpkg")
	}
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.StringMatching(`[0-9a:._~+/ -]{1,8}`).Draw(t, "version")
		if v[0] == '-' || strings.TrimSpace(v) != v {
			return // an option, and blanks that dpkg trims
		}
		want := exec.Command(tool, "--validate-version", v).Run() == nil
		if got := Valid(Deb, v) == nil; got != want {
			t.Errorf("%q is valid: %v, dpkg says %v", v, got, want)
		}
	})
}

// TestLikeRPM compares with rpm.vercmp of the installed rpm, many pairs at once.
func TestLikeRPM(t *testing.T) {
	tool, err := exec.LookPath("rpm")
	if err != nil {
		t.Skip("no rpm")
	}
	var pairs [][2]string
	var script strings.Builder
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			p := [2]string{draw(t, RPM, "a"), draw(t, RPM, "b")}
			pairs = append(pairs, p)
		}
	})
	pairs = pairs[:min(len(pairs), 2000)]
	for _, p := range pairs {
		fmt.Fprintf(&script, "print(rpm.vercmp(%q,%q)..\"\\n\")", p[0], p[1])
	}
	out, err := exec.Command(tool, "--eval", "%{lua:"+script.String()+"}").Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := strings.Fields(string(out))
	if len(answers) != len(pairs) {
		t.Fatalf("%d answers for %d pairs: %.200s", len(answers), len(pairs), out)
	}
	for i, p := range pairs {
		got, err := Compare(RPM, p[0], p[1])
		if err != nil || fmt.Sprint(got) != answers[i] {
			t.Errorf("%s against %s: %d, rpm says %s (%v)", p[0], p[1], got, answers[i], err)
		}
	}
}

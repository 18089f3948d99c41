package dnf

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// pythonOf is python3. Whoever has a C compiler and no Python passes these tests
// over; where every test must run, a skipped one fails.
func pythonOf(t *testing.T) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 here")
	}
	return python
}

func TestProgramIsPython(t *testing.T) {
	python := pythonOf(t)
	for name, shell := range map[string]string{"scan": New().Shell().Scan, "simulate": New().Shell().Simulate, "job": New().Shell().Job} {
		_, program, ok := strings.Cut(shell, "<<'DNF_PROGRAM'\n$dnf_data\nDNF_DATA\n")
		program, _, end := strings.Cut(program, "\nDNF_PROGRAM\n")
		if !ok || !end {
			t.Fatalf("%s holds no program", name)
		}
		cmd := exec.Command(python, "-I", "-c", "import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 6))")
		cmd.Stdin = strings.NewReader(program)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestReverse: what undoes changes names the architecture that was there before.
func TestReverse(t *testing.T) {
	python := pythonOf(t)
	_, rest, ok := strings.Cut(changePython, "def reverse(")
	functions, _, end := strings.Cut(rest, "\ndef still_to_do(")
	if !ok || !end {
		t.Fatal("the program has no such functions")
	}
	cmd := exec.Command(python, "-I", "-c", "def reverse("+functions+`
marks = dict.fromkeys(['toreal.noarch', 'tonone.x86_64', 'both.i686', 'both.x86_64', 'gone.noarch'])
for c in reverse([('upgrade', 'toreal', 'x86_64', '1', '2'), ('upgrade', 'tonone', 'noarch', '1', '2'), ('downgrade', 'both', 'i686', '2', '1'),
                  ('remove', 'gone', 'noarch', '1', '-'), ('install', 'both', 'x86_64', '-', '3'), ('upgrade', 'unknown', 'x86_64', '1', '2')], marks):
    print(*c)`)
	out, err := cmd.CombinedOutput()
	want := "downgrade toreal noarch 2 1\ndowngrade tonone x86_64 2 1\nupgrade both i686 1 2\n" +
		"install gone noarch - 1\nremove both x86_64 3 -\ndowngrade unknown x86_64 2 1\n"
	if diff := cmp.Diff(want, string(out)); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// newFake is a host whose dnf says that it runs on a Python which is the given
// shell script instead. The script finds the mode in $3, its data on descriptor 3
// and a directory of its own in $FAKE.
func newFake(t *testing.T, script string) updatestest.Host {
	t.Helper()
	h := updatestest.NewHost(t)
	h.Command("python3", script)
	h.Command("dnf", "exit 99")
	h.Write("bin/dnf", "#!"+h.Path("bin", "python3")+" -s\n")
	h.Command("sleep", `echo "sleep $1" >>"$FAKE/log"`)
	return h
}

// slept is each call of sleep, as a word.
func slept(h updatestest.Host) []string {
	return strings.Fields(strings.ReplaceAll(strings.TrimSpace(h.Read("log")), " ", "_"))
}

func TestInstallWaitsForTheLock(t *testing.T) {
	// Locked three times, then free.
	const busy = `cat >/dev/null; echo x >>"$FAKE/tries"
[ "$(wc -l <"$FAKE/tries")" -gt 3 ] || { echo 'RPMDB already locked by 1' >&2; exit 200; }
echo Complete!`
	tests := []struct {
		wait   string
		status int
		slept  []string
	}{
		{"60", 0, []string{"sleep_5", "sleep_5", "sleep_5"}},
		{"7", 200, []string{"sleep_5", "sleep_2"}},
		{"0", 200, []string{}},
	}
	for _, sh := range updatestest.Shells(t, "busybox") { // its sleep is its own, and really sleeps
		for _, tt := range tests {
			f := newFake(t, busy)
			a, status := f.Run(sh, updates.InstallScript(New()), map[string]string{"changes": "", "lock_wait": tt.wait})
			if status != tt.status {
				t.Errorf("%v, wait %s: status %d", sh, tt.wait, status)
			}
			if o := New().ParseInstall(a); o.Claimed != (tt.status == 0) || tt.status == 200 && updatestest.Code(o.Problem) != "locked" {
				t.Errorf("%v, wait %s: %+v", sh, tt.wait, o)
			}
			if diff := cmp.Diff(tt.slept, slept(f)); diff != "" {
				t.Errorf("%v, wait %s (-want +got):\n%s", sh, tt.wait, diff)
			}
		}
	}
}

func TestProgramGetsItsData(t *testing.T) {
	// Data is never code: it reaches the program as it was sent.
	changes := "upgrade\ta\tnoarch\t1-1\t2-1\nremove\t$(touch x)`touch y`\tnoarch\t\"'\\1\t-"
	for _, sh := range updatestest.Shells(t) {
		f := newFake(t, `head -c 20 >/dev/null; cat >/dev/null; cat <&3 >"$FAKE/data"; echo "$*" >"$FAKE/arguments"`)
		_, status := f.Run(sh, updates.RollbackScript(New()), map[string]string{"changes": changes, "dir": "/some where", "lock_wait": "0"})
		if status != 0 {
			t.Fatalf("%v: status %d", sh, status)
		}
		if diff := cmp.Diff(changes+"\n", f.Read("data")); diff != "" {
			t.Errorf("%v: data (-want +got):\n%s", sh, diff)
		}
		if diff := cmp.Diff("-I - rollback /some where\n", f.Read("arguments")); diff != "" {
			t.Errorf("%v: arguments (-want +got):\n%s", sh, diff)
		}
	}
}

func TestLargeData(t *testing.T) {
	var b strings.Builder
	for range 5000 {
		b.WriteString("some-package-with-a-rather-long-name\tx86_64\t1:2.3.4-5.el9_6.1\n")
	}
	want := strings.TrimSuffix(b.String(), "\n")
	for _, sh := range updatestest.Shells(t) {
		f := newFake(t, `cat >/dev/null; printf 'frame\tdnf.sim\n'; printf 'change\tupgrade\tlines\tnoarch\t1-1\t%s-1\t0\nok\n' "$(grep -c . <&3)"`)
		a, _ := f.Run(sh, updates.SimulateScript(New()), map[string]string{"mode": "set", "want": want})
		s := New().ParseSimulation(a, "dnf.sim", nil)
		if !s.OK || len(s.Changes) != 1 || s.Changes[0].To != "5000-1" {
			t.Errorf("%v: %+v %+v", sh, s, s.Problem)
		}
	}
}

func TestSimulateFrames(t *testing.T) {
	for _, sh := range updatestest.Shells(t) {
		f := newFake(t, `cat >/dev/null; echo "noise of $3" >&2
printf 'before all frames\nframe\tdnf.sim.1\nok\nframe\tdnf.sim.2\nproblem\ta  b\\n\n'; exit 3`)
		a, _ := f.Run(sh, updates.SimulateScript(New()), map[string]string{"mode": "each", "want": "a\tnoarch\t1-1"})
		var names []string
		for _, frame := range a.Frames {
			names = append(names, frame.Name)
		}
		if diff := cmp.Diff([]string{"dnf.solver", "dnf.sim.1", "dnf.sim.2"}, names); diff != "" {
			t.Errorf("%v (-want +got):\n%s", sh, diff)
		}
		solver, _ := a.Get("dnf.solver")
		second, _ := a.Get("dnf.sim.2")
		if solver.RC != 3 || string(solver.Err) != "noise of each\n" || string(second.Out) != "problem\ta  b\\n\n" {
			t.Errorf("%v: %+v", sh, a.Frames)
		}
	}
}

func TestIndexAgeWithoutRepositories(t *testing.T) {
	if _, err := os.Stat("/etc/yum.repos.d"); err == nil {
		t.Skip("this machine has repositories")
	}
	f := newFake(t, "exit 1")
	a, _ := f.Run(updatestest.Shells(t)[0], script.Script{Name: "age", Version: 1, Sh: New().Shell().Scan + "\npw_run age dnf_index_age\n"}, nil)
	if age, ok := a.Get("age"); !ok || len(bytes.TrimSpace(age.Out)) != 0 {
		t.Errorf("age %q", age.Out)
	}
}

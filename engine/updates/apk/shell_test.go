package apk

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patchwave/connectors/posix"
)

func TestShellIsShell(t *testing.T) {
	s := New().Shell()
	shells := [][]string{{"sh", "-n"}}
	for _, more := range [][]string{{"dash", "-n"}, {"bash", "--posix", "-n"}, {"busybox", "sh", "-n"}} {
		if _, err := exec.LookPath(more[0]); err == nil {
			shells = append(shells, more)
		}
	}
	for part, text := range map[string]string{"scan": s.Scan, "simulate": s.Simulate, "job": s.Job} {
		for _, shell := range shells {
			cmd := exec.Command(shell[0], shell[1:]...)
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %v\n%s", part, shell, err, out)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)\(\)`).FindAllStringSubmatch(text, -1) {
			if !strings.HasPrefix(m[1], "apk_") {
				t.Errorf("%s: function %s is not named after its manager", part, m[1])
			}
		}
	}
	for part, functions := range map[string][]string{
		s.Scan: {"apk_index_age", "apk_refresh", "apk_scan"}, s.Simulate: {"apk_simulate"},
		s.Job: {"apk_install", "apk_keep", "apk_rollback", "apk_repair"},
	} {
		for _, f := range functions {
			if !strings.Contains(part, "\n"+f+"() {") {
				t.Errorf("%s is not defined", f)
			}
		}
	}
}

// job runs apk_install with a fake apk and a world in a temporary directory. It
// returns the answer, the calls of apk and what world holds afterwards.
func job(t *testing.T, apk, world, changes string) (posix.Answer, []string, string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\necho \"$*\" >>'" + dir + "/calls'\n" + apk + "\n"
	if err := os.WriteFile(filepath.Join(dir, "apk"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "world"), []byte(world), 0o644); err != nil {
		t.Fatal(err)
	}
	s := posix.Script{Name: "test", Version: 1, Body: "PATH='" + dir + "':$PATH\n" + New().Shell().Job +
		"\napk_world='" + dir + "/world'\napk_saved='" + dir + "/saved'\nWORLD='" + dir + "/world'; export WORLD\napk_install\n"}
	encoded, err := posix.Encode(s, "00ff", map[string]string{"changes": changes, "lock_wait": "7", "dir": dir})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-s")
	cmd.Stdin = bytes.NewReader(encoded)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("sh: %v\n%s", err, errs.String())
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "saved")); !os.IsNotExist(err) {
		t.Errorf("the copy of world is still there: %v", err)
	}
	return posix.Parse("00ff", out.Bytes(), errs.Bytes()), strings.Split(strings.TrimSpace(string(calls)), "\n"), string(after)
}

func TestInstallPutsWorldBack(t *testing.T) {
	pins := `case $* in *--simulate*) exit 0;; info*) exit 1;; *add*) printf 'a=2-r0\nb\nc++<3\n!old\n' >"$WORLD"; `
	tests := []struct {
		name, apk, changes, want string
		rc                       int
	}{
		{"success", pins + "exit 0;; esac", "upgrade\ta\tx86_64\t1-r0\t2-r0", "a\nb\nc++<3\nold\nolder\n", 0},
		{"failure", pins + "echo 'ERROR: boom'; exit 5;; esac", "upgrade\ta\tx86_64\t1-r0\t2-r0", "a\nb\nc++<3\nold\nolder\n", 5},
		{"removal", pins + "exit 0;; esac", "remove\told\tx86_64\t1-r0\t-", "a\nb\nc++<3\nolder\n", 0},
		{"removal of a name with signs", pins + "exit 0;; esac", "remove\tc++\tx86_64\t1-r0\t", "a\nb\nold\nolder\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, calls, world := job(t, tt.apk, "a b\nc++<3\nold\nolder\n", tt.changes)
			frame, ok := a.Get("apk.install")
			if !ok || frame.RC != tt.rc || world != tt.want {
				t.Errorf("frame %+v, world %q, calls %q", frame, world, calls)
			}
		})
	}
}

func TestInstallArguments(t *testing.T) {
	_, calls, _ := job(t, "", "a\n", "upgrade\ta\tx86_64\t1-r0\t2-r0\ninstall\tnew\tx86_64\t-\t1.0_p1-r3\nremove\told\tx86_64\t1-r0\t-")
	want := []string{"--no-network add --simulate a=2-r0 new=1.0_p1-r3 !old", "--wait 7 --no-progress add a=2-r0 new=1.0_p1-r3 !old"}
	if len(calls) < 2 || calls[0] != want[0] || calls[1] != want[1] {
		t.Errorf("calls %q", calls)
	}
}

func TestInstallStopsWhenThePlanIsOld(t *testing.T) {
	a, calls, world := job(t, "echo '(1/2) Upgrading a (1-r0 -> 2-r0)'; echo '(2/2) Purging b (1-r0)'", "a\n", "upgrade\ta\tx86_64\t1-r0\t2-r0")
	out := New().ParseInstall(a)
	if len(calls) != 1 || world != "a\n" || out.Claimed || !strings.Contains(out.Problem.Message, "nothing was changed") || !strings.Contains(out.Problem.Message, "Purging b") {
		t.Errorf("calls %q, world %q, %+v", calls, world, out.Problem)
	}
}

func TestInstallRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, changes := range []string{
		"upgrade\t--root\tx86_64\t1\t2", "upgrade\ta b\tx86_64\t1\t2", "upgrade\ta\tx86_64\t1\t2;id", "explode\ta\tx86_64\t1\t2",
		"upgrade\ta\tx86_64\t1\t", "upgrade\ta\tx86_64\t1\t2\nupgrade\t-x\tx86_64\t1\t2", "remove\ta\tx86_64\t1\t2",
	} {
		a, calls, world := job(t, "", "a\n", changes)
		if out := New().ParseInstall(a); calls[0] != "" || world != "a\n" || out.Claimed {
			t.Errorf("%q: calls %q, %+v", changes, calls, out)
		}
	}
}

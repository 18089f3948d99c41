package local

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestProgram(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// Another process writes it: a file that is open for writing in a process that
	// forks cannot be started.
	write := exec.CommandContext(t.Context(), "sh", "-c", `cat >"$0" && chmod 700 "$0"`, filepath.Join(dir, "hook"))
	write.Stdin = strings.NewReader("#!/bin/sh\necho \"$0 $1 $NAME ${HOME-none}\"\npwd\nexit 3\n")
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, test := range []struct {
		name string
		p    Program
		rc   int
		out  string
		err  string
	}{
		{"no shell", Program{Argv: []string{"echo", "$(id)", "a b", "*"}}, 0, "$(id) a b *\n", ""},
		{"beside the configuration", Program{Argv: []string{"./hook", "x"}, Dir: dir, Env: []string{"NAME=v", "PATH=/usr/bin:/bin"}}, 3, "./hook x v none\n" + dir + "\n", ""},
		{"a signal", Program{Argv: []string{"sh", "-c", "kill -TERM $$"}}, 143, "", ""},
		{"nothing to read", Program{Argv: []string{"cat"}}, 0, "", ""},
		{"both streams", Program{Argv: []string{"sh", "-c", "echo a; echo b >&2"}}, 0, "a\nb\n", ""},
		{"no program", Program{Argv: []string{"no-such-program"}}, 0, "", "start no-such-program: "},
		{"nothing", Program{}, 0, "", "there is no program to start"},
	} {
		rc, out, err := test.p.Run(t.Context())
		if rc != test.rc || out != test.out || (err == nil) != (test.err == "") || (err != nil && !strings.HasPrefix(err.Error(), test.err)) {
			t.Errorf("%s: exit status %d, %q, %v", test.name, rc, out, err)
		}
	}
}

// TestProgramIsKilledWithItsChildren when its time is over, or nobody waits any
// more.
func TestProgramIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		for limit := 200 * time.Millisecond; ; limit *= 2 { // a machine that is busy needs longer
			p, file := parent(t)
			p.Limit = limit
			if _, _, err := p.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "did not end within "+limit.String()) {
				t.Fatalf("%v", err)
			}
			if _, err := os.Stat(file); err == nil {
				wantGone(t, file)
				return
			}
		}
	})
	t.Run("ctx", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		p, file := parent(t)
		why := errors.New("enough")
		go func() {
			until(t, "the child runs", func() bool { _, err := os.Stat(file); return err == nil })
			cancel(why)
		}()
		if _, _, err := p.Run(ctx); !errors.Is(err, why) {
			t.Errorf("%v", err)
		}
		wantGone(t, file)
	})
}

// parent is a program that starts another one, and the file with its number.
func parent(t *testing.T) (Program, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "child")
	return Program{Argv: []string{"sh", "-c", `sleep 300 & echo $! >"$0.new"; mv "$0.new" "$0"; wait`, file}, Limit: time.Minute,
		Env: []string{"PATH=/usr/bin:/bin"}}, file
}

func wantGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the child is gone", func() bool { return gone(pid) == nil })
}

// until waits for something to be true.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Errorf("it did not come to pass: %s", what)
			return
		}
	}
}

// gone is nil when a process has ended, reaped or not.
func gone(pid int) error {
	if err := unix.Kill(pid, 0); errors.Is(err, unix.ESRCH) {
		return nil
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil || strings.Contains(string(stat), ") Z ") {
		return nil
	}
	return errors.New("it runs")
}

func TestProgramThatTalks(t *testing.T) {
	t.Parallel()
	_, out, err := Program{Argv: []string{"sh", "-c", "echo first; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last"}}.Run(t.Context())
	if err != nil || len(out) > keptHead+keptTail+100 || !strings.HasPrefix(out, "first\n") || !strings.HasSuffix(out, "\nlast\n") || !strings.Contains(out, "bytes left out") {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

package main

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// background is the program while the script goes on.
type background struct {
	cmd      *exec.Cmd
	out, err buffer
	done     chan error
}

// buffer is what a process printed so far.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// cmdSays waits until what start has started says something on standard error.
func cmdSays(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if neg || s.bg == nil || len(args) != 1 {
		ts.Fatalf("usage: says TEXT, after start")
	}
	until(ts, func() string {
		if strings.Contains(s.bg.err.String(), args[0]) {
			return ""
		}
		return "it says: " + s.bg.err.String()
	})
}

// cmdStart starts the program in the background.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if neg || s.bg != nil {
		ts.Fatalf("usage: start ARG…, once at a time")
	}
	path, err := exec.LookPath("patchwave")
	ts.Check(err)
	b := &background{cmd: exec.Command(path, args...), done: make(chan error, 1)}
	b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = ts.MkAbs("."), &b.out, &b.err
	b.cmd.Env = storyEnv(ts)
	s.logins = map[string]int{}
	if s.fleet != nil {
		for _, h := range s.fleet.Hosts() {
			s.logins[h.Name()] = h.Snapshot().Logins["patch"]
		}
	}
	ts.Check(b.cmd.Start())
	s.bg = b
	go func() { b.done <- b.cmd.Wait() }()
	ts.Defer(func() {
		if s.bg == b {
			_ = b.cmd.Process.Kill() // the script has failed before it waited
			if err := <-b.done; err == nil {
				ts.Logf("%s ended well after it was killed", b.cmd.Path)
			}
		}
	})
}

// cmdSignal sends a signal to what start has started.
func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	sig := signals()[strings.Join(args, " ")]
	if neg || s.bg == nil || sig == nil {
		ts.Fatalf("usage: signal INT|TERM|KILL|STOP|CONT, after start")
	}
	if sig != syscall.SIGSTOP {
		ts.Check(s.bg.cmd.Process.Signal(sig))
		return
	}
	// Not in the middle of a write to the database: a stopped process keeps its lock,
	// and nobody else could write.
	until(ts, func() string {
		ts.Check(s.bg.cmd.Process.Signal(syscall.SIGSTOP))
		err := writable(filepath.Join(ts.MkAbs("state"), "patchwave.db"))
		if err == nil {
			return ""
		}
		ts.Check(s.bg.cmd.Process.Signal(syscall.SIGCONT))
		return "the process stops while it writes: " + err.Error()
	})
}

// writable says why a database cannot be written to at the moment.
func writable(file string) error {
	db, err := sql.Open("sqlite3", file+"?_txlock=immediate&_busy_timeout=50")
	if err != nil {
		return err
	}
	tx, err := db.Begin()
	if err == nil {
		err = tx.Rollback()
	}
	return errors.Join(err, db.Close())
}

// cmdJoin waits for what start has started.
func cmdJoin(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if neg || s.bg == nil || len(args) != 1 {
		ts.Fatalf("usage: join STATUS, after start")
	}
	err := <-s.bg.done
	b := s.bg
	s.bg = nil
	_, _ = ts.Stdout().Write([]byte(b.out.String())) // a buffer of testscript
	_, _ = ts.Stderr().Write([]byte(b.err.String())) // as above
	wantStatus(ts, args[0], err)
}

// cmdStorm sends TERM to what start has started until it is gone. (A signal that comes
// before the one before it was seen is the same one.)
func cmdStorm(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if neg || s.bg == nil || len(args) != 0 {
		ts.Fatalf("usage: storm, after start")
	}
	until(ts, func() string {
		for range 20 {
			if errors.Is(s.bg.cmd.Process.Signal(syscall.SIGTERM), os.ErrProcessDone) {
				return ""
			}
		}
		return "it goes on: " + s.bg.err.String()
	})
}

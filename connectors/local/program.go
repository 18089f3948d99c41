package local

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// How much of what a program prints is kept, in bytes: its beginning and its end.
const (
	keptHead = 16 << 10
	keptTail = 48 << 10
)

// Program is a program on this machine, started without a shell.
type Program struct {
	// Argv is the program and its arguments. One that is written with a slash is
	// looked for from Dir, any other in the PATH of this process.
	Argv []string
	Dir  string
	// Env is its whole environment, "NAME=VALUE".
	Env []string
	// Limit is how long it may take; 0 is no bound.
	Limit time.Duration
}

// Run starts the program in a process group of its own, with nothing to read, and
// waits for its end. When ctx ends, or the time is over, the group is killed. It
// returns the exit status, 128+n if signal n ended it, and what was printed on
// both streams, cut in the middle. The error says that it could not be started, or
// did not end by itself.
func (p Program) Run(ctx context.Context) (rc int, output string, err error) {
	if len(p.Argv) == 0 {
		return 0, "", errors.New("there is no program to start")
	}
	bounded := ctx
	if p.Limit > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, p.Limit)
		defer cancel()
	}
	cmd := exec.CommandContext(bounded, p.Argv[0], p.Argv[1:]...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = linger
	var out ends
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return 0, out.String(), fmt.Errorf("%s was ended: %w", p.Argv[0], context.Cause(ctx))
	case bounded.Err() != nil:
		return 0, out.String(), fmt.Errorf("%s did not end within %s", p.Argv[0], p.Limit)
	case err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay):
		return 0, "", fmt.Errorf("start %s: %w", p.Argv[0], err)
	}
	return exitOf(cmd.ProcessState).Code, out.String(), nil
}

// ends keeps the head and the tail of what is written to it.
type ends struct {
	head, tail []byte
	dropped    int
}

// Write takes everything, so that who writes goes on.
func (e *ends) Write(b []byte) (int, error) {
	n := len(b)
	room := min(keptHead-len(e.head), len(b))
	e.head = append(e.head, b[:room]...)
	e.tail = append(e.tail, b[room:]...)
	if over := len(e.tail) - keptTail; over > 0 {
		e.dropped += over
		e.tail = append(e.tail[:0], e.tail[over:]...)
	}
	return n, nil
}

func (e *ends) String() string {
	var b strings.Builder
	b.Write(e.head)
	if e.dropped > 0 {
		fmt.Fprintf(&b, "\n[… %d bytes left out …]\n", e.dropped)
	}
	b.Write(e.tail)
	return b.String()
}

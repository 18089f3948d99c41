package local

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

// linger is how long output is waited for in all after the command ended: a daemon that
// it started may hold its output open for ever.
const linger = 2 * time.Second

// Start starts a command line of package become, which any shell splits alike.
func (s *session) Start(ctx context.Context, line string, stdout, stderr *runner.Stream) (runner.Process, error) {
	select {
	case s.places <- struct{}{}:
	case <-s.closed:
		return nil, s.ended(nil)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	p, err := s.spawn(line, stdout, stderr)
	if err != nil {
		<-s.places
		return nil, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseCommand, Host: s.host, Message: "cannot start a shell", Err: err}
	}
	return p, nil
}

type process struct {
	s     *session
	cmd   *exec.Cmd
	stdin io.WriteCloser
	done  chan struct{}

	mu sync.Mutex
	// reaped says that the number of the process may belong to another one.
	reaped bool
}

func (s *session) spawn(line string, stdout, stderr *runner.Stream) (*process, error) {
	cmd := exec.Command("/bin/sh", "-c", "exec "+line) //nolint:noctx // Abort ends it
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = linger
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{s: s, cmd: cmd, stdin: stdin, done: make(chan struct{})}
	go func() {
		select {
		case <-s.closed:
			p.Abort()
		case <-p.done:
		}
	}()
	return p, nil
}

func (p *process) Write(b []byte) (int, error) { return p.stdin.Write(b) }
func (p *process) CloseWrite() error           { return p.stdin.Close() }

// Abort kills the process group.
func (p *process) Abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		// What sudo runs as another user may not be ours to kill.
		_ = unix.Kill(-p.cmd.Process.Pid, unix.SIGKILL)
	}
}

// Wait waits for the exit status and the rest of the output.
func (p *process) Wait() (runner.Exit, error) {
	p.awaitEnd()
	err := p.cmd.Wait()
	close(p.done)
	<-p.s.places
	select {
	case <-p.s.closed:
		return runner.Exit{}, p.s.ended(nil)
	default:
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) && !errors.Is(err, os.ErrClosed) {
		return runner.Exit{}, p.s.ended(err)
	}
	return exitOf(p.cmd.ProcessState), nil
}

// awaitEnd returns when the process has ended, and before its number is free for
// another one: from then on Abort kills nothing.
func (p *process) awaitEnd() {
	for {
		err := unix.Waitid(unix.P_PID, p.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reaped = true
}

func exitOf(state *os.ProcessState) runner.Exit {
	status, ok := state.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return runner.Signaled(strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG"))
	}
	return runner.Exit{Code: state.ExitCode()}
}

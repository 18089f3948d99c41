package labhost

import (
	"bytes"
	"errors"
	"os/exec"
	"time"
)

// outputLimit bounds what is kept of each stream of a program, in bytes.
const outputLimit = 16 << 20

// Result is what a program did.
type Result struct {
	Stdout, Stderr string
	// ExitCode is the exit status, -1 if a signal ended the program.
	ExitCode int
	Duration time.Duration
}

// limited keeps the first outputLimit bytes written to it.
type limited struct{ bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	room := max(0, outputLimit-l.Len())
	_, _ = l.Buffer.Write(p[:min(room, len(p))]) // a Buffer never fails
	return len(p), nil
}

// capture runs cmd with run. A program that ran and failed is no error.
func capture(cmd *exec.Cmd, run func(*exec.Cmd) error) (Result, error) {
	var out, errs limited
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	err := run(cmd)
	if _, ran := errors.AsType[*exec.ExitError](err); ran {
		err = nil
	}
	r := Result{Stdout: out.String(), Stderr: errs.String(), ExitCode: -1, Duration: time.Since(began)}
	if cmd.ProcessState != nil {
		r.ExitCode = cmd.ProcessState.ExitCode()
	}
	return r, err
}

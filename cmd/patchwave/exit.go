package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/report"
	"patchwave/engine/report/safe"
)

// The exit statuses. Where several fit, the most severe wins, in the order of
// severity.
const (
	exitOK          = 0
	exitInternal    = 1
	exitUsage       = 2
	exitFailed      = 3
	exitUnreachable = 4
	exitStopped     = 5
	exitRefused     = 6
	exitRolledBack  = 7
	exitChanges     = 10
	exitLocked      = 11
	exitInterrupted = 130
	exitTerminated  = 143
)

// severity is the exit statuses, most severe first.
func severity() []int {
	return []int{exitInternal, exitInterrupted, exitTerminated, exitUsage, exitLocked, exitStopped, exitRolledBack,
		exitFailed, exitUnreachable, exitRefused, exitChanges, exitOK}
}

// worst returns the most severe of the codes; 0 if there is none.
func worst(codes ...int) int {
	for _, s := range severity() {
		if slices.Contains(codes, s) {
			return s
		}
	}
	return exitOK
}

// exitError ends the program with a status. A nil err says nothing: what there
// was to say has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit makes an error that ends the program with a status and says nothing; nil
// for 0.
func exit(code int) error {
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

// usage makes an error of the operator's.
func usage(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// finish prints what is left to say and returns the exit status. This is the
// one place that maps errors to statuses.
func (a *app) finish(err error) int {
	if err == nil {
		return exitOK
	}
	code := exitInternal
	var e *exitError
	var held *coord.HeldError
	switch {
	case errors.Is(err, syscall.EPIPE):
		return exitOK // the reader has seen enough, as with head(1)
	case errors.Is(err, journal.ErrSuperseded), errors.Is(err, coord.ErrLost), errors.As(err, &held):
		code = exitLocked
	case errors.As(err, &e):
		code = e.code
		if e.err == nil {
			return code
		}
	case errors.Is(err, context.Canceled) && a.interrupted != 0:
		code = a.interrupted
	case strings.HasPrefix(err.Error(), "unknown command"):
		code = exitUsage // cobra's own; it has no type
	}
	// stderr is all there is; a failure to write to it cannot be told anywhere
	_, _ = fmt.Fprintf(a.err, "patchwave: %s\n", safe.Block(strings.ReplaceAll(err.Error(), "\t", "  ")))
	return code
}

// codeOf returns the exit status of a run.
func codeOf(v report.Verdict, interrupted int) int {
	codes := []int{exitOK}
	add := func(cond bool, code int) {
		if cond {
			codes = append(codes, code)
		}
	}
	add(v.Interrupted, max(interrupted, exitInterrupted))
	add(v.Locked > 0, exitLocked)
	add(v.Stopped, exitStopped)
	add(v.RolledBack > 0, exitRolledBack)
	add(v.Failed+v.Lost > 0, exitFailed)
	add(v.Unreachable > 0, exitUnreachable)
	add(v.Drifted+v.Refused > 0, exitRefused)
	return worst(codes...)
}

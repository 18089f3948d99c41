package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
)

// ErrInjected is the error that Error and ErrorAfter give.
var ErrInjected = errors.New("an injected fault")

// Line is one line of the trace.
type Line struct {
	Where Where `json:"where"`
	Step  int   `json:"step"`
	// Acked: the journal has acknowledged the events.
	Acked  bool            `json:"acked,omitempty"`
	Fault  Kind            `json:"fault,omitempty"`
	Host   string          `json:"host,omitempty"`
	Events []journal.Event `json:"events,omitempty"`
}

// Injector counts steps and lets those go wrong that were asked for. It may be
// used from several goroutines.
type Injector struct {
	faults []Fault
	trace  io.Writer
	die    func()

	mu     sync.Mutex
	counts map[Where]int
}

// New returns an injector. trace gets a Line of JSON for every step and may be
// nil; die ends the process, as SIGKILL does, and is not expected to return.
func New(faults []Fault, trace io.Writer, die func()) *Injector {
	if trace == nil {
		trace = io.Discard
	}
	return &Injector{faults: faults, trace: trace, die: die, counts: map[Where]int{}}
}

// next begins a step and returns what is to happen at it; the zero value is
// nothing.
func (i *Injector) next(where Where, l Line) (Fault, int, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts[where]++
	l.Where, l.Step = where, i.counts[where]
	var f Fault
	for _, x := range i.faults {
		if x.Where == where && x.Step == l.Step {
			f = x
		}
	}
	l.Fault = f.Kind
	return f, l.Step, i.write(l)
}

// acked traces that the journal has taken the events of a step.
func (i *Injector) acked(step int, events []journal.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.write(Line{Where: Journal, Step: step, Acked: true, Events: events})
}

// write traces a line in one piece: the process may end right after.
func (i *Injector) write(l Line) error {
	b, err := json.Marshal(l)
	if err == nil {
		_, err = i.trace.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the trace of faults: %w", err)
	}
	return nil
}

// around does a step with the fault that belongs to it. fail is the error of a
// step that was not done or whose answer was lost.
func (i *Injector) around(ctx context.Context, f Fault, fail func(error) error, do func() error) error {
	switch f.Kind {
	case Kill:
		i.die()
	case Error:
		return fail(ErrInjected)
	case NoSpace:
		return fail(&os.PathError{Op: "write", Path: string(f.Where), Err: syscall.ENOSPC})
	case Delay:
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	case Duplicate:
		if err := do(); err != nil {
			return err
		}
	}
	err := do()
	switch {
	case f.Kind == KillAfter:
		i.die()
	case f.Kind == ErrorAfter && err == nil:
		return fail(ErrInjected)
	}
	return err
}

// Journal returns a journal in whose writes the faults happen.
func (i *Injector) Journal(j journal.Journal) journal.Journal { return faultyJournal{i, j} }

type faultyJournal struct {
	*Injector
	next journal.Journal
}

// Append implements journal.Journal.
func (j faultyJournal) Append(ctx context.Context, events ...journal.Event) error {
	f, step, err := j.Injector.next(Journal, Line{})
	if err != nil {
		return err
	}
	return j.around(ctx, f, func(err error) error { return err }, func() error {
		if err := j.next.Append(ctx, events...); err != nil {
			return err
		}
		return j.acked(step, events)
	})
}

// Dialer returns a dialer in whose logins and commands the faults happen; where is
// Remote or Ask.
func (i *Injector) Dialer(where Where, d connectors.Dialer) connectors.Dialer {
	return faultyDialer{i, where, d}
}

type faultyDialer struct {
	*Injector
	where Where
	next  connectors.Dialer
}

// Dial implements connectors.Dialer.
func (d faultyDialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	f, _, err := d.Injector.next(d.where, Line{Host: t.Name})
	if err != nil {
		return nil, err
	}
	var s connectors.Session
	err = d.around(ctx, f, func(err error) error {
		e := connectors.Errorf(connectors.CodeUnreachable, connectors.PhaseDial, t.Name, "the host was not reached")
		e.Err = err
		return e
	}, func() error {
		if s != nil {
			_ = s.Close() // the one before it was for nothing
		}
		var err error
		s, err = d.next.Dial(ctx, t)
		return err
	})
	if err != nil {
		if s != nil {
			_ = s.Close() // nobody is told of it
		}
		return nil, err
	}
	return faultySession{d.Injector, d.where, s, t.Name}, nil
}

type faultySession struct {
	*Injector
	where Where
	connectors.Session
	host string
}

// Run implements connectors.Session. Where the answer is lost the session is
// dead, as after any loss of a connection.
func (s faultySession) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	f, _, err := s.next(s.where, Line{Host: s.host})
	if err != nil {
		return connectors.Result{}, err
	}
	if f.Kind == NoSpace { // it is the host that says so
		return connectors.Result{ExitCode: 1, Stderr: []byte("/bin/sh: cannot create temp file: No space left on device\n")}, nil
	}
	var r connectors.Result
	err = s.around(ctx, f, func(err error) error {
		_ = s.Session.Close() // it is lost
		e := connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, s.host, "the connection was lost")
		e.Err = err
		r = connectors.Result{}
		return e
	}, func() error {
		var err error
		r, err = s.Session.Run(ctx, c)
		return err
	})
	return r, err
}

package wrap

import (
	"context"
	"time"

	"patchwave/connectors"
)

// Event is one thing that a Dialer or Session did. It holds no output and no
// secret; the command is the caller's own.
type Event struct {
	// Host is the inventory name.
	Host string
	// Command is what was run, nil for a Dial.
	Command *connectors.Command
	// ExitCode, Stdout and Stderr (sizes in bytes) are of a command.
	ExitCode       int
	Stdout, Stderr int
	Took           time.Duration
	// Err is what it failed with, or nil.
	Err error
}

// Record returns a Dialer that tells observe of every Dial and of every Run of
// its sessions, after it is over. observe may be called from several goroutines
// and must not block.
func Record(d connectors.Dialer, observe func(Event)) connectors.Dialer {
	return recorder{d, observe}
}

type recorder struct {
	next    connectors.Dialer
	observe func(Event)
}

func (r recorder) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	begin := time.Now()
	s, err := r.next.Dial(ctx, t)
	r.observe(Event{Host: t.Name, Took: time.Since(begin), Err: err})
	if err != nil {
		return nil, err
	}
	return &recorded{Session: s, host: t.Name, observe: r.observe}, nil
}

type recorded struct {
	connectors.Session
	host    string
	observe func(Event)
}

func (s *recorded) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	begin := time.Now()
	r, err := s.Session.Run(ctx, c)
	s.observe(Event{Host: s.host, Command: &c, ExitCode: r.ExitCode, Stdout: len(r.Stdout), Stderr: len(r.Stderr), Took: time.Since(begin), Err: err})
	return r, err
}

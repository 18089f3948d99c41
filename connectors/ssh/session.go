package ssh

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

// session is one login. It starts command lines on channels of its link.
type session struct {
	link   *link
	host   string
	runner *runner.Runner
	places *places

	mu     sync.Mutex
	closed bool
	spare  spare
}

var (
	_ connectors.Session = (*session)(nil)
	_ runner.Starter     = (*session)(nil)
)

func newSession(l *link, ep endpoint, cfg Config, budget *runner.Budget) *session {
	s := &session{link: l, host: ep.name(), places: newPlaces(cfg.MaxSessions)}
	s.runner = runner.New(s, runner.Options{
		Host: ep.name(), Login: ep.user, Become: ep.target.Become, Timeouts: ep.timeouts, PromptWait: cfg.PromptWait, Budget: budget, Discarded: l.conn.owe,
	})
	return s
}

// Dialect implements connectors.Session.
func (*session) Dialect() connectors.Dialect { return connectors.DialectSh }

// Run runs one command; see connectors.Session.
func (s *session) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	return s.runner.Run(ctx, c)
}

// Close ends the connection.
func (s *session) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.link.close()
	return nil
}

// Start waits for a free place, opens a channel and starts a command line on
// it.
func (s *session) Start(ctx context.Context, line string, stdout, stderr *runner.Stream) (runner.Process, error) {
	ch, reqs, err := s.channel(ctx)
	if err != nil {
		return nil, err
	}
	p := newProcess(s, ch, reqs, stdout, stderr)
	stop := context.AfterFunc(ctx, p.Abort)
	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{line}))
	stop()
	if err == nil && ok {
		s.prepare()
		p.pump()
		return p, nil
	}
	p.Abort()
	go p.drain()
	if err != nil {
		return nil, s.lost(err)
	}
	return nil, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseCommand, Host: s.host,
		Message: "the host refuses to run a command", Hint: "check the login shell, ForceCommand and the process limit of the user on the host"}
}

const (
	// mostRefusals is how often a channel is asked for while none of ours is open:
	// the host may still count one that has just ended.
	mostRefusals = 10
	// refusedPause is the pause between those.
	refusedPause = 100 * time.Millisecond
)

// channel takes a place and returns an open channel.
func (s *session) channel(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	for refused := 0; ; {
		if err := s.place(ctx); err != nil {
			return nil, nil, err
		}
		ch, reqs, err := s.open(ctx)
		if err == nil {
			return ch, reqs, nil
		}
		if _, full := errors.AsType[*ssh.OpenChannelError](err); !full {
			s.places.give()
			return nil, nil, err
		}
		if !s.places.refused() {
			continue
		}
		if refused++; refused >= mostRefusals {
			return nil, nil, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseCommand, Host: s.host,
				Message: "the host opens no session", Hint: "check MaxSessions in sshd_config on the host", Err: err}
		}
		timer := time.NewTimer(refusedPause)
		err = s.pause(ctx, timer.C)
		timer.Stop()
		if err != nil {
			return nil, nil, err
		}
	}
}

// place waits for a place.
func (s *session) place(ctx context.Context) error {
	for {
		wait := s.places.take()
		if wait == nil {
			return nil
		}
		select {
		case <-wait:
		case <-s.link.gone:
			return s.lost(nil)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pause waits for a moment.
func (s *session) pause(ctx context.Context, tick <-chan time.Time) error {
	select {
	case <-tick:
		return nil
	case <-s.link.gone:
		return s.lost(nil)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// lost is the error of a connection that has ended.
func (s *session) lost(err error) *connectors.Error {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	e := &connectors.Error{Code: connectors.CodeLost, Phase: connectors.PhaseCommand, Host: s.host, Err: err,
		Message: "the connection was lost; a command that had begun may still run on the host"}
	if closed {
		e.Message, e.Err = "the session was closed", nil
	}
	return e
}

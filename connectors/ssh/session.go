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
	places chan struct{}

	mu sync.Mutex
	// ended is closed and replaced whenever a channel was given back.
	ended   chan struct{}
	running int
	closed  bool
	spare   spare
}

var (
	_ connectors.Session = (*session)(nil)
	_ runner.Starter     = (*session)(nil)
)

func newSession(l *link, ep endpoint, cfg Config) *session {
	s := &session{link: l, host: ep.name(), places: make(chan struct{}, cfg.MaxSessions), ended: make(chan struct{})}
	s.runner = runner.New(s, runner.Options{
		Host: ep.name(), Login: ep.user, Become: ep.target.Become, Timeouts: ep.timeouts, PromptWait: cfg.PromptWait,
	})
	return s
}

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
	select {
	case s.places <- struct{}{}:
	case <-s.link.gone:
		return nil, s.lost(nil)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	ch, reqs, err := s.channel(ctx)
	if err != nil {
		<-s.places
		return nil, err
	}
	s.count(1)
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

// refusals is how often opening a channel is tried while none of ours is open:
// the host may count one that has just ended.
const refusals = 3

// refusedPause is the pause between those, in time.Duration.
const refusedPause = 100 * time.Millisecond

// open opens a channel. A host that allows fewer than we take is waited for.
func (s *session) open(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	for refused := 0; ; {
		running, ended := s.state()
		ch, reqs, err := s.link.client.OpenChannel("session", nil)
		if err == nil {
			return ch, reqs, nil
		}
		if _, ok := errors.AsType[*ssh.OpenChannelError](err); !ok {
			return nil, nil, s.lost(err)
		}
		if running == 0 {
			if refused++; refused >= refusals {
				return nil, nil, &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseCommand, Host: s.host,
					Message: "the host opens no session", Hint: "check MaxSessions in sshd_config on the host", Err: err}
			}
			ended = nil
		}
		if err := s.pause(ctx, ended); err != nil {
			return nil, nil, err
		}
	}
}

// pause waits until a channel was given back, or, if there is none, a moment.
func (s *session) pause(ctx context.Context, ended <-chan struct{}) error {
	var tick <-chan time.Time
	if ended == nil {
		timer := time.NewTimer(refusedPause)
		defer timer.Stop()
		tick = timer.C
	}
	select {
	case <-ended:
	case <-tick:
	case <-s.link.gone:
		return s.lost(nil)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

func (s *session) state() (running int, ended <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running, s.ended
}

func (s *session) count(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running += n
	if n < 0 {
		close(s.ended)
		s.ended = make(chan struct{})
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

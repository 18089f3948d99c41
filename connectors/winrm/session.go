package winrm

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

// session is one login. It is safe for concurrent use: each command takes a lane,
// of which there are few.
type session struct {
	cfg    Config
	ep     *endpoint
	login  *proof
	budget *runner.Budget
	// lanes are those that nobody uses.
	lanes chan *lane
	// debt is what was thrown away and not paid for yet, in bytes.
	debt atomic.Int64

	// ctx ends with the session; its cause says why.
	ctx    context.Context // the life of the session, not of a call
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	closed bool
	// work is what runs besides Run: commands, and the ending of commands.
	work sync.WaitGroup
}

var (
	_ connectors.Session = (*session)(nil)
	_ runner.Starter     = (*session)(nil)
)

func newSession(cfg Config, ep *endpoint, login *proof, first *lane, budget *runner.Budget) *session {
	s := &session{cfg: cfg, ep: ep, login: login, budget: budget, lanes: make(chan *lane, cfg.Commands)}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.lanes <- first
	for range cfg.Commands - 1 {
		s.lanes <- newLane(cfg, ep, login)
	}
	return s
}

// Dialect is PowerShell.
func (s *session) Dialect() connectors.Dialect { return connectors.DialectPowerShell }

// Run runs one command; see connectors.Session. Become means nothing here: the
// login is that of an administrator.
func (s *session) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	var p *program
	opt := runner.Options{Host: s.ep.name(), Timeouts: s.ep.timeouts, Budget: s.budget, Discarded: func(n int) { s.debt.Add(int64(n)) }}
	opt.Program = func(script []byte) (string, []byte) {
		p = newProgram(script)
		return p.line, p.stdin
	}
	c.Become = false
	r, err := runner.New(s, opt).Run(ctx, c)
	r.Stderr = plainErrors(r.Stderr)
	if err == nil && p != nil {
		err = p.refused(s.ep.name(), r)
	}
	return r, err
}

// Start waits for a free lane and starts a command line in its shell.
func (s *session) Start(ctx context.Context, line string, stdout, stderr *runner.Stream) (runner.Process, error) {
	if err := checkLine(s.ep.name(), line); err != nil {
		return nil, err
	}
	if !s.enter() {
		return nil, s.lost(nil)
	}
	l, err := s.lane(ctx)
	if err != nil {
		s.work.Done()
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	s.work.Go(func() { l.recv.warm(s.ctx) }) // it is needed as soon as the command runs
	id, err := l.start(ctx, line)
	if err != nil {
		cause := context.Cause(ctx)
		go s.leave(l, id, err)
		if cause != nil && s.ctx.Err() == nil {
			return nil, cause
		}
		return nil, s.startError(err)
	}
	p := newProcess(s, l, id, stdout, stderr)
	go p.run()
	return p, nil
}

// enter counts somebody who needs the session, unless it has ended.
func (s *session) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.ctx.Err() != nil {
		return false
	}
	s.work.Add(1)
	return true
}

// lane waits for a lane that is free.
func (s *session) lane(ctx context.Context) (*lane, error) {
	select {
	case l := <-s.lanes:
		return l, nil
	case <-s.ctx.Done():
		return nil, s.lost(nil)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// leave gives a lane back after a command that ended with err, nil if it ended by
// itself. A shell in which something may still run is deleted.
func (s *session) leave(l *lane, command string, err error) {
	defer s.work.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.cfg.Cleanup)
	defer cancel()
	if command != "" {
		l.terminate(ctx, command)
	}
	if err != nil {
		l.remove(ctx)
	}
	s.lanes <- l
}

// Close ends what runs, deletes the shells and closes the connections. It takes
// Config.Cleanup at most.
func (s *session) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	s.cancel(errClosed)
	s.work.Wait()
	if !first {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.cfg.Cleanup)
	defer cancel()
	var all sync.WaitGroup
	for range s.cfg.Commands {
		l := <-s.lanes
		all.Go(func() {
			l.remove(ctx)
			l.close()
		})
	}
	all.Wait()
	s.login.close()
	return nil
}

// lost is the error of a session that has ended, or ends now, because of err.
func (s *session) lost(err error) *connectors.Error {
	e := &connectors.Error{Code: connectors.CodeLost, Phase: connectors.PhaseCommand, Host: s.ep.name(), Err: err,
		Message: "the connection was lost; a command that had begun may still run on the host"}
	if errors.Is(context.Cause(s.ctx), errClosed) {
		e.Message, e.Err = "the session was closed", nil
		return e
	}
	if err == nil {
		e.Err = context.Cause(s.ctx)
	}
	s.cancel(err)
	return e
}

// startError explains why a command was not started. When nobody can know whether
// it was, the session is lost.
func (s *session) startError(err error) error {
	fault, ok := errors.AsType[*faultError](err)
	if !ok {
		return s.lost(err)
	}
	e := &connectors.Error{Code: connectors.CodeUnsupported, Phase: connectors.PhaseCommand, Host: s.ep.name(), Err: err,
		Message: "the host does not start the command"}
	switch {
	case fault.code == faultTooLong:
		e.Message = "the command line is too long for the host"
		e.Hint = "put it into a script"
	case fault.code == faultEnvelope, fault.code == faultServerEnvelope:
		e.Message = "the command is too large for the host"
		e.Hint = "raise winrm/config MaxEnvelopeSizekb there"
	case fault.quota():
		e.Hint = "too much runs there for this user: wait, or raise winrm/config/winrs on the host"
	case fault.denied():
		e.Hint = refusedHint(s.ep.target)
	default:
		return s.lost(err)
	}
	return e
}

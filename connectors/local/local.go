package local

import (
	"context"
	"os"
	"os/user"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

// mostCommands is how many commands run at the same time; as over SSH.
const mostCommands = 8

// Dialer opens sessions on this machine.
type Dialer struct {
	// PromptWait bounds the waiting for sudo and su; 0 means a minute.
	PromptWait time.Duration
}

var _ connectors.Dialer = Dialer{}

// Dial opens a session. Only the Kind, Become and Timeouts of the target count.
func (d Dialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	if t.Kind != connectors.KindLocal {
		return nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name,
			"the local connector cannot open a connection of type %q", t.Kind)
	}
	if ctx.Err() != nil {
		return nil, &connectors.Error{Code: connectors.CodeInterrupted, Phase: connectors.PhaseDial, Host: t.Name, Message: "stopped before it began", Err: context.Cause(ctx)}
	}
	s := &session{host: t.Name, places: make(chan struct{}, mostCommands), closed: make(chan struct{})}
	s.runner = runner.New(s, runner.Options{
		Host: t.Name, Login: login(), Become: t.Become, Timeouts: t.Timeouts, LineBySh: true, PromptWait: d.PromptWait,
	})
	return s, nil
}

// login is the name of the running user; root is told by its number.
func login() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

type session struct {
	host   string
	runner *runner.Runner
	places chan struct{}
	once   sync.Once
	closed chan struct{}
}

var (
	_ connectors.Session = (*session)(nil)
	_ runner.Starter     = (*session)(nil)
)

// Dialect implements connectors.Session.
func (*session) Dialect() connectors.Dialect { return connectors.DialectSh }

// Run runs one command; see connectors.Session.
func (s *session) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	return s.runner.Run(ctx, c)
}

// Close kills what still runs.
func (s *session) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *session) ended(err error) *connectors.Error {
	return &connectors.Error{Code: connectors.CodeLost, Phase: connectors.PhaseCommand, Host: s.host, Message: "the session was closed", Err: err}
}

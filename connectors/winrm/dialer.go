package winrm

import (
	"context"
	"errors"

	"patchwave/connectors"
	"patchwave/connectors/runner"
	"patchwave/connectors/wrap"
)

// Dialer opens sessions over WinRM. It is safe for concurrent use and holds nothing
// that must be closed.
type Dialer struct {
	cfg    Config
	budget *runner.Budget
}

var _ connectors.Dialer = (*Dialer)(nil)

// New makes a Dialer. It opens nothing.
func New(cfg Config) *Dialer {
	return &Dialer{cfg: cfg.withDefaults(), budget: runner.NewBudget(cfg.MaxBuffered, 0)}
}

// Dial logs in and opens a shell, which proves that the login is good for
// something. It tries again, as Target.Retry says, as long as nothing was decided
// about the login: a wrong password is tried once.
func (d *Dialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	ep, err := resolve(t)
	if err != nil {
		return nil, err
	}
	s, err := wrap.Again(ctx, t.Retry, func() (*session, error) { return d.attempt(ctx, ep) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// attempt opens one session, once.
func (d *Dialer) attempt(ctx context.Context, ep *endpoint) (*session, error) {
	if ctx.Err() != nil {
		return nil, ep.reach().Interrupted(ctx, connectors.PhaseDial)
	}
	way, err := newLogin(ep)
	if err != nil {
		return nil, err
	}
	login := &proof{login: way}
	first := newLane(d.cfg, ep, login)
	if err := first.ready(ctx); err != nil {
		first.close()
		login.close()
		return nil, createError(ctx, ep, err)
	}
	return newSession(d.cfg, ep, login, first, d.budget), nil
}

// errClosed is why a session that was closed ends what runs.
var errClosed = errors.New("the session was closed")

package ssh

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/runner"
	"patchwave/connectors/wrap"
)

// Dialer opens SSH sessions. It is safe for concurrent use. It owns the
// connections to jump hosts and the keys it has read: Close it when no session
// is needed any more.
type Dialer struct {
	cfg    Config
	limits *limits
	keys   *keyCache
	trust  *trustCache
	hops   *hopPool
	files  *configCache
	budget *runner.Budget

	// ctx ends with the dialer.
	ctx    context.Context // the life of the shared connections, not of a call
	cancel context.CancelFunc
	once   sync.Once
}

var _ connectors.Dialer = (*Dialer)(nil)

// New makes a Dialer. It opens nothing.
func New(cfg Config) *Dialer {
	cfg = cfg.withDefaults()
	d := &Dialer{
		cfg:    cfg,
		limits: newLimits(cfg.MaxHandshakes, cfg.MaxHandshakesPerHost),
		keys:   newKeyCache(),
		trust:  newTrustCache(cfg.HostKeys),
		files:  newConfigCache(cfg.ConfigFile),
		budget: runner.NewBudget(cfg.MaxBuffered, 0),
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.hops = newHopPool(d.ctx, cfg.HopChannels, cfg.HopIdle)
	return d
}

func (c Config) withDefaults() Config {
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	orInt(&c.MaxHandshakes, min(handshakesPerCore*runtime.GOMAXPROCS(0), mostHandshakes))
	orInt(&c.MaxHandshakesPerHost, DefaultMaxHandshakesPerHost)
	orInt(&c.MaxSessions, DefaultMaxSessions)
	orInt(&c.HopChannels, DefaultHopChannels)
	orInt(&c.HopIdle, DefaultHopIdle)
	orInt(&c.Keepalive, DefaultKeepalive)
	orInt(&c.PromptWait, runner.DefaultPromptWait)
	return c
}

func orInt[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Close closes the shared connections to jump hosts. Sessions that go through
// them are lost; the others stay open. It is safe to call twice.
func (d *Dialer) Close() error {
	d.once.Do(func() {
		d.cancel()
		d.hops.close()
	})
	return nil
}

// Dial logs in. It tries again, as Target.Retry says, as long as nothing was
// decided about the login: a refused login or host key is final.
func (d *Dialer) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	if t.Kind != connectors.KindSSH && t.Kind != "" {
		return nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseDial, t.Name,
			"the SSH connector cannot open a connection of type %q", t.Kind)
	}
	ep, err := d.resolve(t)
	if err != nil {
		return nil, err
	}
	l, err := d.connect(ctx, ep)
	if err != nil {
		return nil, err
	}
	return newSession(l, ep, d.cfg, d.budget), nil
}

// connect opens one link, with retries.
func (d *Dialer) connect(ctx context.Context, ep endpoint) (*link, error) {
	if d.ctx.Err() != nil {
		return nil, connectors.Errorf(connectors.CodeUnreachable, connectors.PhaseDial, ep.name(), "the dialer is closed")
	}
	return wrap.Again(ctx, ep.retry, func() (*link, error) { return d.attempt(ctx, ep) })
}

// attempt opens one link, once.
func (d *Dialer) attempt(ctx context.Context, ep endpoint) (*link, error) {
	via, err := d.via(ctx, ep)
	if err != nil {
		return nil, err
	}
	l, err := d.attemptVia(ctx, ep, via)
	if err != nil {
		via.release()
	}
	return l, err
}

func (d *Dialer) attemptVia(ctx context.Context, ep endpoint, via *hopSlot) (*link, error) {
	// The place in the queue costs no time of the connection: only ctx bounds it.
	release, err := d.limits.acquire(ctx, ep.limitKey())
	if err != nil {
		return nil, ep.reach().Interrupted(ctx, connectors.PhaseDial)
	}
	defer release()
	trust, err := d.trust.of(ep)
	if err != nil {
		return nil, err
	}
	auth, err := d.authentication(ctx, ep)
	if err != nil {
		return nil, err
	}
	defer auth.close()
	conn, err := d.open(ctx, ep, via)
	if err != nil {
		return nil, dialError(ctx, ep, via, err)
	}
	return d.handshake(ctx, ep, conn, via, trust, auth)
}

// open opens the byte stream to the host, within the connect timeout.
func (d *Dialer) open(ctx context.Context, ep endpoint, via *hopSlot) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, ep.timeouts.Connect, errDialTimeout)
	defer cancel()
	if via != nil {
		conn, err := via.dial(ctx, ep.address())
		if err != nil && ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return conn, err
	}
	conn, err := d.cfg.DialContext(ctx, "tcp", ep.address())
	if err != nil && ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), err)
	}
	return conn, err
}

// via returns a place on a connection to the last jump host, or nil if there is
// none.
func (d *Dialer) via(ctx context.Context, ep endpoint) (*hopSlot, error) {
	if len(ep.jump) == 0 {
		return nil, nil
	}
	hop := ep.lastHop()
	slot, err := d.hops.acquire(ctx, hop.key(), func(ctx context.Context) (*link, error) { return d.connect(ctx, hop) })
	if err != nil {
		return nil, throughHop(ctx, ep, hop, err)
	}
	return slot, nil
}

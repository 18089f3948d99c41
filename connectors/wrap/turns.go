package wrap

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"patchwave/connectors"
)

// Turns is a Dialer whose connections are bounded, all together and for each
// site. A host has its Turn over all its connections; a connection that is opened
// without one takes a place of its own until it is closed. A host
// behind jump hosts counts once, at its own site.
type Turns struct {
	next connectors.Dialer
	*places
}

// places are what several dialers of one controller share.
type places struct {
	all   *semaphore.Weighted
	site  func(connectors.Target) string
	sites map[string]*site
}

// site is what is left of the limits of a site.
type site struct {
	places *semaphore.Weighted // nil is no bound
	bucket *rate.Limiter       // nil is no bound
}

var _ connectors.Dialer = (*Turns)(nil)

// NewTurns bounds a dialer: all of its connections by most (0 is no bound), and
// those to the hosts of a site by its Limits. siteOf names the site of a target, ""
// is none; a site without limits bounds nothing.
func NewTurns(d connectors.Dialer, most int, siteOf func(connectors.Target) string, limits map[string]Limits) *Turns {
	t := &Turns{next: d, places: &places{site: siteOf, sites: map[string]*site{}}}
	if most > 0 {
		t.all = semaphore.NewWeighted(int64(most))
	}
	for name, l := range limits {
		s := &site{}
		if l.Sessions > 0 {
			s.places = semaphore.NewWeighted(int64(l.Sessions))
		}
		if l.PerSecond > 0 {
			s.bucket = rate.NewLimiter(rate.Limit(l.PerSecond), max(l.Burst, 1))
		}
		t.sites[name] = s
	}
	return t
}

// Over is another dialer within the same bounds.
func (t *Turns) Over(d connectors.Dialer) *Turns { return &Turns{next: d, places: t.places} }

// Turn is the right of one host to connections; it can be given back and taken
// again. It is for one goroutine at a time.
type Turn struct {
	turns  *Turns
	target connectors.Target
	held   atomic.Bool
	// paid says that the next connection has its token already.
	paid atomic.Bool
	// onTop is a turn that waits for no place.
	onTop   bool
	release func()
}

type turnKey struct{}

// NewTurn returns a turn that is not held yet. With a dialer that is no *Turns
// there is nothing to wait for.
func NewTurn(d connectors.Dialer, t connectors.Target) *Turn {
	turns, _ := d.(*Turns)
	return &Turn{turns: turns, target: t}
}

// Under is a context under which Dial does not wait for a place while the turn is
// held.
func (t *Turn) Under(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// Take waits for the turn, a place and a token. Waiting here costs no time of the
// host, as long as the deadlines of its work are set afterwards. The error is an
// *connectors.Error: ctx ended.
func (t *Turn) Take(ctx context.Context) error {
	if t.turns == nil || t.held.Load() {
		return nil
	}
	release, err := t.turns.place(ctx, t.target)
	if err != nil {
		return err
	}
	if err := t.turns.token(ctx, t.target); err != nil {
		release()
		return err
	}
	t.release = release
	t.paid.Store(true)
	t.held.Store(true)
	return nil
}

// Give gives the turn back, if it is held.
func (t *Turn) Give() {
	if t.held.Swap(false) {
		t.release()
	}
}

// Await takes the turn of a host, and returns a context for the work on it. Call
// done when the work is over.
func Await(ctx context.Context, d connectors.Dialer, target connectors.Target) (with context.Context, done func(), err error) {
	t := NewTurn(d, target)
	if err := t.Take(ctx); err != nil {
		return ctx, nil, err
	}
	return t.Under(ctx), t.Give, nil
}

// OnTop is a context under which connections are opened besides those that are
// bounded, for a question that somebody in his turn needs answered: waiting for
// each other, they could wait for ever. New connections still wait for their
// token. The caller bounds how many there are.
func OnTop(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, &Turn{onTop: true})
}

// Dial implements connectors.Dialer.
func (t *Turns) Dial(ctx context.Context, target connectors.Target) (connectors.Session, error) {
	own, _ := ctx.Value(turnKey{}).(*Turn)
	if own != nil && (own.onTop || own.turns != nil && own.turns.places == t.places && own.target.Name == target.Name && own.held.Load()) {
		if !own.paid.Swap(false) {
			if err := t.token(ctx, target); err != nil {
				return nil, err
			}
		}
		return t.next.Dial(ctx, target)
	}
	release, err := t.place(ctx, target)
	if err != nil {
		return nil, err
	}
	if err := t.token(ctx, target); err != nil {
		release()
		return nil, err
	}
	s, err := t.next.Dial(ctx, target)
	if err != nil {
		release()
		return nil, err
	}
	return &limited{Session: s, release: release}, nil
}

// place waits for one: that of the site first, so that the many who wait for one
// site do not keep the others out.
func (t *Turns) place(ctx context.Context, target connectors.Target) (release func(), err error) {
	var taken []*semaphore.Weighted
	release = func() {
		for _, s := range taken {
			s.Release(1)
		}
	}
	var own *semaphore.Weighted
	if s := t.sites[t.site(target)]; s != nil {
		own = s.places
	}
	for _, s := range []*semaphore.Weighted{own, t.all} {
		if s == nil {
			continue
		}
		if err := s.Acquire(ctx, 1); err != nil {
			release()
			return nil, waited(ctx, target, err)
		}
		taken = append(taken, s)
	}
	return release, nil
}

// token waits until the site takes a new connection.
func (t *Turns) token(ctx context.Context, target connectors.Target) error {
	s := t.sites[t.site(target)]
	if s == nil || s.bucket == nil {
		return nil
	}
	if err := s.bucket.Wait(ctx); err != nil {
		return waited(ctx, target, err)
	}
	return nil
}

package wrap

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"patchwave/connectors"
)

// Limits bound what a Dialer does.
type Limits struct {
	// Sessions bounds those that are open or being opened; 0 means no bound.
	Sessions int
	// PerSecond bounds how many are begun in a second; 0 means no bound. Burst is
	// how many may be begun at once, 0 means one.
	PerSecond float64
	Burst     int
}

// Limit returns a Dialer that waits for its turn. A session counts until it is
// closed, so each has to be closed.
func Limit(d connectors.Dialer, l Limits) connectors.Dialer {
	if l.Sessions > 0 {
		d = &sessionLimit{next: d, places: semaphore.NewWeighted(int64(l.Sessions))}
	}
	if l.PerSecond > 0 {
		d = &rateLimit{next: d, bucket: rate.NewLimiter(rate.Limit(l.PerSecond), max(l.Burst, 1))}
	}
	return d
}

type sessionLimit struct {
	next   connectors.Dialer
	places *semaphore.Weighted
}

func (l *sessionLimit) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	if err := l.places.Acquire(ctx, 1); err != nil {
		return nil, waited(ctx, t, err)
	}
	s, err := l.next.Dial(ctx, t)
	if err != nil {
		l.places.Release(1)
		return nil, err
	}
	return &limited{Session: s, release: func() { l.places.Release(1) }}, nil
}

// limited gives its place back when it is closed.
type limited struct {
	connectors.Session
	once    sync.Once
	release func()
}

// Close closes the session, then lets the next one in.
func (s *limited) Close() error {
	err := s.Session.Close()
	s.once.Do(s.release)
	return err
}

type rateLimit struct {
	next   connectors.Dialer
	bucket *rate.Limiter
}

func (l *rateLimit) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	if err := l.bucket.Wait(ctx); err != nil {
		return nil, waited(ctx, t, err)
	}
	return l.next.Dial(ctx, t)
}

// waited is the error of a turn that did not come.
func waited(ctx context.Context, t connectors.Target, err error) *connectors.Error {
	cause := context.Cause(ctx)
	if cause == nil {
		cause = err // the bucket knows that the deadline comes first
	}
	e := &connectors.Error{Code: connectors.CodeInterrupted, Phase: connectors.PhaseDial, Host: t.Name, Err: cause,
		Message: "stopped while waiting for a free connection"}
	if _, hasDeadline := ctx.Deadline(); hasDeadline && !errors.Is(cause, context.Canceled) {
		e.Code = connectors.CodeTimeout
	}
	return e
}

package wrap

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"patchwave/connectors"
)

// mostPause bounds one pause between two tries.
const mostPause = time.Minute

// Retry returns a Dialer that tries again while the error says that this makes
// sense, as often as Target.Retry allows, with exponential back-off and full
// jitter. Nothing that ran on a host is ever repeated: only Dial is.
func Retry(d connectors.Dialer) connectors.Dialer { return retrier{d} }

type retrier struct{ next connectors.Dialer }

func (r retrier) Dial(ctx context.Context, t connectors.Target) (connectors.Session, error) {
	return Again(ctx, t.Retry, func() (connectors.Session, error) { return r.next.Dial(ctx, t) })
}

// Again runs try until it works, its error does not have Retry set, the attempts
// are used up or ctx ends; then it returns the last error, with Retry cleared and
// the number of tries in its message.
func Again[T any](ctx context.Context, policy connectors.Retry, try func() (T, error)) (T, error) {
	policy = policy.WithDefaults()
	tries := 0
	var last error
	v, err := backoff.Retry(ctx, func() (T, error) {
		tries++
		v, err := try()
		last = err
		if e, ok := errors.AsType[*connectors.Error](err); err != nil && (!ok || !e.Retry) {
			return v, backoff.Permanent(err)
		}
		return v, err
	}, backoff.WithBackOff(&jitter{first: policy.Backoff}), backoff.WithMaxTries(uint(policy.Attempts)), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return v, nil
	}
	return v, exhausted(last, tries)
}

// exhausted says how often it was tried, and that nobody above has to try once
// more.
func exhausted(err error, tries int) error {
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok || !e.Retry {
		return err
	}
	final := *e
	final.Retry = false
	if tries > 1 {
		final.Message += fmt.Sprintf(" (tried %d times)", tries)
	}
	return &final
}

// jitter is exponential back-off with full jitter: anything from nothing to the
// doubled pause, so that hosts that were dropped together do not come back
// together.
type jitter struct {
	first, next time.Duration
}

func (j *jitter) Reset() { j.next = j.first }

// NextBackOff implements backoff.BackOff.
func (j *jitter) NextBackOff() time.Duration {
	limit := min(j.next, mostPause)
	j.next = 2 * limit
	return rand.N(limit) + 1
}

package ssh

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"patchwave/connectors"
)

// jitter is exponential back-off with full jitter: anything from nothing to the
// doubled pause, so that hosts that were dropped together do not come back
// together.
type jitter struct {
	first, next time.Duration
}

// mostPause bounds one pause.
const mostPause = time.Minute

func (j *jitter) Reset() { j.next = j.first }

// NextBackOff implements backoff.BackOff.
func (j *jitter) NextBackOff() time.Duration {
	limit := min(j.next, mostPause)
	j.next = 2 * limit
	return rand.N(limit) + 1 //nolint:gosec // spreading load, not a secret
}

// retry tries until it works, the tries are used up, or the error says that
// trying again does not help.
func retry(ctx context.Context, ep endpoint, try func() (*link, error)) (*link, error) {
	tries := 0
	var last error
	l, err := backoff.Retry(ctx, func() (*link, error) {
		tries++
		l, err := try()
		last = err
		if err != nil && !retryable(err) {
			return nil, backoff.Permanent(err)
		}
		return l, err
	}, backoff.WithBackOff(&jitter{first: ep.retry.Backoff}), backoff.WithMaxTries(uint(ep.retry.Attempts)), backoff.WithMaxElapsedTime(0)) //nolint:gosec // at least 1
	if err == nil {
		return l, nil
	}
	return nil, exhausted(last, tries)
}

func retryable(err error) bool {
	e, ok := errors.AsType[*connectors.Error](err)
	return ok && e.Retry
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

package coord

import (
	"errors"
	"fmt"
	"time"
)

// Rules say when a lease is abandoned: it may be taken by another then.
type Rules struct {
	// TTL is how long a lease stands without a renewal; 0 means TTL.
	TTL time.Duration
	// Gone reports whether an owner's process is provably gone; nil proves nothing.
	Gone func(Owner) bool
	// Now is the clock for those who only look; nil is time.Now.
	Now func() time.Time
}

// Abandoned reports whether nobody works under a lease any more.
func (r Rules) Abandoned(l Lease, now time.Time) bool {
	ttl := r.TTL
	if ttl <= 0 {
		ttl = TTL
	}
	return now.Sub(l.Renewed) >= ttl || (r.Gone != nil && r.Gone(l.Owner))
}

// Time is the instant for those who only look.
func (r Rules) Time() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// ErrLost is what every *LostError is.
var ErrLost = errors.New("a lease was lost")

// LostError says that work has to end because its lease is not its own any more.
type LostError struct {
	Lease Lease
	Why   string
}

func (e *LostError) Error() string {
	return fmt.Sprintf("the lease on %s was lost: %s", e.Lease.Key, e.Why)
}

// Is makes every LostError an ErrLost.
func (e *LostError) Is(target error) bool { return target == ErrLost }

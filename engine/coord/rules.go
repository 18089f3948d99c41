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
	// Uptime is this machine's boot, and the time since: a clock that nobody sets. By
	// it go the leases of that boot; nil, or another boot, goes by the clock.
	Uptime func() (boot string, since time.Duration)
	// Now is the clock for those who only look; nil is time.Now.
	Now func() time.Time
}

// Abandoned reports whether nobody works under a lease any more.
func (r Rules) Abandoned(l Lease, now time.Time) bool {
	ttl := r.TTL
	if ttl <= 0 {
		ttl = TTL
	}
	age := now.Sub(l.Renewed)
	if since := r.Since(l.Owner); since > 0 && l.Uptime > 0 {
		age = since - l.Uptime
	}
	return age >= ttl || (r.Gone != nil && r.Gone(l.Owner))
}

// Since is the time since this machine was booted, if the owner is a process of
// that boot, else 0.
func (r Rules) Since(o Owner) time.Duration {
	if r.Uptime == nil || o.BootID == "" {
		return 0
	}
	if boot, since := r.Uptime(); boot == o.BootID {
		return since
	}
	return 0
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

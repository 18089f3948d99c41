package coord

import (
	"context"
	"fmt"
	"time"
)

// Heartbeat is how often a lease is renewed; TTL, three missed ones, how long it
// stands without.
const (
	Heartbeat = 10 * time.Second
	TTL       = 3 * Heartbeat
)

// The kinds of things that are leased.
const (
	KindRun        = "run"
	KindOccurrence = "occurrence"
	KindHost       = "host"
)

// Key names what is leased: a run by its id, a host by its name, an occurrence by
// its policy and opening.
type Key struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func (k Key) String() string { return k.Kind + " " + k.Name }

// Owner is who holds a lease, in words for the operator and as a process that can
// be looked for.
type Owner struct {
	// Actor is the person or unit, Run the run that it works on ("" before there is
	// one), Host the controller's host name.
	Actor string `json:"actor"`
	Run   string `json:"run"`
	Host  string `json:"host"`
	// The process, and where its number means something.
	PID       int    `json:"pid"`
	BootID    string `json:"boot_id"`
	ProcStart string `json:"proc_start"`
	MachineID string `json:"machine_id"`
	PIDSpace  string `json:"pid_space"`
}

// Lease is the right to work on something.
type Lease struct {
	Key
	Owner Owner `json:"owner"`
	// Fence grows with every new holder of the key, and never goes back.
	Fence    int64     `json:"fence"`
	Acquired time.Time `json:"acquired"`
	Renewed  time.Time `json:"renewed"`
	// Uptime is when it was renewed by the uptime of the owner's machine; 0 if that
	// is not known.
	Uptime time.Duration `json:"-"`
}

// Leases keeps the leases. All times are the caller's clock; all processes of a
// controller share one.
type Leases interface {
	// Acquire takes all keys or none. Those that the owner's run and process hold
	// already are renewed. If another holds one of them the error is a *HeldError.
	Acquire(ctx context.Context, owner Owner, now time.Time, keys ...Key) ([]Lease, error)
	// Renew says that the holder of all of them is alive, and returns the leases that
	// are not its own any more.
	Renew(ctx context.Context, now time.Time, leases ...Lease) (lost []Lease, err error)
	// Release gives leases back. One that is held by another by now is left alone.
	Release(ctx context.Context, leases ...Lease) error
	// List returns all leases that are held, by kind and name; abandoned ones too.
	List(ctx context.Context) ([]Lease, error)
}

// HeldError says who holds what was asked for.
type HeldError struct {
	Lease Lease
}

func (e *HeldError) Error() string {
	by := e.Lease.Owner.Actor
	if e.Lease.Owner.Run != "" {
		by = "run " + e.Lease.Owner.Run + " of " + by
	}
	return fmt.Sprintf("%s is held by %s (process %d on %s)", e.Lease.Key, by, e.Lease.Owner.PID, e.Lease.Owner.Host)
}

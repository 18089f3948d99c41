package scan

import (
	"context"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
	"patchwave/engine/fleet"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Fleet scans many hosts at once.
type Fleet struct {
	Dialer   connectors.Dialer
	Managers []updates.Manager
	// Parallelism bounds the hosts in work at once; 0 means 200.
	Parallelism int
	// HostTimeout bounds one host from the dial to the answer; 0 means fifteen
	// minutes.
	HostTimeout time.Duration
	// Now is the clock.
	Now func() time.Time
	// Args are the arguments beyond Request's own for a host, see Request.Args; nil
	// if there are none.
	Args func(host string) map[string]string
}

// DefaultParallelism is how many hosts are in work at once.
const DefaultParallelism = 200

// Scan asks every host and calls each for every answer as it comes, from one
// goroutine at a time. It returns when all were answered; a host that hangs
// costs its own deadline and nobody else's time. When ctx ends, hosts that were
// not begun are left out.
func (f Fleet) Scan(ctx context.Context, hosts []*inventory.Host, refresh Refresh, each func(inventory.Observation) error) error {
	n := f.Parallelism
	if n <= 0 {
		n = DefaultParallelism
	}
	return fleet.Each(ctx, n, hosts,
		func(ctx context.Context, h *inventory.Host) inventory.Observation { return f.host(ctx, h, refresh) },
		func(o inventory.Observation) error {
			if err := each(o); err != nil {
				return fmt.Errorf("store the scan of %s: %w", o.Host, err)
			}
			return nil
		})
}

// host scans one host on a connection of its own.
func (f Fleet) host(ctx context.Context, h *inventory.Host, refresh Refresh) inventory.Observation {
	timeout := f.HostTimeout
	if timeout == 0 {
		timeout = 15 * time.Minute
	}
	ctx, done, err := wrap.Await(ctx, f.Dialer, h.Target) // the wait costs the host no time
	if err != nil {
		return Failure(h.Name, err, f.Now())
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	start := time.Now()
	s, err := f.Dialer.Dial(ctx, h.Target)
	if err != nil {
		o := Failure(h.Name, err, f.Now())
		o.Duration = time.Since(start)
		return o
	}
	req := Request{Host: h.Name, Become: true, Refresh: refresh, Timeouts: h.Target.Timeouts}
	if f.Args != nil {
		req.Args = f.Args(h.Name)
	}
	a := Observe(ctx, s, f.Managers, req, f.Now())
	a.Duration = time.Since(start)
	if err := s.Close(); err != nil {
		a.Notes = append(a.Notes, "closing the connection: "+err.Error())
	}
	return a.Observation
}

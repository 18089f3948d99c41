package run

import (
	"context"
	"errors"

	"patchwave/connectors"
	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// Leases keep a host for one run of this controller at a time.
type Leases interface {
	// Hold takes the lease on a host and waits for it as long as the operator
	// allows. The error is a *coord.HeldError if another run has the host.
	Hold(ctx context.Context, host string) (*coord.Hold, error)
	// Dead are the runs of this controller that work no more at this moment: their
	// claims on hosts may be taken over.
	Dead(ctx context.Context) ([]string, error)
}

// hold takes the host's lease for the time in which the machine works on it, and
// returns a context that dies with the lease, and what gives it back; the latter
// is nil if there is nothing to be done. A host takes its place among those in
// work first, then its lease, then whatever else runs share: so nobody waits for a
// lease whose holder waits for him.
func (m *machine) hold(ctx context.Context) (context.Context, func()) {
	if m.engine.Leases == nil || !m.wanted(ctx) {
		return ctx, func() {}
	}
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	calledOff := m.cancel.said
	if m.touched() {
		calledOff = nil // it is brought to its end all the same
	}
	go func() { // whoever is to begin nothing waits for nothing
		select {
		case <-m.drain:
			cancel()
		case <-calledOff:
			cancel()
		case <-wait.Done():
		}
	}()
	h, err := m.engine.Leases.Hold(wait, m.name)
	if err == nil { // the run that had it before may have died since this one began
		if m.dead, err = m.engine.Leases.Dead(ctx); err != nil {
			err = errors.Join(err, h.Release(ctx))
		}
	}
	var held *coord.HeldError
	switch {
	case err == nil:
		m.fence = h.Fence()
		work, end := h.Context(ctx)
		return work, func() {
			end()
			_ = h.Release(ctx) // what cannot be given back is abandoned with the process
		}
	case errors.As(err, &held):
		m.locked(ctx, held)
	case wait.Err() == nil:
		_ = m.rec.fail(err) // it ends the run
	}
	return ctx, nil
}

// wanted reports whether the machine is going to work on the host.
func (m *machine) wanted(ctx context.Context) bool {
	switch m.state() {
	case journal.Pending:
		return len(m.plan.Steps) > 0 && !m.stopping(ctx) && !m.isOpen(m.policy)
	case journal.Unreachable:
		return m.retries(ctx)
	default:
		return !m.state().Ended()
	}
}

// locked ends a host that another run holds, if nothing was begun on it. Else it
// stays as it is, for a resume.
func (m *machine) locked(ctx context.Context, held *coord.HeldError) {
	switch m.state() {
	case journal.Pending, journal.Checking:
		fault := &journal.Fault{Code: string(connectors.CodeLocked), Message: held.Error() + "; wait for it with --lock-timeout, or see `patchwave lock list`"}
		// an error of the journal ends the run
		_ = m.finish(ctx, journal.Skipped, "", fault, m.openStep("failed", fault)...)
	default:
	}
}

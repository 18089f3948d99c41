package run

import (
	"context"
	"fmt"

	"patchwave/connectors"
	"patchwave/engine/journal"
)

// LaterFunc names a run other than run that has begun to change a host after the event
// with the number after; "" if there is none.
type LaterFunc func(ctx context.Context, run, host string, after int64) (string, error)

// overtaken ends a host that was left while it was taken back, and that another run
// has changed since: going on would take back what that one did, and what it left
// proves nothing about this rollback. The host's lease is held, so that no run comes
// in between. It reports whether the host has ended.
func (m *machine) overtaken(ctx context.Context) (bool, error) {
	if m.work.Later == nil || len(m.work.Past) == 0 {
		return false, nil
	}
	var since int64
	for _, e := range m.work.Past {
		if e.Host != m.name || e.Type != journal.HostState {
			continue
		}
		if d, err := journal.Decode[journal.HostStateData](e); err == nil && d.To == journal.RollingBack {
			since = e.Seq
		}
	}
	if since == 0 {
		return false, nil // it was this process that began to take it back
	}
	later, err := m.work.Later(ctx, m.work.Run, m.name, since)
	if err != nil {
		return false, m.rec.fail(fmt.Errorf("look which runs have changed %s: %w", m.name, err))
	}
	if later == "" {
		return false, nil
	}
	fault := &journal.Fault{Code: string(connectors.CodeDrift),
		Message: fmt.Sprintf("run %s has changed the host since the rollback was interrupted, so that it was not gone on with; look at the host now", later)}
	return true, m.finish(ctx, journal.Failed, "changed by a later run since the rollback was interrupted", fault, m.stepEnd("failed", nil, fault)...)
}

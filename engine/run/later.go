package run

import (
	"context"
	"fmt"
	"slices"

	"patchwave/connectors"
	"patchwave/engine/job"
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
	return true, m.finish(ctx, journal.Failed, "changed by a later run since the rollback was interrupted", fault,
		append(m.leftOf(ctx, m.jobID(StepRollback, 1)), m.stepEnd("failed", nil, fault)...)...)
}

// leftOf is the outcome of a job that was begun and that nobody goes on with, so that
// it is tidied up; none if it never began, still works, or cannot be asked for.
func (m *machine) leftOf(ctx context.Context, id job.ID) []entry {
	var e ended
	if err := m.look(ctx, tidyLimit, id, &e); err != nil || !slices.Contains([]job.State{job.Done, job.Lost, job.LostReboot}, e.State) {
		return nil
	}
	return []entry{m.outcome(id, e)}
}

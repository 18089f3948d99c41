package run

import (
	"context"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

// recheck looks at a host that was left before a round began, and that this process
// has not compared with the plan: meanwhile another run may have been there, and
// what the plan says would take back what that one did. It reports whether the host
// has ended.
func (m *machine) recheck(ctx context.Context, round int) (bool, error) {
	if m.checked || m.work.Start.Kind == KindRollback {
		return false, nil
	}
	upto := round
	if round == 1 {
		upto = len(m.plan.Steps)
	}
	why, err := m.holds(ctx, round, upto)
	if err != nil {
		return false, err
	}
	if why == "" {
		m.checked = true
		return false, nil
	}
	end, fault := journal.Skipped, &journal.Fault{Code: string(connectors.CodeDrift), Message: why + "; plan again"}
	if round > 1 {
		end = journal.Failed // the rounds before it have changed the host
	}
	return true, m.finish(ctx, end, "drifted since the run was interrupted", fault, m.openStep("failed", fault)...)
}

// unstarted reports whether the intent of a job is all that there is of it.
func (m *machine) unstarted(ctx context.Context, id job.ID) (bool, error) {
	var s job.Status
	err := m.reconnect(ctx, reconnectLimit, func(ctx context.Context) (err error) {
		s, _, err = m.client().Poll(ctx, id, 0)
		return err
	})
	return s.State == job.Absent, err
}

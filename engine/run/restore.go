package run

import (
	"context"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

// tidyLimit is how long the machine tries to get back to a host that has only to
// be tidied up. The claim expires by itself.
const tidyLimit = time.Minute

// restore tidies up and goes to the end that was journaled with it: what the
// actions did is undone, jobs whose outcome is in the journal leave their
// tombstones, the claim is given back, and a host that was woken goes back to
// sleep.
func (m *machine) restore(ctx context.Context) error {
	if err := m.undoAll(ctx); err != nil {
		return err
	}
	for _, j := range m.rec.host(m.name).Jobs {
		if j.Where == "" && j.Outcome != nil && j.Outcome.State != string(job.Collected) {
			if err := m.collect(ctx, j); err != nil {
				return err
			}
		}
	}
	pruned, err := m.prunePoints(ctx)
	if err != nil {
		return err
	}
	err = m.tidy(ctx, func(ctx context.Context) error { return m.client().Release(ctx) })
	if err != nil && connectors.CodeOf(err) != connectors.CodeLocked {
		return err
	}
	return m.restored(ctx, "", pruned...)
}

// collect tidies a job away whose outcome is in the journal.
func (m *machine) collect(ctx context.Context, j *journal.Job) error {
	id := m.jobID(j.Step, j.Round)
	err := m.tidy(ctx, func(ctx context.Context) error {
		switch job.State(j.Outcome.State) {
		case job.Lost, job.LostReboot:
			return m.client().Discard(ctx, id)
		default:
			return m.client().Collect(ctx, id)
		}
	})
	if err != nil {
		return fmt.Errorf("tidy up job %s: %w", id, err)
	}
	return nil
}

// tidy asks the host for something that must be safe to ask twice. A host that
// is lost was waited for already: it is asked once.
func (m *machine) tidy(ctx context.Context, ask func(context.Context) error) error {
	if m.goal() != journal.Lost {
		return m.reconnect(ctx, tidyLimit, ask)
	}
	if err := m.dial(ctx); err != nil {
		return err
	}
	return ask(ctx)
}

package run

import (
	"context"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
)

// A plan has a step for each round of a host: its updates, the reboot they need,
// and the verification. The rounds are counted from 1 by the intents in the
// journal, so that a resume is in the round in which the process ended.

// round is the round that the host is in; 0 before the first.
func (m *machine) round() int {
	n := 0
	for _, j := range m.rec.host(m.name).Jobs {
		if j.Step == StepUpdates {
			n++
		}
	}
	return n
}

// part is the step of the plan of a round.
func (m *machine) part(round int) plan.Step { return m.plan.Steps[round-1] }

// partChanges are what a round changes.
func (m *machine) partChanges(round int) []updates.Change {
	return plan.Host{Steps: m.plan.Steps[round-1 : round]}.Changes()
}

// span is where the updates of a round are among those of the host.
func (m *machine) span(round int) (from, to int) {
	for i, s := range m.plan.Steps[:round] {
		if i < round-1 {
			from += len(s.Updates)
		}
		to += len(s.Updates)
	}
	return from, to
}

// inRound are the records of a round among those of the host.
func (m *machine) inRound(us []journal.UpdateRecord, round int) []journal.UpdateRecord {
	from, to := m.span(round)
	return us[from:to]
}

// soFar are the records of this round and of those before it.
func (m *machine) soFar(us []journal.UpdateRecord) []journal.UpdateRecord {
	_, to := m.span(max(1, m.round()))
	return us[:to]
}

// last reports whether no round comes after the one that the host is in.
func (m *machine) last() bool { return m.round() >= len(m.plan.Steps) }

// holds compares what the host would do now with what the plan says, for the
// rounds from the first to the last of upto: what the earlier ones change, the
// later ones build on. It says how they differ, or "".
func (m *machine) holds(ctx context.Context, first, upto int) (string, error) {
	if m.rebootOnly() {
		return "", nil
	}
	solver := plan.HostSolver{Session: m.session, Host: m.name, Manager: m.manager, Become: true, Timeouts: m.host.Target.Timeouts}
	var want []updates.Want
	var whole plan.Step
	for round := first; round <= upto; round++ {
		step := m.part(round)
		want = append(want, step.Wanted()...)
		whole.Updates = append(whole.Updates, step.Updates...)
		sim, err := solver.Together(ctx, want)
		if err != nil {
			return "", err
		}
		if why := drift(whole, sim); why != "" {
			return why, nil
		}
	}
	return "", nil
}

// again looks at a host before a later round, since the one before it has changed
// the host: is there time, and would the host still do what the plan says? It
// reports whether the host has ended.
func (m *machine) again(ctx context.Context, round int) (bool, error) {
	if why := m.tooLate(); why != "" {
		return true, m.finish(ctx, journal.Deferred, "after an earlier step: "+why, nil)
	}
	why, err := m.holds(ctx, round, round)
	if err != nil || why == "" {
		m.checked = err == nil
		return false, err
	}
	fault := &journal.Fault{Code: string(connectors.CodeDrift), Message: "after an earlier step: " + why + "; plan again"}
	return true, m.finish(ctx, journal.Failed, "", fault)
}

package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// start begins a host, unless the rollout has had too many failures, or the
// window closes before the host is likely to be done.
func (m *machine) start(ctx context.Context) error {
	if err := m.adopt(ctx); err != nil {
		return err
	}
	if why := m.tooLate(); why != "" && len(m.plan.Steps) > 0 && !m.isOpen(m.policy) {
		return m.finish(ctx, journal.Deferred, why, nil)
	}
	if wave := m.behind[m.policy.Name]; wave != "" && len(m.plan.Steps) > 0 && !m.isOpen(m.policy) {
		return m.finish(ctx, journal.Deferred, "there was no time for all of wave "+wave+" before it", nil)
	}
	m.fits = true
	return m.enter(ctx, journal.Checking)
}

// tooLate says why there is no time left for a host, or "".
func (m *machine) tooLate() string {
	if m.work.Left == nil || m.byHand() {
		return ""
	}
	left, bounded := m.work.Left(m.policy, m.host)
	var history []time.Duration
	longest, known := m.work.Longest[m.name]
	if known {
		history = []time.Duration{longest}
	}
	switch {
	case !bounded || policies.Fits(history, left):
		return ""
	case left <= 0:
		return "the window is closed"
	case known:
		return fmt.Sprintf("the window closes in %s and its longest recent run took %s", left.Round(time.Second), longest.Round(time.Second))
	default:
		return fmt.Sprintf("the window closes in %s and a host without history is given %s", left.Round(time.Second), policies.DefaultRunTime)
	}
}

// check looks at the host as it is now and compares with the plan.
func (m *machine) check(ctx context.Context) error {
	if len(m.plan.Steps) == 0 {
		return m.finish(ctx, journal.Unchanged, "nothing to do", nil)
	}
	if err := m.begin(ctx, StepCheck); err != nil {
		return err
	}
	if err := m.reach(ctx); err != nil {
		return err
	}
	switch m.work.Start.Kind {
	case KindRollback:
		return m.checkRollback(ctx)
	case KindPrune:
		return m.checkPrune(ctx)
	}
	a, err := m.observe(ctx, nil)
	if err != nil {
		return err
	}
	if a.State == inventory.ScanFailed {
		return m.finish(ctx, journal.Failed, "", &journal.Fault{Code: a.Problem.Code, Message: a.Problem.Message},
			m.stepEnd("failed", nil, &journal.Fault{Code: a.Problem.Code, Message: a.Problem.Message})...)
	}
	if paid, err := m.paid(ctx); paid || err != nil {
		return err
	}
	if why := m.nothingToGoBackTo(); why != "" {
		fault := &journal.Fault{Code: string(connectors.CodeUnsupported), Message: why + "; nothing was changed"}
		return m.finish(ctx, journal.Failed, "", fault, m.stepEnd("failed", nil, fault)...)
	}
	if unfit, err := m.require(ctx); unfit || err != nil {
		return err
	}
	why, err := m.holds(ctx, 1, len(m.plan.Steps))
	if err != nil {
		return err
	}
	if why != "" {
		fault := &journal.Fault{Code: string(connectors.CodeDrift), Message: why + "; plan again"}
		return m.finish(ctx, journal.Skipped, "drifted since the plan was made", fault, m.stepEnd("failed", nil, fault)...)
	}
	m.checked = true
	return m.protectNext(ctx)
}

// protectNext moves on from the check, as soon as the host may be away.
func (m *machine) protectNext(ctx context.Context) error {
	if ok, err := m.mayBegin(ctx); !ok || err != nil {
		return err
	}
	// no host fails between this count and the word that this one has begun
	m.gate.RLock()
	defer m.gate.RUnlock()
	if m.isOpen(m.policy) {
		return m.skip(ctx)
	}
	if m.work.Start.Kind != KindRollback {
		if o, _, err := m.full(ctx, m.boundsOf(m.plan, m.policy.Name)); o != nil || err != nil {
			return err // it is looked at anew
		}
	}
	return m.to(ctx, journal.Protecting, m.stepEnd("ok", nil, nil)...)
}

// drift says how a simulation differs from the plan, or "".
func drift(step plan.Step, sim updates.Simulation) string {
	if !sim.OK {
		why := "the package manager finds no solution any more"
		if sim.Problem != nil {
			why += ": " + sim.Problem.Message
		}
		return why
	}
	want := make([]updates.Change, 0, len(step.Updates))
	for _, e := range step.Updates {
		want = append(want, e.Change)
	}
	got := slices.Clone(sim.Changes)
	updates.SortChanges(want)
	updates.SortChanges(got)
	for _, c := range want {
		if !slices.Contains(got, c) {
			return fmt.Sprintf("the plan has %s, the host would not do that now", describe(c))
		}
	}
	for _, c := range got {
		if !slices.Contains(want, c) {
			return fmt.Sprintf("the host would now also do %s, which the plan does not have", describe(c))
		}
	}
	return ""
}

func describe(c updates.Change) string {
	switch c.Action {
	case updates.ActionInstall:
		return fmt.Sprintf("install %s %s", c.Name, c.To)
	case updates.ActionRemove:
		return fmt.Sprintf("remove %s %s", c.Name, c.From)
	default:
		return fmt.Sprintf("%s %s %s to %s", c.Action, c.Name, c.From, c.To)
	}
}

// observe scans the host without refreshing its index, and finds its manager.
func (m *machine) observe(ctx context.Context, names []string) (scan.Answer, error) {
	if err := m.dial(ctx); err != nil {
		return scan.Answer{}, err
	}
	a := scan.Observe(ctx, m.session, m.engine.Managers,
		scan.Request{Host: m.name, Become: true, Refresh: scan.RefreshNever, Names: names,
			Timeouts: m.host.Target.Timeouts, Args: m.policy.Arguments()}, m.engine.Now())
	if a.Facts.BootID == "" {
		if a.Problem != nil {
			return a, &connectors.Error{Code: connectors.Code(a.Problem.Code), Phase: connectors.PhaseCommand, Host: m.name, Message: a.Problem.Message}
		}
		return a, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, m.name, "the host does not tell its boot id")
	}
	if m.engine.Observed != nil {
		if err := m.engine.Observed(a.Observation); err != nil {
			return a, err
		}
	}
	m.facts = a.Facts
	i := slices.IndexFunc(m.engine.Managers, func(x updates.Manager) bool { return x.Name() == a.Facts.PackageManager })
	if i < 0 {
		return a, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, m.name, "no adapter for its package manager %q", a.Facts.PackageManager)
	}
	m.manager = m.engine.Managers[i]
	return a, nil
}

// know makes sure that the manager of the host is known (after a resume).
func (m *machine) know(ctx context.Context) error {
	if m.manager != nil {
		return nil
	}
	return m.reconnect(ctx, reconnectLimit, func(ctx context.Context) error {
		_, err := m.observe(ctx, nil)
		return err
	})
}

// reconnectLimit is how long the machine tries to get back to a host on which
// something was begun.
const reconnectLimit = 15 * time.Minute

// changes are the changes of the plan.
func (m *machine) changes() []updates.Change { return m.plan.Changes() }

// lockWait is how long the package manager waits for another's lock, in
// seconds.
const lockWait = "300"

// list joins the first few items and counts the others.
func list(items []string) string {
	const most = 5
	out := ""
	for i, s := range items {
		if i == most {
			return out + fmt.Sprintf(" and %d more", len(items)-most)
		}
		if i > 0 {
			out += ", "
		}
		out += s
	}
	return out
}

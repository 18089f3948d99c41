package run

import (
	"context"
	"slices"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/updates"
)

// The kinds of runs.
const (
	KindApply    = "apply"
	KindRollback = "rollback"
)

// checkRollback looks whether there is anything to take back: a host that has
// none of the versions of the run is left as it is.
func (m *machine) checkRollback(ctx context.Context) error {
	a, err := m.observe(ctx, names(m.changes()))
	if err != nil {
		return err
	}
	ok := m.stepEnd("ok", nil, nil)
	some := slices.ContainsFunc(m.changes(), func(c updates.Change) bool {
		has := slices.ContainsFunc(a.Installed, func(p updates.Installed) bool {
			return p.Name == c.Name && (p.Arch == c.Arch || p.Arch == "" || c.Arch == "") && (c.To == "" || p.Version == c.To)
		})
		return has == (c.To != "")
	})
	if past := m.work.Undone[m.name]; past != nil && past.Health != nil && m.rec.host(m.name).Health == nil {
		// what it is to be again was looked at before the run that is undone
		if err := m.rec.add(ctx, entry{m.name, journal.HealthTaken, *past.Health}); err != nil {
			return err
		}
	}
	always := slices.ContainsFunc(m.plan.Steps, func(s plan.Step) bool { return s.RestorePoint != nil && s.RestorePoint.Always })
	if !some && !always {
		if err := m.settleUndone(ctx); err != nil {
			return err
		}
		return m.finish(ctx, journal.Unchanged, "it has none of the versions that the run installed", nil, ok...)
	}
	return m.protectNext(ctx)
}

// settleUndone tidies up a host that was taken back as a whole and lost, and has come
// back since: its claim and its jobs are those of the time of the point.
func (m *machine) settleUndone(ctx context.Context) error {
	if past := m.work.Undone[m.name]; past == nil || past.Point == nil || past.Point.Scope != restore.ScopeSystem {
		return nil
	}
	return m.reconnect(ctx, tidyLimit, func(ctx context.Context) error {
		if err := m.client().Set(ctx); err != nil {
			return err
		}
		if err := m.buryUndone(ctx); err != nil {
			return err
		}
		return m.client().Release(ctx)
	})
}

package run

import (
	"context"
	"slices"

	"patchwave/engine/journal"
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
	if !some {
		return m.finish(ctx, journal.Unchanged, "it has none of the versions that the run installed", nil, ok...)
	}
	return m.protectNext(ctx)
}

package run

import (
	"context"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
)

// provePackages compares the host with the manifest of its restore point. What differs
// beside the packages of the run is told; a run that came later may have done it.
func (m *machine) provePackages(ctx context.Context) (*journal.Fault, []entry, error) {
	said, err := m.askPoint(ctx, m.provider(restore.Packages), restore.OpProve, restore.Point{Host: m.host})
	if err != nil {
		return nil, nil, err
	}
	switch {
	case said.State == restore.NotRestored:
		return &journal.Fault{Code: string(connectors.CodeExit), Message: "the rollback did not bring everything back: " + said.Why + "; look at the host now"}, nil, nil
	case said.State == restore.Restored && said.Why != "":
		return nil, []entry{m.note("after the rollback the host is not as it was before: " + said.Why)}, nil
	case said.Why != "":
		return nil, []entry{m.note("the host was not compared with what it was: " + said.Why)}, nil
	}
	return nil, nil, nil
}

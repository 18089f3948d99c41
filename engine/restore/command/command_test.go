package command_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/engine/restore/command"
	"patchwave/engine/restore/restoretest"
	"patchwave/inventory"
)

func provider() command.Provider {
	return command.Provider{Word: "san", Create: []string{"point", "create", "db-01"}, Check: []string{"point", "check"},
		Rollback: []string{"point", "rollback"}, Remove: []string{"point", "remove"}}
}

func TestContract(t *testing.T) {
	restoretest.Run(t, provider(), restoretest.Host{Declared: &inventory.Host{Name: "db-01"}})
}

func TestCall(t *testing.T) {
	at := restore.Point{Tag: "patchwave-r1-00ff00", Host: &inventory.Host{Name: "db-01"}}
	got, ok := provider().Call(restore.OpCreate, at)
	want := restore.Call{Argv: []string{"point", "create", "db-01"},
		Env: []string{"PATCHWAVE_POINT=patchwave-r1-00ff00", "PATCHWAVE_HOST=db-01", "PATCHWAVE_OP=create"}}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Error(diff)
	}
	if ok, why := (command.Provider{Word: "command"}).Fits(at.Host, inventory.Facts{}); ok || why == "" {
		t.Error("a provider without programs fits")
	}
}

// TestStatus: the exit status decides, and the last line tells why.
func TestStatus(t *testing.T) {
	said := func(op restore.Op, rc int, out string) restore.Said {
		return provider().Read(op, restore.Point{Tag: "patchwave-a"}, framing.Answer{Frames: []framing.Frame{{Name: restore.Frame, RC: rc, Out: []byte(out)}}})
	}
	for _, tt := range []struct {
		op    restore.Op
		rc    int
		out   string
		state restore.State
		why   string
	}{
		{restore.OpCreate, 0, "made it", restore.Whole, ""},
		{restore.OpCreate, 3, "a\nno \x1b[31mspace\n\n", restore.Unusable, "create ended with status 3: no  [31mspace"},
		{restore.OpCheck, 1, "", restore.Unusable, "check ended with status 1"},
		{restore.OpRollback, 0, "", restore.Pending, ""},
		{restore.OpRollback, 2, "gone", restore.NotRestored, "rollback ended with status 2: gone"},
		{restore.OpRemove, 0, "", restore.Removed, ""},
		{restore.OpRemove, 1, "", "", "remove ended with status 1"},
	} {
		if s := said(tt.op, tt.rc, tt.out); s.State != tt.state || s.Why != tt.why {
			t.Errorf("%s %d: %+v", tt.op, tt.rc, s)
		}
	}
}

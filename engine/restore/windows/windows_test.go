package windows_test

import (
	"slices"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/engine/restore/restoretest"
	"patchwave/engine/restore/windows"
	"patchwave/inventory"
)

func facts(family, name string) inventory.Facts {
	return inventory.Facts{OS: inventory.OS{Family: family, Name: name}}
}

func TestContract(t *testing.T) {
	client, server, linux := facts("windows", "windows"), facts("windows", "windows-server"), facts("debian", "debian")
	h := &inventory.Host{Name: "win-01"}
	t.Run("system_restore", func(t *testing.T) {
		restoretest.Run(t, windows.SystemRestore(), restoretest.Host{Declared: h, Facts: client, Others: []inventory.Facts{server, linux, {}}})
	})
	t.Run("vss", func(t *testing.T) {
		restoretest.Run(t, windows.VSS(), restoretest.Host{Declared: h, Facts: server, Others: []inventory.Facts{client, linux, {}}})
	})
}

// TestCodes: what Windows says in numbers is an error with a code and words, never a
// point.
func TestCodes(t *testing.T) {
	read := func(p restore.Provider, native string) restore.Said {
		return p.Read(restore.OpCreate, restore.Point{}, framing.Answer{Complete: true,
			Frames: []framing.Frame{{Name: restore.Frame, Out: []byte("native=" + native + "\nstate=whole")}}})
	}
	for native, want := range map[string][2]string{
		"1": {"sudo", "access to the shadow copies was denied (code 1)"}, "6": {"disk", "there is not enough shadow storage (code 6)"},
		"8": {"disk", "the volume has its maximum of shadow copies (code 8)"}, "9": {"locked", "another shadow copy is being made (code 9)"},
		"77": {"exit", "Windows could not make the shadow copy (code 77)"}, "\x1b[2J": {"exit", "Windows could not make the shadow copy (code ?)"},
	} {
		if s := read(windows.VSS(), native); s.State != "" || s.Code != want[0] || s.Why != want[1] {
			t.Errorf("%q: %+v", native, s)
		}
	}
	for native, want := range map[string]string{"5": "sudo", "112": "disk", "1058": "unsupported", "-5": "exit"} {
		if s := read(windows.SystemRestore(), native); s.State != "" || s.Code != want {
			t.Errorf("%q: %+v", native, s)
		}
	}
}

// TestShadowsAreNoWayBack, and a restore point of Windows is not removed by hand.
func TestShadowsAreNoWayBack(t *testing.T) {
	s := windows.VSS().Read(restore.OpProve, restore.Point{}, framing.Answer{Complete: true,
		Frames: []framing.Frame{{Name: restore.Frame, Out: []byte("state=restored")}}})
	if s.State != restore.NotRestored || windows.VSS().Scope().Rollback {
		t.Errorf("%+v", s)
	}
	if scope := windows.SystemRestore().Scope(); !scope.Kept || !slices.ContainsFunc(scope.CannotUndo, func(s string) bool { return len(s) > 20 && s[:10] == "cumulative" }) {
		t.Errorf("%+v", scope)
	}
}

package sim_test

import (
	"testing"
	"time"

	"patchwave/connectors/sim"
)

// TestWindowsSystemRestore goes back over an update, on a client: what patchwave had
// on the machine goes back too.
func TestWindowsSystemRestore(t *testing.T) {
	spec := month()
	spec.Client, spec.Protected = true, time.Hour
	w := newWorld(t, fast, sim.Machine{Name: "m1", Family: sim.WindowsFamily, Windows: spec})
	h := w.host()
	s, err := overWinRM(t, w.fleet, "m1", nil)
	if err != nil {
		t.Fatal(err)
	}
	args := func(op string) map[string]string {
		return map[string]string{"op": op, "provider": "system_restore", "tag": "patchwave-r1-000001"}
	}
	frame := "restore-point"
	if v := ask(t, s, frame, args("detect")).Values(frame); v["possible"] != "yes" {
		t.Fatalf("%v", v)
	}
	_, a := work(t, s, "j1", frame, args("create"))
	if v := a.Values(frame); v["state"] != "whole" || v["id"] != "2" {
		t.Fatalf("%v", v)
	}
	identity := ask(t, s, frame, args("check")).Values(frame)["identity"]
	work(t, s, "j2", "install", map[string]string{"changes": toInstall(cumulative())})
	s = again(t, h, w.fleet, s, "j3")
	if got := has(t, s, "KB5044281"); got != "KB5044281 ok" {
		t.Fatal(got)
	}
	boots := h.Snapshot().Boots
	start(t, s, "j4", frame, args("rollback"))
	eventually(t, "the restore", func() bool {
		if h.Snapshot().Boots == boots {
			return false
		}
		s, err = overWinRM(t, w.fleet, "m1", nil)
		return err == nil
	})
	prove := args("prove")
	prove["before"] = identity
	if v := ask(t, s, frame, prove).Values(frame); v["state"] != "restored" || v["identity"] == identity {
		t.Errorf("%v", v)
	}
	if got := has(t, s, "KB5044281"); got != "" || h.Snapshot().Build != "10.0.26100.2033" {
		t.Error(got, h.Snapshot().Build)
	}
	if v := op(t, s, "poll", map[string]string{"id": "j2"}); v["state"] != "absent" {
		t.Errorf("a job of a time that never was: %v", v)
	}
}

// TestWindowsShadowCopies: a server has those, and removes them.
func TestWindowsShadowCopies(t *testing.T) {
	h, s := oneWindows(t, sim.Machine{Windows: month()})
	args := map[string]string{"op": "create", "provider": "vss", "tag": "patchwave-r1-000001"}
	_, a := work(t, s, "j1", "restore-point", args)
	if v := a.Values("restore-point"); v["state"] != "whole" || len(v["id"]) != 38 {
		t.Fatalf("%v", v)
	}
	args["op"] = "remove"
	_, a = work(t, s, "j2", "restore-point", args)
	if v := a.Values("restore-point"); v["state"] != "removed" || len(h.Snapshot().Points) != 0 {
		t.Errorf("%v", v)
	}
	args["op"], args["provider"] = "detect", "system_restore"
	if v := ask(t, s, "restore-point", args).Values("restore-point"); v["possible"] == "yes" {
		t.Errorf("%v", v)
	}
}

func TestWindowsRestorePointFaults(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults sim.WindowsFaults
		want   string
	}{
		{"off", sim.WindowsFaults{NoProtection: true}, "unsupported"},
		{"once a day", sim.WindowsFaults{OncePerDay: true}, "exit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, s := oneWindows(t, sim.Machine{Windows: sim.Windows{Client: true, Protected: time.Hour}, Faults: sim.Faults{Windows: tt.faults}})
			_, a := work(t, s, "j1", "restore-point", map[string]string{"op": "create", "provider": "system_restore", "tag": "patchwave-r1-000001"})
			if v := a.Values("restore-point"); v["state"] != "unusable" || v["code"] != tt.want {
				t.Errorf("%v", v)
			}
		})
	}
}

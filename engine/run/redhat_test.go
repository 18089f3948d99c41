package run_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// rocky is a machine with dnf, a web server and two updates, of which one needs
// a reboot.
func rocky(name string, edit ...func(*sim.Machine)) sim.Machine {
	m := sim.Machine{Name: name, Family: sim.RedHat,
		Packages: append(sim.BaseRedHat(), sim.Package{Name: "nginx", Version: "1:1.20.1-22.el9"}),
		Updates: []sim.Offer{
			{Name: "nginx", Version: "1:1.20.1-24.el9", From: []sim.Origin{sim.AppStream()}, Needs: []string{"nginx-core"}},
			{Name: "nginx-core", Version: "1:1.20.1-24.el9", From: []sim.Origin{sim.AppStream()}},
			{Name: "glibc", Version: "2.34-168.el9_6.23", Reboot: true},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}}}
	for _, e := range edit {
		e(&m)
	}
	return m
}

// TestMixedFleet: machines of both families in one policy.
func TestMixedFleet(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback"), allow(amount(1))), web("deb-1"), rocky("rpm-1"), rocky("rpm-2", breaks))
	before := l.snapshot("rpm-2").Installed
	p := l.plan()
	r := l.apply(l.work(p))
	want := []string{"deb-1 done", "rpm-1 done", "rpm-2 rolled-back"}
	if diff := cmp.Diff(want, states(r)); diff != "" || r.State != "finished" {
		t.Fatalf("run %s: %+v\n%s", r.State, r.Host("rpm-1").Fault, diff)
	}
	l.wantInstalled("rpm-1", p)
	l.wantOnce("rpm-1", "restore-point 1", "updates 1", "reboot 1")
	l.wantOnce("rpm-2", "restore-point 1", "updates 1", "reboot 1", "rollback 1")
	if diff := cmp.Diff(before, l.snapshot("rpm-2").Installed); diff != "" {
		t.Errorf("rpm-2 is not what it was:\n%s", diff)
	}
}

// TestRedHatScriptFails: rpm installs a package whose script fails.
func TestRedHatScriptFails(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), rocky("a", postinst))
	h := l.do().Host("a")
	if h.State != journal.Failed || h.Fault == nil || !strings.Contains(h.Fault.Message, "nginx") || h.Reboots != 1 {
		t.Errorf("the host is %s after %d reboots: %+v", h.State, h.Reboots, h.Fault)
	}
	for _, u := range h.Updates {
		if want := map[bool]string{true: "failed-but-present", false: "installed"}[u.Name == "nginx"]; u.State != want {
			t.Errorf("%s is %s", u.Name, u.State)
		}
	}
}

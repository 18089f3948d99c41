package run_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// TestVerification: the update breaks the web server on the first of three
// hosts, and the policy says what follows. Two failures would be allowed.
func TestVerification(t *testing.T) {
	t.Parallel()
	tests := []struct {
		on     policies.OnFailure
		states []string
		run    string
		jobs   []string
		nginx  string
	}{
		{policies.FailRollback, []string{"web-1 rolled-back", "web-2 done", "web-3 done"}, "finished",
			[]string{"restore-point 1", "updates 1", "rollback 1"}, "1.22.1-9+deb12u3"},
		{policies.FailStop, []string{"web-1 failed", "web-2 skipped", "web-3 skipped"}, "stopped",
			[]string{"restore-point 1", "updates 1"}, "1.22.1-9+deb12u4"},
		{policies.FailContinue, []string{"web-1 done", "web-2 done", "web-3 done"}, "finished",
			[]string{"restore-point 1", "updates 1"}, "1.22.1-9+deb12u4"},
	}
	for _, test := range tests {
		t.Run(string(test.on), func(t *testing.T) {
			t.Parallel()
			machines := webs(3)
			breaks(&machines[0])
			l := newLab(t, policy(verified(test.on), allow(amount(2)), waves(policies.Wave{Name: "all", Batch: amount(1)})), machines...)
			r := l.do()
			if diff := cmp.Diff(test.states, states(r)); diff != "" || r.State != test.run {
				t.Errorf("run %s\n%s", r.State, diff)
			}
			l.wantOnce("web-1", test.jobs...)
			s := l.snapshot("web-1")
			if got := s.Installed["nginx"]; got.Version != test.nginx || got.State != "ok" {
				t.Errorf("nginx is %+v", got)
			}
			h := r.Host("web-1")
			if len(h.Probes) != 1 || h.Probes[0].OK || h.Probes[0].Detail == "" {
				t.Errorf("probes %+v", h.Probes)
			}
			said := h.Why
			if h.Fault != nil {
				said += h.Fault.Message
			}
			if !strings.Contains(said, "verification failed: service nginx") {
				t.Errorf("the host says %q", said)
			}
			if (test.on == policies.FailRollback) != (s.Services["nginx"] == "active") {
				t.Errorf("nginx is %s", s.Services["nginx"])
			}
		})
	}
}

// TestRollbackThatCouldNot: an old version is not on the host and not in the
// repositories any more, and the policy rolls back on failure: that is found out
// before anything is changed.
func TestRollbackThatCouldNot(t *testing.T) {
	t.Parallel()
	m := web("a", breaks, func(m *sim.Machine) {
		for i := range m.Packages {
			m.Packages[i].Gone = m.Packages[i].Name == "nginx"
		}
		m.Faults.CannotKeep = []string{"nginx"}
	})
	l := newLab(t, policy(verified("rollback")), m)
	r := l.do()
	h := r.Host("a")
	if h.State != journal.Failed || h.Fault == nil || h.Fault.Code != "guard" ||
		!strings.Contains(h.Fault.Message, "cannot bring back nginx 1.22.1-9+deb12u3: neither the host nor its repositories have it") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	if h.Point == nil || h.Point.Checked || !cmp.Equal(h.Point.Cannot, []string{"nginx 1.22.1-9+deb12u3"}) {
		t.Errorf("the restore point is %+v", h.Point)
	}
	l.wantOnce("a", "restore-point 1")
}

// TestRollbackAfterAReboot: the host was rebooted into the new kernel before the
// verification failed; the old packages come back all the same.
func TestRollbackAfterAReboot(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", kernel, breaks))
	r := l.do()
	if h := r.Host("a"); h.State != journal.RolledBack || h.Reboots != 1 {
		t.Errorf("the host is %s after %d reboots: %+v", h.State, h.Reboots, h.Fault)
	}
	for name, p := range l.snapshot("a").Installed {
		for _, b := range append(sim.Base(), sim.Package{Name: "nginx", Version: "1.22.1-9+deb12u3"}) {
			if b.Name == name && p.Version != b.Version {
				t.Errorf("%s is %s", name, p.Version)
			}
		}
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1", "rollback 1")
}

// TestProbes: what each kind of probe makes of a host.
func TestProbes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		probe policies.Probe
		ok    bool
	}{
		{"a service that runs", policies.Probe{Kind: policies.ProbeService, Name: "nginx", State: "running"}, true},
		{"a service that is to be stopped", policies.Probe{Kind: policies.ProbeService, Name: "nginx", State: "stopped"}, false},
		{"a service that is not there", policies.Probe{Kind: policies.ProbeService, Name: "apache2", State: "stopped"}, true},
		{"a port on the host", policies.Probe{Kind: policies.ProbeTCP, Name: "http", Port: 80, On: "host"}, true},
		{"a port that is closed", policies.Probe{Kind: policies.ProbeTCP, Name: "https", Port: 443, On: "host"}, false},
		{"a command", policies.Probe{Kind: policies.ProbeCommand, Name: "self", Run: "true", Become: true}, true},
		{"a command that fails", policies.Probe{Kind: policies.ProbeCommand, Name: "self", Run: "false", Become: true}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(func(p *policies.Policy) {
				p.Verification = &policies.Verification{Name: "v", OnFailure: policies.FailStop, Probes: []policies.Probe{test.probe}}
			}), web("a"))
			h := l.do().Host("a")
			if want := map[bool]journal.State{true: journal.Done, false: journal.Failed}[test.ok]; h.State != want || len(h.Probes) != 1 || h.Probes[0].OK != test.ok {
				t.Errorf("the host is %s: %+v", h.State, h.Probes)
			}
		})
	}
}

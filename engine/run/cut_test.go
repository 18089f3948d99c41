package run_test

import (
	"testing"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
)

// TestCut: connections break in the middle of any job; the job goes on, the
// machine comes back to it, and nothing is done twice.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, script := range []string{"keep", "install", "reboot", "rollback", "*"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(verified("rollback")), web("a", kernel, breaks, func(m *sim.Machine) { m.Faults.CutDuring = []string{script} }))
			h := l.do().Host("a")
			if h.State != journal.RolledBack || h.Reboots != 1 {
				t.Errorf("the host is %s after %d reboots: %+v", h.State, h.Reboots, h.Fault)
			}
			l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1", "rollback 1")
		})
	}
}

// TestCutAlways: every event of the run breaks all connections.
func TestCutAlways(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a", kernel))
	p := l.plan()
	l.journal.after = func(int, []journal.Event) { l.fleet.Host("a").Cut() }
	h := l.apply(l.work(p)).Host("a")
	if h.State != journal.Done && h.State != journal.Unreachable && h.State != journal.Failed {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	if h.State == journal.Done {
		l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1")
	}
}

package run_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/policies"
)

// TestSplitByReboot: a policy that asks for it gets a plan with two steps, and
// the host does them one after the other, with one reboot at the end.
func TestSplitByReboot(t *testing.T) {
	t.Parallel()
	p := policy(verified("rollback"))
	p.Rollout.Split = policies.SplitReboot
	l := newLab(t, p, web("a", kernel), web("b"))
	r := l.apply(l.work(l.plan()))
	for host, want := range map[string][]string{
		"a": {"libssl3 installed", "nginx installed", "openssl installed", "linux installed"},
		"b": {"libssl3 installed", "nginx installed", "openssl installed"},
	} {
		h := r.Host(host)
		if h.State != journal.Done {
			t.Errorf("host %s is %s: %+v", host, h.State, h.Fault)
		}
		if diff := cmp.Diff(want, results(h)); diff != "" {
			t.Errorf("host %s:\n%s", host, diff)
		}
	}
	if a, b := r.Host("a").Reboots, r.Host("b").Reboots; a != 1 || b != 0 {
		t.Errorf("%d and %d reboots", a, b)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "updates 2", "reboot 2")
	l.wantOnce("b", "restore-point 1", "updates 1")
}

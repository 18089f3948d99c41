package run_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/policies"
)

// TestSoak: the next wave waits; the run ends as soaking and a resume goes on
// when the time is over, not before.
func TestSoak(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})), webs(2)...)
	p := l.plan()
	want := []string{"web-1 done", "web-2 pending"}
	r := l.apply(l.work(p))
	if diff := cmp.Diff(want, states(r)); diff != "" || r.State != "soaking" || r.Why == "" {
		t.Fatalf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
	r = l.apply(l.again(p))
	if diff := cmp.Diff(want, states(r)); diff != "" || r.State != "soaking" {
		t.Fatalf("resumed too early: run %s\n%s", r.State, diff)
	}
	l.wantUntouched("web-2")

	later := l.engine()
	later.Now = func() time.Time { return time.Now().Add(25 * time.Hour) }
	r, err := later.Apply(l.context(), l.again(p), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"web-1 done", "web-2 done"}, states(r)); diff != "" || r.State != "finished" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
	l.wantOnce("web-1", "restore-point 1", "updates 1")
	l.wantOnce("web-2", "restore-point 1", "updates 1")
}

// TestSoakOfAFailedCanary: nothing is waited for when nothing more comes.
func TestSoakOfAFailedCanary(t *testing.T) {
	t.Parallel()
	machines := webs(2)
	postinst(&machines[0])
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})), machines...)
	r := l.do()
	if diff := cmp.Diff([]string{"web-1 failed", "web-2 skipped"}, states(r)); diff != "" || r.State != "stopped" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
}

// TestSoakIsOfOnePolicy: the hosts of another policy do not wait.
func TestSoakIsOfOnePolicy(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})), web("a-1"), web("a-2"), web("b-1"))
	other := policy()
	other.Name, other.Priority, other.Hosts = "other", 90, []string{"b-1"}
	l.policies = append(l.policies, other)
	l.inv.Host("b-1").Policies = []string{"other"}
	r := l.do()
	if diff := cmp.Diff([]string{"a-1 done", "a-2 pending", "b-1 done"}, states(r)); diff != "" || r.State != "soaking" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
}

// TestNothingToSoak: where the canary had nothing to do, nobody waits for it.
func TestNothingToSoak(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})),
		sim.Machine{Name: "a"}, sim.Machine{Name: "b"})
	r := l.do()
	if diff := cmp.Diff([]string{"a unchanged", "b unchanged"}, states(r)); diff != "" || r.State != "finished" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
}

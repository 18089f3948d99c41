package run_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/inventory"
	"patchwave/policies"
)

// TestNoTimeForACanary: no later wave begins before an earlier one has proven
// anything.
func TestNoTimeForACanary(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})), webs(3)...)
	w := l.work(l.plan())
	w.Left = func(_ *policies.Policy, h *inventory.Host) (time.Duration, bool) {
		if h.Name == "web-1" {
			return time.Minute, true // the canary alone has no time
		}
		return time.Hour, true
	}
	r := l.apply(w)
	if diff := cmp.Diff([]string{"web-1 deferred", "web-2 deferred", "web-3 deferred"}, states(r)); diff != "" || r.State != "finished" {
		t.Errorf("run %s\n%s", r.State, diff)
	}
	if why := r.Host("web-2").Why; why != "there was no time for all of wave canary before it" {
		t.Error(why)
	}
	l.wantUntouched("web-2")
}

// TestFailuresOfEarlierRuns count, and so do their hosts.
func TestFailuresOfEarlierRuns(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		allowed policies.Amount
		earlier []*journal.Host
		want    string
	}{
		{amount(1), []*journal.Host{{Name: "gone", Policy: "all", State: journal.Failed}}, "web-1 failed, web-2 skipped: stopped"},
		{amount(1), []*journal.Host{{Name: "gone", Policy: "other", State: journal.Failed}}, "web-1 failed, web-2 done: finished"},
		{amount(1), []*journal.Host{{Name: "web-1", Policy: "all", State: journal.Deferred}}, "web-1 failed, web-2 done: finished"},
		{amount(0), []*journal.Host{{Name: "gone", Policy: "all", State: journal.Done}}, "web-1 failed, web-2 skipped: stopped"},
		{percentage(50), []*journal.Host{{Name: "x", Policy: "all", State: journal.Done}, {Name: "y", Policy: "all", State: journal.Failed}}, "web-1 failed, web-2 done: finished"},
	} {
		machines := webs(2)
		postinst(&machines[0])
		l := newLab(t, policy(allow(test.allowed), waves(policies.Wave{Name: "all", Batch: amount(1)})), machines...)
		w := l.work(l.plan())
		w.Earlier = test.earlier
		r := l.apply(w)
		if got := states(r)[0] + ", " + states(r)[1] + ": " + r.State; got != test.want {
			t.Errorf("%+v: %s, want %s", test.allowed, got, test.want)
		}
	}
}

// TestLateHosts come back after the run has ended: one that was planned, one that
// was not reached even then, and one that stays away.
func TestLateHosts(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(allow(amount(1)), waves(policies.Wave{Name: "first", Count: 1}, policies.Wave{Name: "all"})), webs(4)...)
	l.fleet.Host("web-3").SetFaults(sim.Faults{Unreachable: true})
	p := l.plan()
	l.fleet.Host("web-2").SetFaults(sim.Faults{Unreachable: true})
	l.fleet.Host("web-4").SetFaults(sim.Faults{Unreachable: true})
	r := l.apply(l.work(p))
	if diff := cmp.Diff([]string{"web-1 done", "web-2 unreachable", "web-3 unreachable", "web-4 unreachable"}, states(r)); diff != "" {
		t.Fatal(diff)
	}
	if r.Breaker == nil {
		t.Fatal("two failures, one allowed, and the breaker is not open")
	}
	for _, name := range []string{"web-2", "web-3"} {
		l.fleet.Host(name).SetFaults(sim.Faults{})
		l.until(name+" is up", func() bool { return l.isUp(name) })
	}
	late := l.planOf("web-3")
	if err := p.Join(l.policies[0], late); err != nil {
		t.Fatal(err)
	}
	if err := p.Seal(time.Now()); err != nil {
		t.Fatal(err)
	}
	w := l.again(p)
	w.Late = []string{"web-2", "web-3"}
	r = l.apply(w)
	if diff := cmp.Diff([]string{"web-1 done", "web-2 done", "web-3 done", "web-4 unreachable"}, states(r)); diff != "" {
		t.Errorf("run %s\n%s", r.State, diff)
	}
	if h := r.Host("web-3"); h.Policy != "all" || h.Wave != "all" || h.Fault != nil || r.PlanID != p.ID {
		t.Errorf("%+v of plan %s", h, r.PlanID)
	}
	for _, name := range []string{"web-1", "web-2", "web-3"} {
		l.wantOnce(name, "restore-point 1", "updates 1")
	}
	l.wantUntouched("web-4")
}

// planOf is a plan of one host.
func (l *lab) planOf(host string) *plan.Plan {
	l.t.Helper()
	all := l.inv.Hosts
	defer func() { l.inv.Hosts = all }()
	l.inv.Hosts = []*inventory.Host{l.inv.Host(host)}
	return l.plan()
}

// TestSoakOver: when a run may go on, and for whom.
func TestSoakOver(t *testing.T) {
	t.Parallel()
	p := policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"}))
	l := newLab(t, p, webs(2)...)
	made := l.plan()
	r := l.apply(l.work(made))
	over, waiting := run.SoakOver(r, made, l.policies)
	if want := r.Host("web-1").Since.Add(24 * time.Hour); !over.Equal(want) || len(waiting) != 1 || waiting[0] != "all" {
		t.Errorf("%s for %v, want %s", over, waiting, want)
	}
	later := l.engine()
	later.Now = func() time.Time { return over.Add(time.Second) }
	done, err := later.Apply(l.context(), l.again(made), nil)
	if err != nil || done.State != "finished" {
		t.Fatalf("%v: %v", states(done), err)
	}
	if over, waiting = run.SoakOver(done, made, l.policies); !over.IsZero() || waiting != nil {
		t.Errorf("%s for %v, and all is done", over, waiting)
	}
}

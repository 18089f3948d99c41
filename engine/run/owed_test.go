package run_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/policies"
)

// later leaves reboots to another window.
func later(p *policies.Policy) {
	p.Reboot.When, p.Reboot.Window = policies.RebootDefer, &policies.Window{Name: "saturday"}
}

// TestRebootLeft: what is installed waits for the reboot, the journal says with which
// boot id, and nobody reboots.
func TestRebootLeft(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(later, verified("")), web("a", kernel), web("b"))
	boot := l.snapshot("a").BootID
	r := l.do()
	a, b := r.Host("a"), r.Host("b")
	if a.State != journal.Done || a.Owes == nil || *a.Owes != (journal.RebootOwedData{Policy: "all", Window: "saturday", BootID: boot}) || l.snapshot("a").Boots != 0 {
		t.Errorf("%s owes %+v", a.State, a.Owes)
	}
	for _, u := range a.Updates {
		if u.State != "pending-reboot" {
			t.Errorf("%+v", u)
		}
	}
	if b.State != journal.Done || b.Owes != nil || b.Updates[0].State != "installed" {
		t.Errorf("%s owes %+v, %+v", b.State, b.Owes, b.Updates)
	}
	if !strings.Contains(strings.Join(a.Notes, ";"), "left to window saturday") {
		t.Errorf("%q", a.Notes)
	}
	l.wantFree("a")
}

// TestRebootOfWhatWasTakenBack: a host that went back to what it was owes nothing.
func TestRebootOfWhatWasTakenBack(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(later, verified(policies.FailRollback)), web("a", kernel, breaks))
	if h := l.do().Host("a"); h.State != journal.RolledBack || h.Owes != nil {
		t.Errorf("%s owes %+v", h.State, h.Owes)
	}
}

// paying is a run that only reboots, and what it reboots.
func paying(l *lab, hosts ...string) (*plan.Plan, run.Work) {
	l.t.Helper()
	p := plan.Reboots(l.policies[0], "digest", hosts)
	if err := p.Seal(l.engine().Now()); err != nil {
		l.t.Fatal(err)
	}
	w := l.work(p)
	w.Owes = map[string]string{}
	for _, h := range hosts {
		w.Owes[h] = l.snapshot(h).BootID
	}
	return p, w
}

// up waits until a machine is up again with another boot id.
func (l *lab) up(host, before string) {
	l.t.Helper()
	ctx := l.context()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if l.snapshot(host).BootID != before {
			if s, err := l.dialer.Dial(ctx, l.inv.Host(host).Target); err == nil {
				if err := s.Close(); err != nil {
					l.t.Fatal(err)
				}
				return
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.t.Fatal("it did not come up")
		}
	}
}

// TestRebootPaid: the actions, the reboot, the verification; nothing is installed and
// no restore point made.
func TestRebootPaid(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(reboots(policies.RebootAlways), drained, verified("")), web("a"), web("b"))
	_, w := paying(l, "a", "b")
	l.fleet.Host("b").Reboot()
	l.up("b", w.Owes["b"])
	r := l.apply(w)
	a, s := r.Host("a"), l.snapshot("a")
	if a.State != journal.Done || a.Reboots != 1 || s.Boots != 1 || len(a.Probes) == 0 || a.Point != nil || len(s.Changes) != 0 {
		t.Errorf("%s %+v: %d reboots, %d on the host, point %+v", a.State, a.Fault, a.Reboots, s.Boots, a.Point)
	}
	l.wantUndone(t)
	for _, j := range s.Jobs {
		if j.Script == "install" || j.Script == "keep" {
			t.Errorf("%+v", j)
		}
	}
	if b := r.Host("b"); b.State != journal.Unchanged || b.Reboots != 0 || l.snapshot("b").Boots != 1 || !strings.Contains(b.Why, "owes nothing") {
		t.Errorf("%s %q", b.State, b.Why)
	}
	l.wantFree("a")
}

// TestRebootPaidOnce: wherever the process ends, whoever goes on reboots the host
// once and no more.
func TestRebootPaidOnce(t *testing.T) {
	t.Parallel()
	count := func() int {
		l := newLab(t, policy(reboots(policies.RebootAlways), drained, verified("")), web("a"))
		_, w := paying(l, "a")
		l.apply(w)
		return l.journal.calls
	}()
	for n := 1; n <= count; n++ {
		t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(reboots(policies.RebootAlways), drained, verified("")), web("a"))
			p, w := paying(l, "a")
			l.letGo(w, n)
			l.journal.after = nil
			again := l.again(p)
			again.Owes = w.Owes
			r := l.apply(again)
			h, s := r.Host("a"), l.snapshot("a")
			if h.State != journal.Done || s.Boots != 1 || len(s.Changes) != 0 {
				t.Errorf("%s %+v, %d boots, %q", h.State, h.Fault, s.Boots, s.Actions)
			}
			l.wantUndone(t)
			l.wantFree("a")
		})
	}
}

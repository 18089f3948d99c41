package run_test

import (
	"fmt"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/scan"
	"patchwave/inventory"
)

// TestNothingIsTakenBack: a run is left after any write to its journal, and a later
// one brings the host further. Whatever state the first was left in, going on with
// it does not undo that.
func TestNothingIsTakenBack(t *testing.T) {
	t.Parallel()
	const newest = "1.22.1-9+deb12u9"
	whole := newLab(t, policy(verified("")), web("a"))
	whole.do()
	for n := range whole.journal.calls {
		t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(verified("")), web("a"))
			p := l.plan()
			w := l.work(p)
			first := l.letGo(w, n)
			if first.State == "finished" {
				return
			}
			l.settle("a")
			mine := l.journal
			l.journal = &memory{}
			l.fleet.Host("a").Publish(sim.Offer{Name: "nginx", Version: newest, From: []sim.Origin{sim.Security()}})
			later := l.work(l.planFresh())
			later.Run, later.Dead = "rlater", []string{runID}
			if r := l.apply(later); r.Host("a").State != journal.Done {
				t.Fatalf("the later run: %+v", r.Host("a"))
			}
			l.journal = mine
			again := l.again(p)
			again.Dead = append(again.Dead, "rlater")
			r := l.apply(again)
			h := r.Host("a")
			if got := l.snapshot("a").Installed["nginx"].Version; got != newest {
				t.Errorf("left %s, then %s: nginx is %s", first.Host("a").State, h.State, got)
			}
			if !h.State.Ended() || r.State != "finished" {
				t.Errorf("the first run is %s: %v", r.State, states(r))
			}
			l.wantFree("a")
		})
	}
}

// planFresh is plan, after the repositories were asked for what is new.
func (l *lab) planFresh() *plan.Plan {
	l.t.Helper()
	p, err := plan.Planner{Dialer: l.dialer, Managers: managers(), Ledger: seenBefore{}, Now: time.Now,
		Observed: func(inventory.Observation) error { return nil },
	}.Plan(l.context(), plan.Request{Inventory: l.inv, Policies: l.policies, Hosts: l.inv.Hosts, ConfigDigest: "digest", Refresh: scan.RefreshAlways})
	if err != nil {
		l.t.Fatalf("plan: %v", err)
	}
	return p
}

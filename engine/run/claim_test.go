package run_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

// claimed takes a machine for another controller.
func (l *lab) claimed(host string, c job.Claim) {
	l.t.Helper()
	s, err := l.dialer.Dial(l.context(), l.inv.Host(host).Target)
	if err != nil {
		l.t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			l.t.Error(err)
		}
	}()
	if err := (job.Client{Session: s, Host: host, Claim: c, Become: true}).Set(l.context()); err != nil {
		l.t.Fatal(err)
	}
}

// TestForeignClaim: a host that another controller works on is left to it.
func TestForeignClaim(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	l.claimed("a", job.Claim{Controller: "fedcba9876543210", Run: "rother", Fence: 1, TTL: job.DefaultTTL})
	h := l.do().Host("a")
	if h.State != journal.Failed || h.Fault == nil || h.Fault.Code != "locked" || !strings.Contains(h.Fault.Message, "rother") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantUntouched("a")
	l.wantJobs("a")
	if got := l.snapshot("a").Claim; got != "fedcba9876543210 rother" {
		t.Errorf("the claim is now of %q", got)
	}
}

// TestClaimOfADeadRun of this very controller is taken over.
func TestClaimOfADeadRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	l.claimed("a", job.Claim{Controller: controller, Run: "rdead", Fence: 1, TTL: job.DefaultTTL})
	l.fence = 1
	w := l.work(l.plan())
	w.Dead = []string{"rdead"}
	if h := l.apply(w).Host("a"); h.State != journal.Done {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantFree("a")
}

// TestClaimOfALivingRun of this very controller is not.
func TestClaimOfALivingRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	l.claimed("a", job.Claim{Controller: controller, Run: "ralive", Fence: 1, TTL: job.DefaultTTL})
	l.fence = 1
	if h := l.do().Host("a"); h.State != journal.Failed || h.Fault == nil || h.Fault.Code != "locked" {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantUntouched("a")
}

// TestClaimOfAVanishedController: it keeps the host until it was not renewed for
// its time, by the host's own clock; then the host is free, and is worked on.
func TestClaimOfAVanishedController(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a", func(m *sim.Machine) { m.ClockSkew = -time.Hour }))
	l.claimed("a", job.Claim{Controller: "fedcba9876543210", Run: "rother", Fence: 9, TTL: 2 * time.Minute})
	first := l.do().Host("a")
	if first.State != journal.Failed || first.Fault == nil || first.Fault.Code != "locked" {
		t.Fatalf("the host is %s: %+v", first.State, first.Fault)
	}
	l.fleet.Host("a").PassTime(3 * time.Minute)
	l.journal = &memory{}
	if h := l.do().Host("a"); h.State != journal.Done {
		t.Errorf("after its time the host is %s: %+v", h.State, h.Fault)
	}
	l.wantFree("a")
}

// TestClaimDuringTheRun: from the restore point to the end the host belongs to
// the run.
func TestClaimDuringTheRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("")), web("a", kernel))
	want := controller + " " + runID
	l.journal.after = func(_ int, events []journal.Event) {
		for _, e := range events {
			if e.Type != journal.HostState {
				continue
			}
			d := decode[journal.HostStateData](t, e)
			row, _ := journal.RowOf(d.To)
			if row.Begun && d.To != journal.Protecting && !d.To.Ended() {
				if got := l.snapshot("a").Claim; got != want {
					t.Errorf("%s: the claim is of %q", d.To, got)
				}
			}
		}
	}
	if h := l.do().Host("a"); h.State != journal.Done {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	l.wantFree("a")
}

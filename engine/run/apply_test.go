package run_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/store"
	"patchwave/inventory"
)

// TestApply carries a plan out on three hosts, with the journal in a real
// database: one is plain, one needs a reboot, one has nothing to do.
func TestApply(t *testing.T) {
	t.Parallel()
	idle := sim.Machine{Name: "idle"}
	l := newLab(t, policy(verified("")), web("a"), web("b", kernel), idle)
	st, err := store.Open(l.context(), filepath.Join(t.TempDir(), "patchwave.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	e := l.engine()
	e.Journal = st
	e.Observed = func(o inventory.Observation) error { return st.SaveScan(t.Context(), o) }
	var told []journal.Type
	e.Notify = func(ev journal.Event, _ *journal.Run) { told = append(told, ev.Type) }
	p := l.plan()
	r, err := e.Apply(l.context(), l.work(p), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a done", "b done", "idle unchanged"}, states(r)); diff != "" || r.State != "finished" {
		t.Fatalf("run %s\n%s", r.State, diff)
	}
	l.wantInstalled("a", p)
	l.wantInstalled("b", p)
	l.wantOnce("a", "updates 1", "restore-point 1")
	l.wantOnce("b", "updates 1", "restore-point 1", "reboot 1")
	l.wantOnce("idle")
	if a, b := l.snapshot("a"), l.snapshot("b"); a.Boots != 0 || b.Boots != 1 || r.Host("b").Reboots != 1 {
		t.Errorf("a rebooted %d times, b %d", a.Boots, b.Boots)
	}

	events, err := st.Events(t.Context(), runID)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := journal.Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(states(r), states(stored)); diff != "" || stored.State != r.State {
		t.Errorf("the journal tells another run (-returned +stored):\n%s", diff)
	}
	if bad, err := st.CheckChain(t.Context()); err != nil || bad != 0 {
		t.Errorf("the chain is broken at event %d: %v", bad, err)
	}
	if len(told) != len(events) {
		t.Errorf("%d events were told, %d are in the journal", len(told), len(events))
	}
	seen, err := st.Seen(t.Context())
	if err != nil || len(seen["a"].Updates) != 0 {
		t.Errorf("after the run a has pending updates in the store: %v (%v)", seen["a"].Updates, err)
	}
}

// TestHostOfARun looks at everything that the journal says of one host.
func TestHostOfARun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(required, verified("")), web("a"))
	h := l.do().Host("a")
	var steps []string
	for _, s := range h.Steps {
		steps = append(steps, s.Name+" "+s.State)
		if s.Finished == nil || s.Attempt != 1 {
			t.Errorf("step %s: finished %v, attempt %d", s.Name, s.Finished, s.Attempt)
		}
	}
	if diff := cmp.Diff([]string{"check ok", "restore-point ok", "updates ok", "verify ok"}, steps); diff != "" {
		t.Error(diff)
	}
	want := []journal.UpdateRecord{
		{Name: "libssl3", Arch: "amd64", Action: "upgrade", From: "3.0.17-1~deb12u2", To: "3.0.18-1~deb12u1", State: "installed"},
		{Name: "nginx", Arch: "amd64", Action: "upgrade", From: "1.22.1-9+deb12u3", To: "1.22.1-9+deb12u4", State: "installed"},
		{Name: "openssl", Arch: "amd64", Action: "upgrade", From: "3.0.17-1~deb12u2", To: "3.0.18-1~deb12u1", State: "installed"},
	}
	if diff := cmp.Diff(want, h.Updates); diff != "" {
		t.Error(diff)
	}
	if h.Point == nil || !h.Point.Checked || len(h.Point.Undoes) != 3 {
		t.Errorf("the restore point is %+v", h.Point)
	}
	if len(h.Probes) != 1 || !h.Probes[0].OK || h.Fault != nil {
		t.Errorf("probes %+v, fault %+v", h.Probes, h.Fault)
	}
	for _, j := range h.Jobs {
		if j.Outcome == nil || j.Outcome.State != "done" || j.Outcome.RC != 0 || j.Outcome.Log == "" {
			t.Errorf("job %s ended as %+v", j.ID, j.Outcome)
		}
	}
}

// TestIntentBeforeEffect: every job that ever was on a host had its intent in
// the journal before.
func TestIntentBeforeEffect(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", kernel, breaks))
	l.journal.before = func(_ int, _ []journal.Event) error {
		l.wantIntended("a", l.journal.events)
		return nil
	}
	if got := states(l.do()); !slices.Equal(got, []string{"a rolled-back"}) {
		t.Error(got)
	}
}

// TestExcluded: hosts that the plan could not look at are in the run with their
// end, and unmanaged ones are not.
func TestExcluded(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("off", func(m *sim.Machine) { m.Faults.Unreachable = true }),
		web("stranger", func(m *sim.Machine) { m.Faults.AuthRefused = true }),
		web("swapped", func(m *sim.Machine) { m.Faults.HostKeyChanged = true }),
		web("sudoless", func(m *sim.Machine) { m.Faults.Sudo = sim.SudoMissing }), web("nobodys"), web("two"), web("ok"))
	l.inv.Host("nobodys").Policies = nil
	l.inv.Host("two").Policies = []string{"all", "other"}
	r := l.do()
	want := []string{"off unreachable", "ok done", "stranger unreachable", "sudoless failed", "swapped unreachable", "two skipped"}
	if diff := cmp.Diff(want, states(r)); diff != "" || r.State != "finished" {
		t.Errorf("run %s\n%s", r.State, diff)
	}
	for host, code := range map[string]string{"off": "unreachable", "stranger": "auth", "swapped": "host-key", "sudoless": "sudo"} {
		if f := r.Host(host).Fault; f == nil || f.Code != code || f.Message == "" {
			t.Errorf("%s: %+v", host, f)
		}
	}
	if got := l.snapshot("swapped").Logins; len(got) > 0 {
		t.Errorf("a login was tried at a host with another key: %v", got)
	}
}

// TestUnknownPolicy is a fault of the engine, not of a host.
func TestUnknownPolicy(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	p := l.plan()
	w := l.work(p)
	w.Policies = nil
	if _, err := l.engine().Apply(l.context(), w, nil); err == nil {
		t.Error("a plan with a policy that is not there was carried out")
	}
	l.wantOnce("a")
}

// TestPastOfAnotherRun is refused.
func TestPastOfAnotherRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	p := l.plan()
	l.apply(l.work(p))
	w := l.again(p)
	w.Past = append(w.Past, journal.Event{Run: "another", Type: journal.RunState, Data: []byte(`{}`)})
	if _, err := l.engine().Apply(l.context(), w, nil); err == nil {
		t.Error("events of two runs were taken for one")
	}
}

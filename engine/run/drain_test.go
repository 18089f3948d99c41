package run_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/policies"
)

// drained carries a plan out and stops beginning when host enters state.
func (l *lab) drained(w run.Work, host string, state journal.State) *journal.Run {
	l.t.Helper()
	drain := make(chan struct{})
	l.journal.after = func(_ int, events []journal.Event) {
		for _, e := range events {
			if e.Host == host && e.Type == journal.HostState && decode[journal.HostStateData](l.t, e).To == state {
				close(drain)
			}
		}
	}
	r, err := l.engine().Apply(l.context(), w, drain)
	if err != nil {
		l.t.Fatal(err)
	}
	l.journal.after = nil
	return r
}

// TestDrain: what has begun is brought to its end, the rest is as it was; a
// resume does the rest.
func TestDrain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		at journal.State
		// left is the state of web-1 when the run lets go.
		left journal.State
	}{
		{journal.Checking, journal.Checking},
		{journal.Protecting, journal.Protecting},
		{journal.Ready, journal.Ready},
		{journal.Installing, journal.Done},
		{journal.Installed, journal.Done},
		{journal.Rebooting, journal.Done},
		{journal.Verifying, journal.Done},
		{journal.Restoring, journal.Done},
	}
	for _, test := range tests {
		t.Run(string(test.at), func(t *testing.T) {
			t.Parallel()
			machines := webs(3)
			kernel(&machines[0])
			l := newLab(t, policy(verified(""), waves(policies.Wave{Name: "all", Batch: amount(1)})), machines...)
			p := l.plan()
			r := l.drained(l.work(p), "web-1", test.at)
			if diff := cmp.Diff([]string{"web-1 " + string(test.left), "web-2 pending", "web-3 pending"}, states(r)); diff != "" {
				t.Error(diff)
			}
			if r.State != "interrupted" || r.Why == "" || r.Ended == nil {
				t.Errorf("the run is %s (%s)", r.State, r.Why)
			}
			l.wantOnceIf(test.left == journal.Done)
			for _, name := range []string{"web-2", "web-3"} {
				l.wantUntouched(name)
				l.wantOnce(name)
			}
			r = l.apply(l.again(p))
			if diff := cmp.Diff([]string{"web-1 done", "web-2 done", "web-3 done"}, states(r)); diff != "" || r.State != "finished" {
				t.Errorf("resumed: run %s\n%s", r.State, diff)
			}
			l.wantOnceIf(true)
			l.wantOnce("web-2", "restore-point 1", "updates 1")
		})
	}
}

// wantOnceIf: web-1 was done, or nothing but its restore point was made.
func (l *lab) wantOnceIf(done bool) {
	l.t.Helper()
	if done {
		l.wantOnce("web-1", "restore-point 1", "updates 1", "reboot 1")
		return
	}
	l.wantUntouched("web-1")
	s := l.snapshot("web-1")
	if s.Claim != "" || slices.ContainsFunc(s.Left, func(id string) bool { step, _ := stepOf(id); return step != "restore-point" }) {
		l.t.Errorf("web-1 is left with claim %q and jobs %v", s.Claim, s.Left)
	}
}

// TestDrainOfTheLast: when everything had begun, the run is finished.
func TestDrainOfTheLast(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("web-1"))
	if r := l.drained(l.work(l.plan()), "web-1", journal.Installing); r.State != "finished" || r.Host("web-1").State != journal.Done {
		t.Errorf("run %s, %v", r.State, states(r))
	}
}

// TestDrainBeforeTheBeginning: nothing is begun at all.
func TestDrainBeforeTheBeginning(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(2)...)
	drain := make(chan struct{})
	close(drain)
	r, err := l.engine().Apply(l.context(), l.work(l.plan()), drain)
	if err != nil || r.State != "interrupted" {
		t.Fatalf("run %v: %v", r, err)
	}
	l.wantUntouched("web-1")
	l.wantOnce("web-1")
}

// TestEndedBeforeTheBeginning: with a context that is over nothing is begun.
func TestEndedBeforeTheBeginning(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(2)...)
	p := l.plan()
	ctx, letGo := context.WithCancel(l.context())
	letGo()
	r, err := l.engine().Apply(ctx, l.work(p), nil)
	if err != nil || r.State != "interrupted" {
		t.Fatalf("run %v: %v", r, err)
	}
	l.wantOnce("web-1")
	if r = l.apply(l.again(p)); r.State != "finished" {
		t.Errorf("resumed: %s", r.State)
	}
}

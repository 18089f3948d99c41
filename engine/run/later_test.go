package run_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// leftRollingBack is a run of host a that was let go of as soon as it was to be taken
// back, before anything of that was begun.
func (l *lab) leftRollingBack(st *store.Store) run.Work {
	l.t.Helper()
	w := l.work(l.plan())
	w.Later = st.LaterChange
	ctx, cancel := context.WithCancel(l.context())
	defer cancel()
	e := l.engine()
	e.Journal = st
	e.Notify = func(_ journal.Event, r *journal.Run) {
		if h := r.Host("a"); h != nil && h.State == journal.RollingBack {
			cancel()
		}
	}
	r, err := e.Apply(ctx, w, nil)
	if err != nil || r.Host("a").State != journal.RollingBack {
		l.t.Fatalf("the host is %v: %v", states(r), err)
	}
	return w
}

// TestRollbackAfterALaterRun: a rollback was left, and another run has updated the
// host since. What that one installed stays, and the first one says why.
func TestRollbackAfterALaterRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", breaks))
	st := l.openStore()
	first := l.leftRollingBack(st)

	l.fleet.Host("a").SetFaults(sim.Faults{})
	l.fleet.Host("a").Publish(sim.Offer{Name: "nginx", Version: "1.22.1-9+deb12u9", From: []sim.Origin{sim.Security()}})
	second := l.work(l.planFresh())
	second.Run, second.Start.Rollout, second.Dead, second.Later = "r20261124-020000-fedcba", "r20261124-020000-fedcba", []string{runID}, st.LaterChange
	e := l.engine()
	e.Journal = st
	r, err := e.Apply(l.context(), second, nil)
	if err != nil || r.Host("a").State != journal.Done {
		t.Fatalf("the later run: %v, %v", states(r), err)
	}
	before := l.snapshot("a")

	again := l.stored(st, first.Plan)
	again.Later = st.LaterChange
	r, err = e.Apply(l.context(), again, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := r.Host("a")
	if h.State != journal.Failed || h.Fault == nil || h.Fault.Code != "drift" || !strings.Contains(h.Fault.Message, "run "+second.Run+" has changed the host since the rollback was interrupted") {
		t.Errorf("the host is %s: %+v", h.State, h.Fault)
	}
	after := l.snapshot("a")
	if !slices.Equal(before.Changes, after.Changes) || after.Installed["nginx"].Version != "1.22.1-9+deb12u9" {
		t.Errorf("it was changed: %+v", after.Changes)
	}
	l.wantFree("a")
}

// TestRollbackWithoutALaterRun: it goes on where it was left.
func TestRollbackWithoutALaterRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified("rollback")), web("a", breaks))
	st := l.openStore()
	again := l.stored(st, l.leftRollingBack(st).Plan)
	again.Later = st.LaterChange
	e := l.engine()
	e.Journal = st
	r, err := e.Apply(l.context(), again, nil)
	if err != nil || r.Host("a").State != journal.RolledBack {
		t.Errorf("the host is %v: %v", states(r), err)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "rollback 1")
}

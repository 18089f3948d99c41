package run_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// openStore opens a database for a test.
func (l *lab) openStore() *store.Store {
	l.t.Helper()
	st, err := store.Open(l.context(), filepath.Join(l.t.TempDir(), "patchwave.db"))
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() {
		if err := st.Close(); err != nil {
			l.t.Error(err)
		}
	})
	return st
}

// stored is the work of going on with a run that is in a database.
func (l *lab) stored(st *store.Store, p *plan.Plan) run.Work {
	l.t.Helper()
	past, err := st.Events(l.context(), runID)
	if err != nil {
		l.t.Fatal(err)
	}
	w := l.work(p)
	w.Past, w.Dead = past, []string{runID}
	return w
}

// outcome is what came of an Apply.
type outcome struct {
	run *journal.Run
	err error
}

// TestStalledProcess: a process that was taken for dead wakes up while another
// goes on with its run. It ends, and nothing is done twice.
func TestStalledProcess(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a", kernel))
	st := l.openStore()
	p := l.plan()
	l.fleet.Host("a").SetFaults(sim.Faults{HoldDuring: []string{"install"}})
	first := l.engine()
	first.Journal = st
	w := l.work(p)
	done := make(chan outcome, 1)
	ctx := l.context()
	go func() {
		r, err := first.Apply(ctx, w, nil)
		done <- outcome{r, err}
	}()
	l.until("the job runs", func() bool {
		jobs := l.snapshot("a").Jobs
		return len(jobs) == 2 && jobs[1].Runs == 1
	})
	second := l.engine()
	second.Journal = st
	again := l.stored(st, p)
	release := sync.OnceFunc(func() { l.fleet.Host("a").SetFaults(sim.Faults{}) })
	second.Notify = func(journal.Event, *journal.Run) { release() }
	r, err := second.Apply(ctx, again, nil)
	if err != nil || r.Host("a").State != journal.Done {
		t.Errorf("the second: %v, %v", states(r), err)
	}
	if old := <-done; !errors.Is(old.err, journal.ErrSuperseded) {
		t.Errorf("the first: %v", old.err)
	}
	l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1")
}

// TestTwoGoOn: two processes go on with a run at once; one of them does.
func TestTwoGoOn(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	st := l.openStore()
	p := l.plan()
	drain := make(chan struct{})
	close(drain)
	e := l.engine()
	e.Journal = st
	if _, err := e.Apply(l.context(), l.work(p), drain); err != nil {
		t.Fatal(err)
	}
	works := []run.Work{l.stored(st, p), l.stored(st, p)}
	results := make([]outcome, len(works))
	ctx := l.context()
	var wg sync.WaitGroup
	for i, w := range works {
		wg.Go(func() { results[i].run, results[i].err = e.Apply(ctx, w, nil) })
	}
	wg.Wait()
	won := 0
	for _, r := range results {
		switch {
		case r.err == nil && r.run.Host("a").State == journal.Done:
			won++
		case !errors.Is(r.err, journal.ErrSuperseded):
			t.Errorf("%v", r.err)
		}
	}
	if won != 1 {
		t.Errorf("%d processes carried the run out", won)
	}
	l.wantOnce("a", "restore-point 1", "updates 1")
}

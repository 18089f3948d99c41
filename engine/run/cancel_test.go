package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/policies"
)

// word is an operator's word to cancel, once it is said.
type word struct{ said atomic.Bool }

func (w *word) ask(context.Context) (string, bool, error) {
	return "cancelled by root", w.said.Load(), nil
}

// TestCancelled before anything began: no host is asked.
func TestCancelled(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(2)...)
	var cancel word
	cancel.said.Store(true)
	w := l.work(l.plan())
	w.Cancel = cancel.ask
	r := l.apply(w)
	if diff := cmp.Diff([]string{"web-1 cancelled", "web-2 cancelled"}, states(r)); diff != "" || r.State != "cancelled" || r.Why != "cancelled by root" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
	for _, h := range r.Hosts {
		l.wantUntouched(h.Name)
		l.wantFree(h.Name)
		if h.Why != "cancelled by root" {
			t.Errorf("%s: %q", h.Name, h.Why)
		}
	}
}

// TestCancelAfterAWrite: whenever the word comes, a host on which something was
// begun is brought to the end of its life, and every other one is cancelled.
func TestCancelAfterAWrite(t *testing.T) {
	t.Parallel()
	for _, f := range lives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range thirds(f.appends(t), 0) {
				t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
					t.Parallel()
					l, p := f.start(t)
					var cancel word
					l.journal.after = func(call int, _ []journal.Event) {
						if call == n {
							cancel.said.Store(true)
						}
					}
					w := l.work(p)
					w.Cancel = cancel.ask
					r := l.apply(w)
					l.journal.after = nil
					f.endOrCancelled(t, l, r)
				})
			}
		})
	}
}

// TestCancelOfAnInterruptedRun: the process is gone after any write; whoever goes on
// to cancel brings to its end what was begun, and nothing else.
func TestCancelOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	for _, f := range lives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range thirds(f.appends(t), 1) {
				t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
					t.Parallel()
					l, p := f.start(t)
					if r := l.letGo(l.work(p), n); r.State != "interrupted" && r.State != "running" {
						f.end(t, l, r)
						return
					}
					var cancel word
					cancel.said.Store(true)
					w := l.again(p)
					w.Cancel = cancel.ask
					f.endOrCancelled(t, l, l.apply(w))
				})
			}
		})
	}
}

// endOrCancelled: the host has come to the end of its life, or nothing was changed
// on it.
func (f life) endOrCancelled(t *testing.T, l *lab, r *journal.Run) {
	t.Helper()
	l.wantFree("a")
	if h := r.Host("a"); h.State != journal.Cancelled {
		f.end(t, l, r)
		return
	}
	if s := l.snapshot("a"); len(s.Changes) > 0 || s.Boots > 0 || r.State != "cancelled" {
		t.Errorf("run %s, and yet %v, %d reboots", r.State, s.Changes, s.Boots)
	}
}

// TestCancelOfASoakingRun: those that wait are cancelled, those that are done stay
// done.
func TestCancelOfASoakingRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1, Soak: 24 * time.Hour}, policies.Wave{Name: "rest"})), webs(2)...)
	p := l.plan()
	l.apply(l.work(p))
	var cancel word
	cancel.said.Store(true)
	w := l.again(p)
	w.Cancel = cancel.ask
	r := l.apply(w)
	if diff := cmp.Diff([]string{"web-1 done", "web-2 cancelled"}, states(r)); diff != "" || r.State != "cancelled" {
		t.Errorf("run %s (%s)\n%s", r.State, r.Why, diff)
	}
	l.wantUntouched("web-2")
}

// TestCancelCannotBeRead: a run begins nothing as long as nobody can say whether it
// was cancelled; once it has begun, one look that fails is no word.
func TestCancelCannotBeRead(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	broken := errors.New("the disk is broken")
	w := l.work(l.plan())
	w.Cancel = func(context.Context) (string, bool, error) { return "", false, broken }
	if _, err := l.engine().Apply(l.context(), w, nil); !errors.Is(err, broken) {
		t.Fatalf("the engine says %v", err)
	}
	l.wantUntouched("a")

	l = newLab(t, policy(), web("a"))
	asked := 0
	w = l.work(l.plan())
	w.Cancel = func(context.Context) (string, bool, error) {
		if asked++; asked > 1 {
			return "", false, broken
		}
		return "", false, nil
	}
	if r := l.apply(w); r.State != "finished" {
		t.Errorf("run %s", r.State)
	}
}

// TestAbandoned after any write: all hosts come to an end without being asked, and
// what may have been changed is lost, not cancelled.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	for _, f := range lives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for _, n := range thirds(f.appends(t), 2) {
				t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
					t.Parallel()
					l, p := f.start(t)
					if r := l.letGo(l.work(p), n); r.State != "interrupted" && r.State != "running" {
						return
					}
					before := l.journal.fold(t).Host("a")
					e := run.Engine{Journal: l.journal, Now: time.Now}
					r, err := e.Abandoned(l.context(), runID, l.again(p).Start, l.journal.all(), "the configuration has changed")
					if err != nil {
						t.Fatal(err)
					}
					h := r.Host("a")
					acted := slices.ContainsFunc(before.Jobs, func(j *journal.Job) bool { return j.Step != run.StepRestorePoint })
					switch {
					case !h.State.Ended() || r.State != "cancelled" || r.Ended == nil:
						t.Errorf("host %s, run %s", h.State, r.State)
					case h.State == journal.Cancelled && acted:
						t.Errorf("it was %s and is cancelled", before.State)
					case h.State == journal.Lost && !acted && before.State != journal.Protecting:
						t.Errorf("it was %s and is lost", before.State)
					}
					if diff := cmp.Diff(states(l.journal.fold(t)), states(r)); diff != "" {
						t.Errorf("the journal tells something else: %s", diff)
					}
				})
			}
		})
	}
}

// thirds are every third number below n, from first on; all of them where trials
// are repeated.
func thirds(n, first int) []int {
	step := 3
	if trials(1) > 1 {
		first, step = 0, 1
	}
	var out []int
	for i := first; i < n; i += step {
		out = append(out, i)
	}
	return out
}

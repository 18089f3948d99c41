package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/policies"
)

// life is a whole run of one host, to be interrupted everywhere.
type life struct {
	name    string
	machine sim.Machine
	policy  func() *policies.Policy
	state   journal.State
	jobs    []string
	boots   int
	// split makes two rounds of the plan.
	split bool
	// undone: the action of the controller was done and undone.
	undone bool
}

func lives() []life {
	return []life{
		{"updates and a reboot that nobody foresaw", web("a", page, func(m *sim.Machine) { m.Updates[0].Reboot = true }),
			func() *policies.Policy { return policy(required, everyProbe) }, journal.Done,
			[]string{"restore-point 1", "updates 1", "reboot 1"}, 1, false, false},
		{"two rounds, a reboot after the second", web("a", kernel),
			func() *policies.Policy { return policy(required, verified("")) }, journal.Done,
			[]string{"restore-point 1", "updates 1", "updates 2", "reboot 2"}, 1, true, false},
		{"a rollback after a reboot", web("a", kernel, breaks),
			func() *policies.Policy { return policy(unchanged("rollback", "services", "listeners")) }, journal.RolledBack,
			[]string{"restore-point 1", "updates 1", "reboot 1", "rollback 1"}, 1, false, false},
		{"a rollback with dnf", rocky("a", breaks),
			func() *policies.Policy { return policy(verified("rollback")) }, journal.RolledBack,
			[]string{"restore-point 1", "updates 1", "reboot 1", "rollback 1"}, 1, false, false},
		{"an update that fails", web("a", postinst),
			func() *policies.Policy { return policy() }, journal.Failed, []string{"restore-point 1", "updates 1"}, 0, false, false},
		{"actions around updates and a reboot", web("a", kernel), func() *policies.Policy { return policy(drained, verified("")) }, journal.Done,
			[]string{"restore-point 1", "action-2 1", "updates 1", "reboot 1", "undo-2 1"}, 1, false, true},
		{"actions around a rollback", web("a", breaks), func() *policies.Policy { return policy(drained, verified("rollback")) }, journal.RolledBack,
			[]string{"restore-point 1", "action-2 1", "updates 1", "rollback 1", "undo-2 1"}, 0, false, true},
		{"an action that fails", web("a", func(m *sim.Machine) { m.Faults.FailActions = map[string]int{"systemctl stop nginx": 4} }),
			func() *policies.Policy { return policy(drained) }, journal.Failed,
			[]string{"restore-point 1", "action-2 1", "undo-2 1"}, 0, false, true},
	}
}

// start makes a lab for a life and the plan of its run.
func (f life) start(t *testing.T) (*lab, *plan.Plan) {
	t.Helper()
	l := newLab(t, f.policy(), f.machine)
	l.kept = l.keeps(0)
	if f.split {
		return l, twoRounds(l.plan())
	}
	return l, l.plan()
}

// end: the host has come to the end of the life, and everything was done once.
func (f life) end(t *testing.T, l *lab, r *journal.Run) {
	t.Helper()
	h := r.Host("a")
	if h == nil || h.State != f.state {
		t.Fatalf("the host is %+v: %+v", h, h.Fault)
	}
	l.wantOnce("a", f.jobs...)
	wantHeld(t, l.kept)
	if v := l.policies[0].Verification; v != nil && len(v.Unchanged) > 0 {
		l.takenOnce("a")
	}
	if s := l.snapshot("a"); s.Boots != f.boots || h.Reboots != f.boots {
		t.Errorf("%d reboots, %d in the journal; want %d", s.Boots, h.Reboots, f.boots)
	}
	if f.undone {
		l.wantUndone(t)
	}
	for _, c := range l.snapshot("a").Changes {
		if n := times(l.snapshot("a").Changes, c); n != 1 {
			t.Errorf("%d times %+v", n, c)
		}
	}
	if diff := cmp.Diff(states(l.journal.fold(t)), states(r)); diff != "" {
		t.Errorf("the journal tells something else: %s", diff)
	}
}

func times(all []sim.Change, c sim.Change) int {
	n := 0
	for _, x := range all {
		if x == c {
			n++
		}
	}
	return n
}

// appends is how often a life writes to its journal.
func (f life) appends(t *testing.T) int {
	t.Helper()
	l, p := f.start(t)
	f.end(t, l, l.apply(l.work(p)))
	return l.journal.calls
}

// TestResumeAfterLettingGo: the operator interrupts twice after any write to the
// journal; a resume brings the run to the same end, and does nothing twice.
func TestResumeAfterLettingGo(t *testing.T) {
	t.Parallel()
	for _, f := range lives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for n := range f.appends(t) {
				for _, late := range []bool{false, true} {
					t.Run(fmt.Sprintf("write %d, late %v", n, late), func(t *testing.T) {
						t.Parallel()
						l, p := f.start(t)
						f.goOn(t, l, p, l.letGo(l.work(p), n), late)
					})
				}
			}
		})
	}
}

// letGo carries out a plan until a write to the journal, and lets go then.
func (l *lab) letGo(w run.Work, write int) *journal.Run {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.context())
	defer cancel()
	l.journal.after = func(call int, _ []journal.Event) {
		if call == write {
			cancel()
		}
	}
	r, err := l.engine().Apply(ctx, w, nil)
	if err != nil {
		l.t.Fatal(err)
	}
	l.journal.after = nil
	return r
}

// goOn resumes, unless the run has come to its end already.
func (f life) goOn(t *testing.T, l *lab, p *plan.Plan, r *journal.Run, late bool) {
	t.Helper()
	l.journal.before = nil
	l.wantIntended("a", l.journal.all())
	if late {
		l.settle("a")
	}
	if r == nil || r.State == "running" || r.State == "interrupted" {
		w := l.again(p)
		if len(w.Past) == 0 {
			w = l.work(p)
		}
		r = l.apply(w)
	}
	f.end(t, l, r)
}

// settle waits until nothing works on the machine any more.
func (l *lab) settle(host string) {
	l.t.Helper()
	l.until("the jobs of "+host+" have ended", func() bool {
		return !slices.ContainsFunc(l.snapshot(host).Jobs, func(j sim.JobRecord) bool { return !j.Ended })
	})
}

// until waits for something to be true.
func (l *lab) until(what string, is func() bool) {
	l.t.Helper()
	ctx := l.context()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.t.Fatalf("it did not come to pass: %s", what)
		}
	}
}

// isUp: the machine can be reached.
func (l *lab) isUp(host string) bool {
	s, err := l.dialer.Dial(l.context(), l.inv.Host(host).Target)
	return err == nil && s.Close() == nil
}

// TestResumeAfterACrash: the process dies before any write to its journal, or
// the disk is full: nothing is begun that is not in the journal, and a resume
// brings the run to the same end, and does nothing twice.
func TestResumeAfterACrash(t *testing.T) {
	t.Parallel()
	full := errors.New("the disk is full")
	for _, f := range lives() {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			for n := range f.appends(t) {
				t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
					t.Parallel()
					l, p := f.start(t)
					l.journal.before = func(call int, _ []journal.Event) error {
						if call >= n {
							return full
						}
						return nil
					}
					r, err := l.engine().Apply(l.context(), l.work(p), nil)
					if !errors.Is(err, full) {
						t.Fatalf("the engine says %v", err)
					}
					if l.journal.calls > n+1 {
						t.Errorf("%d writes were tried after the first that failed", l.journal.calls-n-1)
					}
					if r != nil {
						r.State = "running" // what the journal has is all there is
					}
					f.goOn(t, l, p, r, n%2 == 0)
				})
			}
		})
	}
}

// TestCrashAmongOthers: of several hosts in work at once.
func TestCrashAmongOthers(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	for n := 3; n < 30; n += 5 {
		t.Run(fmt.Sprintf("write %d", n), func(t *testing.T) {
			t.Parallel()
			machines := webs(4)
			kernel(&machines[1])
			l := newLab(t, policy(waves(policies.Wave{Name: "all", Batch: amount(3)})), machines...)
			p := l.plan()
			l.journal.before = func(call int, _ []journal.Event) error {
				if call >= n {
					return gone
				}
				return nil
			}
			if _, err := l.engine().Apply(l.context(), l.work(p), nil); !errors.Is(err, gone) {
				t.Fatalf("the engine says %v", err)
			}
			l.journal.before = nil
			for _, m := range machines {
				l.wantIntended(m.Name, l.journal.all())
			}
			r := l.apply(l.again(p))
			if diff := cmp.Diff([]string{"web-1 done", "web-2 done", "web-3 done", "web-4 done"}, states(r)); diff != "" || r.State != "finished" {
				t.Errorf("run %s\n%s", r.State, diff)
			}
			for _, m := range machines {
				jobs := []string{"restore-point 1", "updates 1"}
				if m.Name == "web-2" {
					jobs = append(jobs, "reboot 1")
				}
				l.wantOnce(m.Name, jobs...)
			}
		})
	}
}

// TestTheBreakerOutlivesTheProcess: a canary fails, the process dies at once; the
// resume begins nothing more.
func TestTheBreakerOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	for _, last := range []journal.Type{journal.BreakerOpen, journal.HostState} {
		t.Run(string(last), func(t *testing.T) {
			t.Parallel()
			machines := webs(2)
			postinst(&machines[0])
			l := newLab(t, policy(waves(policies.Wave{Name: "canary", Count: 1}, policies.Wave{Name: "rest"})), machines...)
			p := l.plan()
			dead := false
			l.journal.before = func(_ int, events []journal.Event) error {
				// it dies with the breaker, or just before that is written
				if dead || (last != journal.BreakerOpen && events[0].Type == journal.BreakerOpen) {
					return gone
				}
				dead = events[0].Type == journal.BreakerOpen
				return nil
			}
			if _, err := l.engine().Apply(l.context(), l.work(p), nil); !errors.Is(err, gone) {
				t.Fatalf("the engine says %v", err)
			}
			l.journal.before = nil
			r := l.apply(l.again(p))
			if diff := cmp.Diff([]string{"web-1 failed", "web-2 skipped"}, states(r)); diff != "" || r.State != "stopped" {
				t.Errorf("run %s\n%s", r.State, diff)
			}
			l.wantUntouched("web-2")
		})
	}
}

// TestUnreachableIsTriedAgain by a resume.
func TestUnreachableIsTriedAgain(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(allow(amount(1)), waves(policies.Wave{Name: "all", Batch: amount(1)})), webs(2)...)
	p := l.plan()
	l.fleet.Host("web-1").SetFaults(sim.Faults{Unreachable: true})
	ctx, letGo := context.WithCancel(l.context())
	l.journal.after = func(_ int, events []journal.Event) {
		if e := events[len(events)-1]; e.Host == "web-2" && e.Type == journal.HostState {
			letGo()
		}
	}
	r, err := l.engine().Apply(ctx, l.work(p), nil)
	if err != nil || r.Host("web-1").State != journal.Unreachable {
		t.Fatalf("%v: %v", states(r), err)
	}
	l.journal.after = nil
	l.fleet.Host("web-1").SetFaults(sim.Faults{})
	l.until("web-1 is up", func() bool { return l.isUp("web-1") })
	r = l.apply(l.again(p))
	if diff := cmp.Diff([]string{"web-1 done", "web-2 done"}, states(r)); diff != "" || r.Host("web-1").Fault != nil {
		t.Errorf("fault %+v\n%s", r.Host("web-1").Fault, diff)
	}
}

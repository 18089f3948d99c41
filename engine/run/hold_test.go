package run_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/coord"
	"patchwave/engine/coord/coordtest"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/policies"
)

// keeping are the leases of one process under test. It implements run.Leases.
type keeping struct {
	*coord.Keeper
	dead []string
}

// Hold implements run.Leases.
func (k keeping) Hold(ctx context.Context, host string) (*coord.Hold, error) {
	return k.Acquire(ctx, coordtest.Host(host))
}

// Dead implements run.Leases.
func (k keeping) Dead(context.Context) ([]string, error) { return k.dead, nil }

// process is a process at work on a run, with short intervals.
func (l *lab) process(leases coord.Leases, id string, pid int, wait time.Duration) keeping {
	l.t.Helper()
	k := coord.NewKeeper(leases, coordtest.Owner(id, pid), coord.Options{Every: 20 * time.Millisecond, TTL: 30 * time.Second, Poll: 5 * time.Millisecond, Wait: wait,
		Lost: func(*coord.LostError) { l.losses.Add(1) },
		Waiting: func(*coord.HeldError) {
			if l.waiting != nil {
				l.waiting()
			}
		}})
	l.t.Cleanup(func() {
		if err := k.Close(context.WithoutCancel(l.t.Context())); err != nil {
			l.t.Error(err)
		}
	})
	return keeping{Keeper: k}
}

// keeps makes the engines of the lab hold leases.
func (l *lab) keeps(wait time.Duration) *coord.Memory {
	m := coord.NewMemory(coord.Rules{})
	l.leases = func() run.Leases {
		l.pid++
		return l.process(m, runID, l.pid, wait)
	}
	return m
}

// other holds hosts for another run.
func (l *lab) other(m coord.Leases, hosts ...string) *coord.Hold {
	l.t.Helper()
	var keys []coord.Key
	for _, h := range hosts {
		keys = append(keys, coordtest.Host(h))
	}
	h, err := l.process(m, "rother", 999, 0).Acquire(l.context(), keys...)
	if err != nil {
		l.t.Fatal(err)
	}
	return h
}

// wantHeld: these hosts are held, as "HOST RUN".
func wantHeld(t *testing.T, m coord.Leases, want ...string) {
	t.Helper()
	list, err := m.List(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, x := range list {
		got = append(got, x.Name+" "+x.Owner.Run)
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
}

// TestHostOfAnotherRun is left out and named; the others are done.
func TestHostOfAnotherRun(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(2)...)
	m := l.keeps(0)
	p := l.plan()
	l.other(m, "web-1")
	r := l.apply(l.work(p))
	h := r.Host("web-1")
	if h.State != journal.Skipped || h.Fault == nil || h.Fault.Code != "locked" || !strings.Contains(h.Fault.Message, "run rother of root") {
		t.Errorf("web-1 is %s: %+v", h.State, h.Fault)
	}
	if r.Host("web-2").State != journal.Done || r.State != "finished" {
		t.Errorf("%s, %v", r.State, states(r))
	}
	l.wantUntouched("web-1")
	l.wantOnce("web-1")
	wantHeld(t, m, "web-1 rother")
}

// TestHostIsHeldWhileItIsInWork, from its check to its end, and no longer.
func TestHostIsHeldWhileItIsInWork(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(verified(""), waves(policies.Wave{Name: "all", Batch: amount(1)})), web("a", kernel), web("b"))
	m := l.keeps(0)
	l.journal.after = func(_ int, events []journal.Event) {
		for _, e := range events {
			if e.Type == journal.HostState {
				wantHeld(t, m, e.Host+" "+runID)
			}
		}
	}
	if r := l.do(); r.State != "finished" || r.Host("a").State != journal.Done {
		t.Errorf("%s, %v", r.State, states(r))
	}
	wantHeld(t, m)
}

// TestWaitsForTheHost: what the one before has claimed on the host and did not give
// back, as it died, is taken over; and a later run was there meanwhile.
func TestWaitsForTheHost(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), web("a"))
	m := l.keeps(time.Minute)
	p := l.plan()
	w := l.work(p) // its number is lower than that of the other run
	held := l.other(m, "a")
	w.Start.Fence = 0
	l.claimed("a", job.Claim{Controller: controller, Run: "rother", Fence: held.Fence(), TTL: time.Hour})
	e := l.engine()
	k := l.process(m, runID, 7, time.Minute)
	k.dead = []string{"rother"}
	e.Leases = k
	done := make(chan outcome, 1)
	ctx := l.context()
	go func() {
		r, err := e.Apply(ctx, w, nil)
		done <- outcome{r, err}
	}()
	l.until("the run began", func() bool { return len(l.journal.all()) > 0 })
	if err := held.Release(ctx); err != nil {
		t.Fatal(err)
	}
	if o := <-done; o.err != nil || o.run.Host("a").State != journal.Done {
		t.Errorf("%v, %+v", o.err, o.run.Host("a"))
	}
	l.wantFree("a")
	wantHeld(t, m)
}

// TestDrainEndsTheWait, and letting go does: the host is as it was.
func TestDrainEndsTheWait(t *testing.T) {
	t.Parallel()
	for _, letGo := range []bool{false, true} {
		l := newLab(t, policy(), web("a"))
		ctx, cancel := context.WithCancel(l.context())
		drain := make(chan struct{})
		l.waiting = func() { close(drain) }
		if letGo {
			l.waiting = cancel
		}
		m := l.keeps(time.Minute)
		p := l.plan()
		l.other(m, "a")
		r, err := l.engine().Apply(ctx, l.work(p), drain)
		if !letGo && ctx.Err() != nil {
			t.Error("it waited to the end of the test")
		}
		cancel()
		if err != nil || r.State != "interrupted" || r.Host("a").State != journal.Pending {
			t.Errorf("letting go %t: %v, %v", letGo, err, states(r))
		}
	}
}

// TestLeaseLostInTheMiddle: the work on that host ends at once, that on the others
// does not, and a resume does the rest once.
func TestLeaseLostInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, at := range []journal.State{journal.Checking, journal.Protecting, journal.Ready, journal.Installing, journal.Installed, journal.Rebooting, journal.Verifying, journal.Restoring} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(verified("")), web("a", kernel), web("b", kernel))
			m := l.keeps(0)
			p := l.plan()
			var taken *coord.Hold
			l.journal.after = func(_ int, events []journal.Event) {
				for _, e := range events {
					if e.Host == "a" && e.Type == journal.HostState && decode[journal.HostStateData](t, e).To == at {
						taken = l.takeOver(m, "a")
					}
				}
			}
			w := l.work(p)
			r := l.apply(w)
			l.journal.after = nil
			if a := r.Host("a"); a.State != at || r.State != "interrupted" || r.Host("b").State != journal.Done {
				t.Fatalf("run %s, %v", r.State, states(r))
			}
			// another run has it: the resume leaves it as it is, or names the holder
			r = l.apply(l.again(p))
			if a := r.Host("a"); at != journal.Checking && a.State != at || at == journal.Checking && a.State != journal.Skipped {
				t.Fatalf("while another has it: run %s, %v", r.State, states(r))
			}
			if err := taken.Release(l.context()); err != nil {
				t.Fatal(err)
			}
			if at == journal.Checking {
				return
			}
			r = l.apply(l.again(p))
			if r.State != "finished" || r.Host("a").State != journal.Done {
				t.Errorf("resumed: run %s, %v", r.State, states(r))
			}
			l.wantOnce("a", "restore-point 1", "updates 1", "reboot 1")
			wantHeld(t, m)
		})
	}
}

// takeOver takes the lease of a host away, and waits until the work has noticed.
func (l *lab) takeOver(m coord.Leases, host string) *coord.Hold {
	l.t.Helper()
	list, err := m.List(l.context())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, x := range list {
		if x.Name == host {
			if err := m.Release(l.context(), x); err != nil {
				l.t.Fatal(err)
			}
		}
	}
	h := l.other(m, host)
	l.until("the loss is noticed", func() bool { return l.losses.Load() > 0 })
	return h
}

// TestLeasesThatCannotBeKept end the run: nothing is begun without.
func TestLeasesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(), webs(2)...)
	e := l.engine()
	broken := errors.New("disk full")
	e.Leases = noLeases{broken}
	if _, err := e.Apply(l.context(), l.work(l.plan()), nil); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	l.wantOnce("web-1")
	l.wantOnce("web-2")
}

type noLeases struct{ err error }

// Hold implements run.Leases.
func (n noLeases) Hold(context.Context, string) (*coord.Hold, error) { return nil, n.err }

// Dead implements run.Leases.
func (n noLeases) Dead(context.Context) ([]string, error) { return nil, n.err }

// TestRunsAtOnce: several runs begin at the same moment on hosts that overlap, in
// one database; no host is ever in two of them, and all come to an end.
func TestRunsAtOnce(t *testing.T) {
	t.Parallel()
	for trial := range trials(3) {
		l := newLab(t, policy(), webs(3)...)
		p := l.plan()
		work := &occupied{t: t, by: map[string]string{}}
		ctx := l.context()
		start := make(chan struct{})
		var wg sync.WaitGroup
		st := l.openStore()
		for i := range 4 {
			id := runID + string(rune('a'+i))
			e := l.engine()
			e.Journal = st
			e.Leases = l.process(st.Leases(), id, i, time.Minute)
			e.Notify = work.see
			w := l.work(p)
			w.Run, w.Start.Rollout = id, id
			wg.Go(func() {
				<-start
				r, err := e.Apply(ctx, w, nil)
				if err != nil || r.State != "finished" {
					t.Errorf("trial %d, run %s: %v", trial, id, err)
				}
			})
		}
		close(start)
		wg.Wait()
		for _, h := range p.Hosts() {
			if n := work.done[h.Name]; n != 1 {
				t.Errorf("trial %d: %s was done %d times", trial, h.Name, n)
			}
			l.wantFree(h.Name)
		}
		wantHeld(t, st.Leases())
	}
}

// occupied sees that a host is in one run at a time.
type occupied struct {
	t    *testing.T
	mu   sync.Mutex
	by   map[string]string
	done map[string]int
}

func (o *occupied) see(e journal.Event, _ *journal.Run) {
	if e.Type != journal.HostState {
		return
	}
	d := decode[journal.HostStateData](o.t, e)
	o.mu.Lock()
	defer o.mu.Unlock()
	if by := o.by[e.Host]; by != "" && by != e.Run {
		o.t.Errorf("%s is %s in run %s while run %s has it", e.Host, d.To, e.Run, by)
	}
	o.by[e.Host] = e.Run
	if d.To.Ended() {
		o.by[e.Host] = ""
	}
	if d.To == journal.Done {
		if o.done == nil {
			o.done = map[string]int{}
		}
		o.done[e.Host]++
	}
}

package run_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/policies"
)

// packet is what the network card of a simulated machine hears.
func (l *lab) packet(_ context.Context, mac, _ string) error {
	if !l.fleet.Wake(mac) {
		return errors.New("there is no such network card")
	}
	return nil
}

// woken wakes hosts that are off, and puts them back.
func woken(edit ...func(*policies.Wake)) func(*policies.Policy) {
	return func(p *policies.Policy) {
		if p.Preparation == nil {
			p.Preparation = &policies.Preparation{Name: "standard"}
		}
		p.Preparation.Wake = &policies.Wake{Timeout: 20 * time.Second, Then: policies.WakeRestore}
		for _, e := range edit {
			e(p.Preparation.Wake)
		}
	}
}

func card(m *sim.Machine) { m.MAC = "02:00:00:00:00:0a" }

// restsAt waits until a machine has gone to sleep, or off.
func (l *lab) restsAt(host string, want ...string) {
	l.t.Helper()
	l.until(host+" has gone "+strings.Join(want, ", "), func() bool { return slices.Equal(l.snapshot(host).Rests, want) })
}

// TestWake: a host that is off or asleep is woken, patched and put back to what it
// was; one that was awake is left awake.
func TestWake(t *testing.T) {
	t.Parallel()
	via := func(w *policies.Wake) { w.Via = "b" }
	for _, test := range []struct {
		name string
		edit func(*policies.Wake)
		rest func(*sim.Host)
		// rests is where the machine went, the first time by the test.
		rests []string
		told  []string
	}{
		{"asleep", func(*policies.Wake) {}, (*sim.Host).Sleep, []string{"asleep", "asleep"}, []string{"wake ok", "undo wake ok"}},
		{"off", func(*policies.Wake) {}, (*sim.Host).PowerOff, []string{"off", "off"}, []string{"wake ok", "undo wake ok"}},
		{"by a neighbour", via, (*sim.Host).Sleep, []string{"asleep", "asleep"}, []string{"wake ok", "undo wake ok"}},
		{"stays", func(w *policies.Wake) { w.Then = policies.WakeStay }, (*sim.Host).Sleep, []string{"asleep"}, []string{"wake ok"}},
		{"was awake", func(*policies.Wake) {}, func(*sim.Host) {}, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(woken(test.edit), waves(policies.Wave{Name: "all", Batch: amount(1)})), web("a", card), web("b"))
			p := l.plan()
			test.rest(l.fleet.Host("a"))
			r := l.apply(l.work(p))
			h := r.Host("a")
			if h.State != journal.Done {
				t.Fatalf("%s %+v", h.State, h.Fault)
			}
			if diff := cmp.Diff(test.told, told(h)); diff != "" {
				t.Error(diff)
			}
			l.wantOnce("a", "restore-point 1", "updates 1")
			l.restsAt("a", test.rests...)
		})
	}
}

// TestNotWoken: a host that does not wake is unreachable, and the reason is told.
func TestNotWoken(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, says string
		edit       func(*policies.Wake)
		wrong      sim.Faults
	}{
		{"no answer", "did not answer within 200ms", func(w *policies.Wake) { w.Timeout = 200 * time.Millisecond }, sim.Faults{Unreachable: true}},
		{"no such neighbour", "host nobody, which is to send it, is not in the inventory", func(w *policies.Wake) { w.Via = "nobody" }, sim.Faults{}},
		{"somebody else", "host key", func(*policies.Wake) {}, sim.Faults{HostKeyChanged: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(woken(test.edit)), web("a", card))
			p := l.plan()
			l.fleet.Host("a").Sleep()
			l.fleet.Host("a").SetFaults(test.wrong)
			h := l.apply(l.work(p)).Host("a")
			if h.State != journal.Unreachable || h.Fault == nil || !strings.Contains(h.Fault.Message, test.says) {
				t.Errorf("%s %+v", h.State, h.Fault)
			}
			if diff := cmp.Diff([]string{"wake failed"}, told(h)); diff != "" {
				t.Error(diff)
			}
			l.restsAt("a", "asleep")
		})
	}
}

// TestWokenAndNotFit: a host that is not fit goes back to sleep.
func TestWokenAndNotFit(t *testing.T) {
	t.Parallel()
	l := newLab(t, policy(drained, woken()), web("a", card))
	p := l.plan()
	l.fleet.Host("a").Sleep()
	l.fleet.Host("a").SetFaults(sim.Faults{Users: []string{"anna"}})
	h := l.apply(l.work(p)).Host("a")
	if h.State != journal.Failed || !strings.Contains(h.Fault.Message, "logged in: anna") {
		t.Errorf("%s %+v", h.State, h.Fault)
	}
	l.restsAt("a", "asleep", "asleep")
}

// TestWokenAndLetGo: a run that stops before it has changed a host puts it back to
// sleep; the resume wakes it again.
func TestWokenAndLetGo(t *testing.T) {
	t.Parallel()
	for _, at := range []journal.State{journal.Checking, journal.Protecting, journal.Ready} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, policy(woken(), waves(policies.Wave{Name: "all", Batch: amount(1)})), web("a", card), web("b"))
			p := l.plan()
			l.fleet.Host("a").Sleep()
			r := l.drained(l.work(p), "a", at)
			rests := []string{"asleep", "asleep"}
			if at == journal.Checking {
				rests = rests[:1] // it was not woken yet
			}
			if s := r.Host("a").State; s != at {
				t.Errorf("%s", s)
			}
			l.restsAt("a", rests...)
			if r = l.apply(l.again(p)); r.Host("a").State != journal.Done || r.State != "finished" {
				t.Fatalf("run %s, %s %+v", r.State, r.Host("a").State, r.Host("a").Fault)
			}
			l.wantOnce("a", "restore-point 1", "updates 1")
			l.restsAt("a", append(rests, "asleep")...)
		})
	}
}

// TestWokenForThePlan: the run puts back what the planning has woken, also what it
// has nothing to do on.
func TestWokenForThePlan(t *testing.T) {
	t.Parallel()
	d := func(l *lab) *run.WakingDialer {
		return &run.WakingDialer{Policies: l.policies, Waker: run.Waker{Dialer: l.dialer, Inventory: l.inv, Packet: l.packet, Now: time.Now, Poll: 10 * time.Millisecond}}
	}
	for _, name := range []string{"done", "unchanged"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idle := func(m *sim.Machine) {
				if name == "unchanged" {
					m.Updates = nil
				}
			}
			l := newLab(t, policy(woken()), web("a", card, idle))
			p := l.plan()
			l.fleet.Host("a").PowerOff()
			dialer := d(l)
			s, err := dialer.Dial(l.context(), l.inv.Host("a").Target)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			w := l.work(p)
			w.Woken = dialer.Take(func(string) bool { return true })
			if diff := cmp.Diff(map[string]string{"a": "off"}, w.Woken); diff != "" {
				t.Fatal(diff)
			}
			if h := l.apply(w).Host("a"); string(h.State) != name || !slices.Equal(told(h), []string{"wake ok", "undo wake ok"}) {
				t.Errorf("%s %v", h.State, told(h))
			}
			l.restsAt("a", "off", "off")
		})
	}
}

// TestWakeAndInterrupts: interrupted after any write to its journal, a host that
// was asleep is patched once and sleeps in the end.
func TestWakeAndInterrupts(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (*lab, run.Work) {
		l := newLab(t, policy(woken()), web("a", card))
		p := l.plan()
		l.fleet.Host("a").Sleep()
		return l, l.work(p)
	}
	l, w := start(t)
	l.apply(w)
	for n := range l.journal.calls {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			l, w := start(t)
			r := l.letGo(w, n)
			for tries := 0; (r.State == "running" || r.State == "interrupted") && tries < 3; tries++ {
				r = l.apply(l.again(w.Plan))
			}
			if h := r.Host("a"); h.State != journal.Done {
				t.Fatalf("write %d: %s %+v", n, h.State, h.Fault)
			}
			l.wantOnce("a", "restore-point 1", "updates 1")
			rests := l.snapshot("a").Rests
			l.until("it sleeps", func() bool { rests = l.snapshot("a").Rests; return len(rests) >= 2 })
		})
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wol"
	"patchwave/engine/fleet"
	"patchwave/engine/journal"
	"patchwave/engine/run"
	"patchwave/inventory"
	"patchwave/policies"
)

// restLimit bounds the time to put a host back to sleep.
const restLimit = time.Minute

// wokenHosts are hosts that were woken and that no run has taken over yet, by name,
// with what they were. Several plans may be made at once.
type wokenHosts struct {
	mu    sync.Mutex
	found map[string]string
	// forget takes them off the record at the end; nil: none was put on it.
	forget func()
}

func (w *wokenHosts) give(found map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.found == nil {
		w.found = map[string]string{}
	}
	maps.Copy(w.found, found)
}

func (w *wokenHosts) take(of func(host string) bool) map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]string{}
	for name, found := range w.found {
		if of(name) {
			out[name] = found
			delete(w.found, name)
		}
	}
	return out
}

// waking returns a dialer that wakes the hosts whose policies say so, if it is to,
// and hands them to the session when done is called. The session puts those back that no run
// takes over.
func (a *app) waking(s *session, d connectors.Dialer, wake bool) (way connectors.Dialer, done func()) {
	if !wake {
		return d, func() {}
	}
	w := &run.WakingDialer{Policies: s.policies, Waker: a.waker(s, d), Tell: a.tellWaking, Record: a.recordWaking(s)}
	s.woken.forget = func() { s.forgetWoken(a) }
	return w, func() { s.woken.give(w.Take(anyHost)) }
}

func (a *app) waker(s *session, d connectors.Dialer) run.Waker {
	return run.Waker{Dialer: d, Inventory: s.inv, Packet: wol.Sender{}.Send, Now: a.now, Poll: a.poll()}
}

func (a *app) tellWaking(host string) { a.say("%s does not answer: it is being woken", host) }

func anyHost(string) bool { return true }

// takeWoken are the hosts of a run that were woken for its plan.
func (s *session) takeWoken(w *run.Work) map[string]string {
	hosts := w.Plan.Hosts()
	return s.woken.take(func(name string) bool {
		for _, h := range hosts {
			if h.Name == name {
				return true
			}
		}
		return false
	})
}

// giveBack takes those back that a run has not come to.
func (s *session) giveBack(r *journal.Run, woken map[string]string) {
	left := map[string]string{}
	for name, found := range woken {
		var h *journal.Host
		if r != nil {
			h = r.Host(name)
		}
		if h == nil || !slices.ContainsFunc(h.Actions, func(a *journal.Action) bool { return a.Kind == journal.ActionWake }) {
			left[name] = found
		}
	}
	s.woken.give(left)
}

// letSleep puts hosts back that were woken and that no run took over, where their
// policy says so. One that cannot be put back stays on: that is told, and is no
// failure of the command.
func (s *session) letSleep() {
	if s.woken.forget != nil {
		defer s.woken.forget()
	}
	woken := s.woken.take(anyHost)
	var hosts []*inventory.Host
	for name := range woken {
		h := s.inv.Host(name)
		if how := run.WakeOf(h, s.policies); how != nil && how.Then == policies.WakeRestore {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return
	}
	d := newDialer()
	err := fleet.Each(context.Background(), s.cfg.Settings.Parallelism, hosts, func(ctx context.Context, h *inventory.Host) error {
		ctx, cancel := context.WithTimeout(ctx, restLimit)
		defer cancel()
		session, err := d.Dial(ctx, h.Target)
		if err != nil {
			return fmt.Errorf("host %s was woken and is still on: %w", h.Name, err)
		}
		err = run.Waker{}.Rest(ctx, session, h.Name, woken[h.Name])
		if err = errors.Join(err, session.Close()); err != nil {
			return fmt.Errorf("host %s was woken and is still on: %w", h.Name, err)
		}
		return nil
	}, func(err error) error {
		if err != nil {
			s.tell("%v", err)
		}
		return nil
	})
	if err = joinClose(err, d); err != nil {
		s.tell("put hosts back to sleep: %v", err)
	}
}

// wakeFunc wakes a host that does not answer.
type wakeFunc func(context.Context, connectors.Dialer, *inventory.Host) (connectors.Session, error)

// wakingPing asks a host, and wakes it first if that is needed: as its policy says,
// else from here. It stays on.
func (a *app) wakingPing(s *session) func(context.Context, connectors.Dialer, *inventory.Host) pingHost {
	wake := func(ctx context.Context, d connectors.Dialer, h *inventory.Host) (connectors.Session, error) {
		how := run.WakeOf(h, s.policies)
		if how == nil {
			how = &policies.Wake{}
		}
		a.tellWaking(h.Name)
		session, _, err := a.waker(s, d).Wake(ctx, h, *how)
		return session, err
	}
	return func(ctx context.Context, d connectors.Dialer, h *inventory.Host) pingHost {
		return a.pingHost(ctx, d, h, wake)
	}
}

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/fleet"
	"patchwave/engine/run"
	"patchwave/engine/store"
	"patchwave/policies"
)

// A host that is woken for planning is on record until it has been put back or a run
// has journaled that it does: a process that dies in between leaves it to the next
// `patchwave run`.

// wokenStands is how long after it was woken a host is put back for a process that has
// died. Later somebody else may work on it, and it stays as it is.
const wokenStands = 2 * time.Hour

// recordWaking is what a WakingDialer writes down.
func (a *app) recordWaking(s *session) func(ctx context.Context, host string, at time.Time, found string) error {
	return func(ctx context.Context, host string, at time.Time, found string) error {
		// a host that is on must be on record even when the operator has had enough
		return s.store.Wake(context.WithoutCancel(ctx), store.Woken{Host: host, At: at, Found: found, Owner: a.leaseOwner("")})
	}
}

// leftWoken are the hosts that were woken by processes that have died.
func leftWoken(ctx context.Context, st *store.Store) ([]store.Woken, error) {
	all, err := st.Woken(ctx)
	return slices.DeleteFunc(all, func(w store.Woken) bool { return !provablyGone(w.Owner) }), err
}

// takeOverWoken makes those hosts ours. The session puts back what no run takes over.
func (n *night) takeOverWoken(ctx context.Context, all []store.Woken) {
	if len(all) == 0 {
		return
	}
	n.s.woken.forget = func() { n.s.forgetWoken(n.app) }
	d := newDialer()
	record := n.app.recordWaking(n.s)
	err := fleet.Each(ctx, n.s.cfg.Settings.Parallelism, all, func(ctx context.Context, w store.Woken) leftOn {
		return n.app.leftOn(ctx, n.s, d, w)
	}, func(l leftOn) error {
		switch {
		case l.keep:
			return nil
		case l.err != nil:
			n.app.say("%s was woken by a process that has died, and stays on: %v", l.Host, l.err)
		case l.Found != "":
			n.app.say("%s was woken by a process that has died: it is put back", l.Host)
			n.s.woken.give(map[string]string{l.Host: l.Found})
		}
		return record(ctx, l.Host, l.At, l.Found) // what is ours is forgotten at the end
	})
	if err = joinClose(err, d); err != nil {
		n.failed(err)
	}
}

// leftOn is a host that a process has woken which died: to be put back if it is known
// what it was, to be looked at again the next time with keep, else forgotten.
type leftOn struct {
	store.Woken
	keep bool
	err  error
}

// leftOn looks at such a host.
func (a *app) leftOn(ctx context.Context, s *session, d connectors.Dialer, w store.Woken) leftOn {
	h := s.inv.Host(w.Host)
	how := run.WakeOf(h, s.policies)
	switch {
	case how == nil || how.Then != policies.WakeRestore:
		return leftOn{Woken: store.Woken{Host: w.Host, At: w.At}}
	case a.now().Sub(w.At) > wokenStands:
		return leftOn{Woken: w, err: errors.New("somebody else may work on it by now")}
	}
	ctx, cancel := context.WithTimeout(ctx, restLimit)
	defer cancel()
	session, err := d.Dial(ctx, h.Target)
	if err != nil {
		// one that has answered has gone already; another one may be about to come up
		return leftOn{Woken: store.Woken{Host: w.Host, At: w.At}, keep: w.Found == ""}
	}
	if w.Found == "" {
		w.Found, err = a.waker(s, d).Found(ctx, session, w.Host, w.At)
	}
	return leftOn{Woken: w, err: errors.Join(err, session.Close())}
}

// forgetWoken forgets the hosts that this process has woken: they were put back, or
// are a run's.
func (s *session) forgetWoken(a *app) {
	if err := s.store.ForgetWoken(context.Background(), a.leaseOwner("")); err != nil {
		s.tell("%v", err)
	}
}

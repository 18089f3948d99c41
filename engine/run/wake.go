package run

import (
	"context"
	"fmt"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/policies"
)

func (m *machine) waker() Waker {
	return Waker{Dialer: m.engine.Dialer, Inventory: m.work.Inventory, Packet: m.engine.Packet, Now: m.engine.Now, Poll: m.engine.Poll}
}

// wakes is how the host is woken; nil if it is not.
func (m *machine) wakes() *policies.Wake {
	if m.policy.Preparation == nil || m.host == nil || m.host.MAC == "" {
		return nil
	}
	return m.policy.Preparation.Wake
}

func (m *machine) wakeID() string { return m.work.Run + "/" + m.name + "/wake" }

func (m *machine) wakeIntent(how *policies.Wake, undo bool) entry {
	d := journal.ActionIntentData{ID: m.wakeID(), Kind: journal.ActionWake, Name: "wake", On: policies.OnController, Undo: undo}
	if how.Via != "" {
		d.On = policies.OnHost
	}
	if undo {
		d.ID, d.On = undoID(d.ID), policies.OnHost
	}
	return entry{m.name, journal.ActionIntent, d}
}

func (m *machine) woken(found string) entry {
	return entry{m.name, journal.ActionOutcome, journal.ActionOutcomeData{ID: m.wakeID(), State: "ok", Found: found}}
}

// adopt journals that the host was woken for the plan of this run.
func (m *machine) adopt(ctx context.Context) error {
	found, ok := m.work.Woken[m.name]
	if how := m.wakes(); ok && how != nil && m.action(m.wakeID()) == nil {
		return m.rec.add(ctx, m.wakeIntent(how, false), m.woken(found))
	}
	return nil
}

// reach makes sure that there is a session to a host on which nothing was begun
// yet; one that does not answer is woken, if its policy says so.
func (m *machine) reach(ctx context.Context) error {
	how := m.wakes()
	err := m.dial(ctx)
	if how == nil {
		return err
	}
	if err == nil {
		return m.wokenBefore(ctx)
	}
	if !Away(err) {
		return err
	}
	if err := m.rec.add(ctx, m.wakeIntent(how, false)); err != nil {
		return err
	}
	s, found, err := m.waker().Wake(ctx, m.host, *how)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		failed := entry{m.name, journal.ActionOutcome, journal.ActionOutcomeData{ID: m.wakeID(), State: "failed", Fault: faultOf(err)}}
		if broken := m.rec.add(ctx, failed); broken != nil {
			return broken
		}
		return err
	}
	m.session = s
	return m.rec.add(ctx, m.woken(found))
}

// wokenBefore ends the waking of a host whose process died before it answered.
func (m *machine) wokenBefore(ctx context.Context) error {
	a := m.action(m.wakeID())
	if a == nil || a.State != "running" {
		return nil
	}
	found, err := m.waker().Found(ctx, m.session, m.name, a.Started)
	if err != nil {
		return err
	}
	return m.rec.add(ctx, m.woken(found))
}

// wakeAgain wakes a host that was put back to sleep when the run let go of it.
func (m *machine) wakeAgain(ctx context.Context) error {
	if u := m.action(undoID(m.wakeID())); u == nil {
		return nil
	}
	return m.reach(ctx)
}

// putBack puts a host to sleep that was woken, if it was and its policy says so.
// It returns what came of it. The error is of the journal.
func (m *machine) putBack(ctx context.Context, goal journal.State) ([]entry, error) {
	how := m.wakes()
	a := m.action(m.wakeID())
	if how == nil || how.Then != policies.WakeRestore || a == nil || a.State != "ok" {
		return nil, nil
	}
	if u := m.action(undoID(a.ID)); u != nil && u.State == "ok" {
		return nil, nil
	}
	if goal == journal.Lost {
		return []entry{m.note("it was woken and stays on, since it is not known what happened")}, nil
	}
	if err := m.rec.add(ctx, m.wakeIntent(how, true)); err != nil {
		return nil, err
	}
	err := m.dial(ctx)
	if err == nil {
		err = m.waker().Rest(ctx, m.session, m.name, a.Found)
	}
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause // a resume asks again
	}
	done := journal.ActionOutcomeData{ID: undoID(a.ID), State: "ok"}
	if err == nil {
		m.hangUp()
		return []entry{{m.name, journal.ActionOutcome, done}}, nil
	}
	done.State, done.Fault = "failed", faultOf(err)
	if Away(err) || connectors.CodeOf(err) == connectors.CodeLost {
		done.State, done.Fault = "ok", nil // it has gone already
	}
	entries := []entry{{m.name, journal.ActionOutcome, done}}
	if done.State == "failed" {
		entries = append(entries, m.note(fmt.Sprintf("it was woken and is still on: %v", err)))
	}
	return entries, nil
}

package run_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"patchwave/engine/journal"
)

// memory is a journal in memory. Its hooks see every call of Append, counted
// from 0.
type memory struct {
	mu     sync.Mutex
	calls  int
	events []journal.Event
	// before may refuse what is to be appended; nothing of it is kept then.
	before func(call int, events []journal.Event) error
	// after is called when the events are kept.
	after func(call int, events []journal.Event)
}

// Append implements journal.Journal.
func (m *memory) Append(_ context.Context, events ...journal.Event) error {
	m.mu.Lock()
	call := m.calls
	m.calls++
	if m.before != nil {
		if err := m.before(call, events); err != nil {
			m.mu.Unlock()
			return err
		}
	}
	for _, e := range events {
		e.Seq = int64(len(m.events)) + 1
		m.events = append(m.events, e)
	}
	after := m.after
	m.mu.Unlock()
	if after != nil {
		after(call, events)
	}
	return nil
}

// all are the events so far.
func (m *memory) all() []journal.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// fold rebuilds the run from what the journal has.
func (m *memory) fold(t *testing.T) *journal.Run {
	t.Helper()
	r, err := journal.Fold(m.all())
	if err != nil {
		t.Fatalf("the journal cannot be folded: %v", err)
	}
	return r
}

// decode reads the payload of an event.
func decode[T any](t *testing.T, e journal.Event) T {
	t.Helper()
	d, err := journal.Decode[T](e)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

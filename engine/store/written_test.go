package store

import (
	"testing"

	"patchwave/engine/journal"
)

// TestAWriteIsKeptOnce: a write that comes again is acknowledged again and kept
// once, of one process; another process numbers its own.
func TestAWriteIsKeptOnce(t *testing.T) {
	s := openTest(t)
	put := func(fence, number, after int64, typ journal.Type) {
		t.Helper()
		e := event(t, "r1", "", typ, journal.RunStartedData{Kind: "apply", Fence: fence, After: after})
		if typ != journal.RunStarted {
			e = event(t, "r1", "h", typ, journal.HostPlannedData{})
		}
		e.Fence, e.Write = fence, number
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want := func(n int) {
		t.Helper()
		events, err := s.Events(t.Context(), "r1")
		if err != nil || len(events) != n {
			t.Fatalf("%d events, want %d: %v", len(events), n, err)
		}
	}
	put(1, 1, 0, journal.RunStarted)
	put(1, 1, 0, journal.RunStarted)
	want(1)
	for _, number := range []int64{4, 2, 4, 2, 3, 3, 1, 4} { // some are faster than others
		put(1, number, 0, journal.HostPlanned)
	}
	want(4)
	put(2, 1, 4, journal.RunStarted)
	put(2, 1, 4, journal.RunStarted)
	put(2, 2, 0, journal.HostPlanned)
	want(6)
	put(2, 0, 0, journal.HostPlanned) // not numbered: not checked
	put(2, 0, 0, journal.HostPlanned)
	want(8)
	if bad, err := s.CheckChain(t.Context()); bad != 0 || err != nil {
		t.Errorf("the chain is broken at %d: %v", bad, err)
	}
}

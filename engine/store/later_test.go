package store

import (
	"testing"
	"time"

	"patchwave/engine/journal"
)

// TestLaterChange: the first of other runs that installs or takes back counts, on the
// same host and only after the event.
func TestLaterChange(t *testing.T) {
	s := openTest(t)
	add := func(run, host string, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New(run, host, at.Add(time.Hour), typ, data)
		if err == nil {
			err = s.Append(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(after int64, later string) {
		t.Helper()
		if got, err := s.LaterChange(t.Context(), "r1", "a", after); err != nil || got != later {
			t.Errorf("after %d: %q, %v; want %q", after, got, err, later)
		}
	}
	state := func(to journal.State) journal.HostStateData { return journal.HostStateData{To: to} }
	for _, run := range []string{"r1", "r2", "r3"} {
		add(run, "", journal.RunStarted, journal.RunStartedData{Kind: "apply"}) // 1 to 3
	}
	add("r2", "a", journal.HostState, state(journal.Installing))  // 4
	add("r1", "a", journal.HostState, state(journal.RollingBack)) // 5
	want(0, "r2")
	want(5, "")
	add("r2", "a", journal.HostState, state(journal.Verifying))
	add("r2", "b", journal.HostState, state(journal.Installing))
	add("r1", "a", journal.HostState, state(journal.Restoring))
	want(5, "")
	add("r3", "a", journal.HostState, state(journal.RollingBack))
	add("r2", "a", journal.HostState, state(journal.Installing))
	want(5, "r3")
}

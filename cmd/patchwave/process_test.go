package main

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/store"
)

// TestDeadRuns: whose claims on hosts may be taken over. A run that is over has
// none to keep, were it for a host that came back too late; a run whose process
// lives keeps them.
func TestDeadRuns(t *testing.T) {
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "patchwave.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)
	for i, r := range []struct {
		id, state string
		ago       time.Duration
		dead      bool
	}{
		{"alive", "", time.Hour, false},
		{"killed", "", time.Hour, true},
		{"finished", "finished", time.Hour, false},
		{"stopped", "stopped", time.Hour, false},
		{"long-over", "finished", 48 * time.Hour, false},
		{"interrupted", "interrupted", 48 * time.Hour, false},
	} {
		start := journal.RunStartedData{Kind: "apply", Controller: st.Controller(), Fence: int64(i + 1)}
		newApp(&bytes.Buffer{}, &bytes.Buffer{}, &bytes.Buffer{}).identify(&start)
		if r.dead {
			start.ProcStart = "1"
		}
		events := []journal.Event{mustEvent(t, r.id, now.Add(-r.ago), journal.RunStarted, start)}
		if r.state != "" {
			events = append(events, mustEvent(t, r.id, now.Add(-r.ago), journal.RunState, journal.RunStateData{State: r.state}))
		}
		if err := st.Append(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
	}
	dead, err := deadRuns(t.Context(), st, now)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(dead)
	if diff := cmp.Diff([]string{"finished", "interrupted", "killed", "stopped"}, dead); diff != "" {
		t.Error(diff)
	}
}

func mustEvent(t *testing.T, run string, at time.Time, typ journal.Type, data any) journal.Event {
	t.Helper()
	e, err := journal.New(run, "", at, typ, data)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

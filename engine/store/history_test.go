package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
)

// ran writes a run in which each host takes so long; a host whose time is
// negative is left as it was.
func ran(t *testing.T, s *Store, id string, begin time.Time, starts int, hosts map[string]time.Duration) {
	t.Helper()
	add := func(at time.Time, host string, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New(id, host, at, typ, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	add(begin, "", journal.RunStarted, journal.RunStartedData{Kind: "apply"})
	for range starts - 1 {
		runs, err := s.Events(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		add(begin, "", journal.RunStarted, journal.RunStartedData{Kind: "apply", After: runs[len(runs)-1].Seq})
	}
	for host, d := range hosts {
		move := func(at time.Time, from, to journal.State) {
			add(at, host, journal.HostState, journal.HostStateData{From: from, To: to})
		}
		move(begin, journal.Pending, journal.Checking)
		if d < 0 {
			move(begin.Add(-d), journal.Checking, journal.Unchanged)
			continue
		}
		move(begin.Add(d/2), journal.Ready, journal.Installing)
		move(begin.Add(d), journal.Restoring, journal.Done)
	}
	add(begin.Add(time.Hour), "", journal.RunState, journal.RunStateData{State: "finished"})
}

func TestLongest(t *testing.T) {
	s := openTest(t)
	minutes := func(n int) time.Duration { return time.Duration(n) * time.Minute }
	for i := range 11 { // the first of eleven is forgotten
		ran(t, s, "r"+string(rune('a'+i)), at.Add(time.Duration(i)*24*time.Hour), 1, map[string]time.Duration{"web": minutes(30 - 2*i), "idle": -minutes(5)})
	}
	ran(t, s, "resumed", at.Add(12*24*time.Hour), 2, map[string]time.Duration{"web": 50 * time.Minute})
	got, err := s.Longest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]time.Duration{"web": minutes(28)}, got); diff != "" {
		t.Error(diff)
	}
}

package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
)

func TestOutbox(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	n := func(id string) Notification {
		return Notification{ID: id, Run: "r1", Event: "failed", Receiver: "ops", Message: []byte(`{"id":1}`), Created: at}
	}
	for range 2 { // what is said twice is written down once
		if err := s.Announce(t.Context(), "r1", at, n("a"), n("b")); err != nil {
			t.Fatal(err)
		}
	}
	claim := func(now time.Time) (ids, late []string) {
		t.Helper()
		due, old, err := s.ClaimNotifications(t.Context(), now, now.Add(time.Minute), now.Add(-24*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range due {
			ids = append(ids, n.ID)
		}
		for _, n := range old {
			late = append(late, n.ID)
		}
		return ids, late
	}
	if ids, _ := claim(at); !cmp.Equal(ids, []string{"a", "b"}) {
		t.Errorf("due %v", ids)
	}
	if ids, _ := claim(at.Add(59 * time.Second)); len(ids) > 0 {
		t.Errorf("claimed twice: %v", ids)
	}
	if err := s.Notified(t.Context(), "a", at, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Notified(t.Context(), "b", at, "refused"); err != nil {
		t.Fatal(err)
	}
	if err := s.Notified(t.Context(), "a", at, "a late answer"); err != nil { // sent stays sent
		t.Fatal(err)
	}
	got, err := s.Notifications(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	a, b := n("a"), n("b")
	a.State, a.Attempts, a.Tried = NotificationSent, 1, at
	b.State, b.Attempts, b.Tried, b.Error = NotificationPending, 1, at, "refused"
	if diff := cmp.Diff([]Notification{a, b}, got); diff != "" {
		t.Error(diff)
	}
	pending := func(now time.Time, want bool) {
		t.Helper()
		if got, err := s.HasPending(t.Context(), now); err != nil || got != want {
			t.Errorf("at %v pending %t, %v", now, got, err)
		}
	}
	pending(at, true)
	for range firstTries { // and then less often
		if err := s.Notified(t.Context(), "b", at, "refused"); err != nil {
			t.Fatal(err)
		}
	}
	pending(at.Add(calm-1), false)
	pending(at.Add(calm), true)
	if ids, late := claim(at.Add(24*time.Hour + 1)); len(ids) > 0 || !cmp.Equal(late, []string{"b"}) {
		t.Errorf("due %v, late %v", ids, late)
	}
	counts, err := s.CountNotifications(t.Context(), at.Add(-1))
	if diff := cmp.Diff([]NotificationCount{{"ops", NotificationGivenUp, 1}, {"ops", NotificationSent, 1}}, counts); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestUnannounced: an end of a run is looked at once, and a run that goes on and ends
// again is looked at again.
func TestUnannounced(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "p.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	add := func(at time.Time, typ journal.Type, data any) {
		t.Helper()
		e, err := journal.New("r1", "", at, typ, data)
		if err == nil {
			err = s.Append(t.Context(), e)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(since time.Time, want ...string) {
		t.Helper()
		got, err := s.Unannounced(t.Context(), since)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("%v, %v, not %v", got, err, want)
		}
	}
	add(at, journal.RunStarted, journal.RunStartedData{Kind: "apply"})
	want(at.Add(-time.Hour))
	add(at, journal.RunState, journal.RunStateData{State: "soaking"})
	want(at.Add(-time.Hour), "r1")
	want(at) // too long ago
	if err := s.Announce(t.Context(), "r1", at); err != nil {
		t.Fatal(err)
	}
	want(at.Add(-time.Hour))
	add(at.Add(time.Minute), journal.RunState, journal.RunStateData{State: "finished"})
	want(at.Add(-time.Hour), "r1")
}

// TestOutboxIsPruned: what was told or given up a month ago goes, what is pending and
// what was told ahead of an opening stays.
func TestOutboxIsPruned(t *testing.T) {
	s := openTest(t)
	ctx := t.Context()
	for _, n := range []Notification{
		{ID: "old", Run: "r", Event: "finished", Receiver: "ops", Message: []byte("{}"), Created: at},
		{ID: "notice", Run: "r", Event: "notice", Receiver: "ops", Message: []byte("{}"), Created: at},
		{ID: "pending", Run: "r", Event: "failed", Receiver: "ops", Message: []byte("{}"), Created: at},
		{ID: "new", Run: "r", Event: "finished", Receiver: "ops", Message: []byte("{}"), Created: at.Add(24 * time.Hour)},
	} {
		if err := s.Notify(ctx, n); err != nil {
			t.Fatal(err)
		}
		if n.ID != "pending" {
			if err := s.Notified(ctx, n.ID, n.Created, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.Settle(ctx, at.Add(30*24*time.Hour+time.Minute)); err != nil {
		t.Fatal(err)
	}
	list, err := s.Notifications(ctx, "r")
	var ids []string
	for _, n := range list {
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	if err != nil || !slices.Equal(ids, []string{"new", "notice", "pending"}) {
		t.Errorf("%v %q", err, ids)
	}
}

package run_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/engine/journal"
)

// TestRemovedAndNotTold: the run removes a point, and the journal fails before it has
// that. The resume tells that it was removed, once.
func TestRemovedAndNotTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const old, newer = "patchwave-r0-000001", "patchwave-r0-000002"
		s := newStage(t, fate{}, points("hypervisor"))
		s.guest().snapshots[old] = snapshot{made: time.Now().Unix() - 2}
		s.guest().snapshots[newer] = snapshot{made: time.Now().Unix() - 1}
		s.removable = func(context.Context, string) (map[string]string, error) {
			return map[string]string{old: "r0", newer: "r00"}, nil
		}
		full := errors.New("no space left")
		s.journal.before = func(_ int, events []journal.Event) error {
			if slices.ContainsFunc(events, func(e journal.Event) bool { return e.Type == journal.PointGone }) {
				return full
			}
			return nil
		}
		if _, err := s.apply(1); !errors.Is(err, full) {
			t.Fatalf("it ended with %v", err)
		}
		if _, there := s.guest().snapshots[old]; there {
			t.Fatal("nothing was removed")
		}
		s.journal.before = nil
		h := s.do()
		if h.State != journal.Done || len(h.Gone) != 1 || h.Gone[0].Tag != old || h.Gone[0].State != journal.PointRemoved || h.Gone[0].ID != "r0/hypervisor" {
			t.Errorf("%s: %+v", h.State, h.Gone)
		}
	})
}

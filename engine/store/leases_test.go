package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/coord/coordtest"
)

// TestLeases: two databases opened on one file are two processes.
func TestLeases(t *testing.T) {
	coordtest.Run(t, func(t *testing.T, rules coord.Rules) (one, two coord.Leases) {
		a := openTest(t)
		b, err := Open(t.Context(), a.Path())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
		a.SetRules(rules)
		b.SetRules(rules)
		return a.Leases(), b.Leases()
	})
}

// TestLeasesOfManyHosts are renewed together, and those of another are not.
func TestLeasesOfManyHosts(t *testing.T) {
	l := openTest(t).Leases()
	keys := make([]coord.Key, 2_000)
	for i := range keys {
		keys[i] = coordtest.Host(fmt.Sprintf("h%05d", i))
	}
	leases, err := l.Acquire(t.Context(), coordtest.Owner("r1", 1), at, keys...)
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Acquire(t.Context(), coordtest.Owner("r2", 2), at, coordtest.Host("x"))
	if err != nil {
		t.Fatal(err)
	}
	lost, err := l.Renew(t.Context(), at.Add(time.Second), leases...)
	if err != nil || len(lost) != 0 {
		t.Fatalf("%d lost, %v", len(lost), err)
	}
	list, err := l.List(t.Context())
	if err != nil || len(list) != len(keys)+1 {
		t.Fatalf("%d leases, %v", len(list), err)
	}
	for _, x := range list {
		if x.Renewed.Equal(at) != (x.Fence == other[0].Fence) {
			t.Fatalf("%+v", x)
		}
	}
	if err := l.Release(t.Context(), leases...); err != nil {
		t.Fatal(err)
	}
	if list, err := l.List(t.Context()); err != nil || len(list) != 1 || list[0].Fence != other[0].Fence {
		t.Errorf("left: %+v, %v", list, err)
	}
}

// TestLeftLeasesAreSwept: the lease of a run that is over, or that never came to be,
// goes with the next one, if its process is gone; that of a run in the middle stays.
func TestLeftLeasesAreSwept(t *testing.T) {
	s := openTest(t)
	s.SetRules(coord.Rules{Gone: func(o coord.Owner) bool { return o.PID != 4 }})
	l := s.Leases()
	for id, state := range map[string]string{"r2-over": "finished", "r3-open": "interrupted"} {
		if _, err := s.write.ExecContext(t.Context(), `INSERT INTO runs (id, kind, state, started) VALUES (?, 'apply', ?, ?)`, id, state, stamp(at)); err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range []string{"r1-never-begun", "r2-over", "r3-open", "r4-at-work"} {
		if _, err := l.Acquire(t.Context(), coordtest.Owner(id, i+1), at, coord.Key{Kind: coord.KindRun, Name: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Acquire(t.Context(), coordtest.Owner("r5", 5), at, coordtest.Host("x")); err != nil {
		t.Fatal(err)
	}
	list, err := l.List(t.Context())
	var names []string
	for _, x := range list {
		names = append(names, x.Name)
	}
	slices.Sort(names)
	if want := []string{"r3-open", "r4-at-work", "x"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("left are %v, %v", names, err)
	}
}

// TestNumbersOutliveTheProcess: they are above those of runs, too.
func TestNumbersOutliveTheProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	top := int64(0)
	for i := range 4 {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		leases, err := s.Leases().Acquire(t.Context(), coordtest.Owner("r", i), at.Add(time.Duration(i)*coord.TTL), coordtest.Host("a"))
		if err != nil {
			t.Fatal(err)
		}
		next, err := s.NextFence(t.Context())
		if err != nil || leases[0].Fence <= top || next <= leases[0].Fence {
			t.Errorf("%d after %d, then %d: %v", leases[0].Fence, top, next, err)
		}
		top = next
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReleaseByHand(t *testing.T) {
	s := openTest(t)
	l := s.Leases()
	leases, err := l.Acquire(t.Context(), coordtest.Owner("r1", 1), at, coordtest.Host("a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []bool{true, false} {
		got, err := l.ReleaseByHand(t.Context(), leases[0], at, "ann", "the controller burnt down")
		if err != nil || got != want {
			t.Errorf("released %t: %v", got, err)
		}
	}
	if _, held, err := l.Find(t.Context(), coordtest.Host("a")); err != nil || held {
		t.Errorf("held %t, %v", held, err)
	}
	var actor, reason, owner string
	if err := s.read.QueryRow(`SELECT actor, reason, owner ->> 'run' FROM lease_releases`).Scan(&actor, &reason, &owner); err != nil ||
		actor != "ann" || reason != "the controller burnt down" || owner != "r1" {
		t.Errorf("%s, %s, %s: %v", actor, reason, owner, err)
	}
	if lost, err := l.Renew(t.Context(), at, leases...); err != nil || len(lost) != 1 {
		t.Errorf("%+v lost, %v", lost, err)
	}
}

// TestAbandonedToLookers: whoever only looks judges by the rules' clock.
func TestAbandonedToLookers(t *testing.T) {
	s := openTest(t)
	now := at
	s.SetRules(coord.Rules{TTL: time.Minute, Now: func() time.Time { return now }})
	l := s.Leases()
	if _, err := l.Acquire(t.Context(), coordtest.Owner("r1", 1), at, coordtest.Host("a")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{time.Minute - 1, false}, {time.Minute, true}} {
		now = at.Add(tt.after)
		lease, held, err := l.Find(t.Context(), coordtest.Host("a"))
		if err != nil || !held || l.Abandoned(lease) != tt.want {
			t.Errorf("after %s: held %t, abandoned %t, %v", tt.after, held, l.Abandoned(lease), err)
		}
	}
}

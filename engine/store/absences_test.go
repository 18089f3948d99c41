package store

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/coord"
)

// TestAbsences: what is recorded stands until it is ended by its own run, over
// several processes, and one of a host that another run works on by now is left
// alone.
func TestAbsences(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	open := func() *Store {
		t.Helper()
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	}
	one, two := open(), open()
	since := time.Date(2026, 11, 29, 2, 0, 0, 0, time.UTC)
	leave := func(s *Store, host, run string, says bool, want ...string) {
		t.Helper()
		saw := []string{}
		ok, err := s.Leave(t.Context(), coord.Absence{Host: host, Run: run, Since: since}, func(others []coord.Absence) bool {
			for _, o := range others {
				if !o.Since.Equal(since) {
					t.Errorf("%+v", o)
				}
				saw = append(saw, o.Run+" "+o.Host)
			}
			return says
		})
		if err != nil || ok != says {
			t.Fatalf("%v, %v", ok, err)
		}
		if diff := cmp.Diff(append([]string{}, want...), saw); diff != "" {
			t.Errorf("%s sees: %s", host, diff)
		}
	}
	leave(one, "b", "r1", true)
	leave(two, "a", "r2", true, "r1 b")
	leave(one, "c", "r1", false, "r2 a", "r1 b")
	leave(two, "d", "r2", false, "r2 a", "r1 b")
	leave(two, "b", "r2", true, "r2 a")
	if err := one.Return(t.Context(), "r1", "b", "nobody"); err != nil {
		t.Fatal(err)
	}
	leave(one, "d", "r1", false, "r2 a", "r2 b")
	if err := two.Return(t.Context(), "r2", "b"); err != nil {
		t.Fatal(err)
	}
	leave(one, "d", "r1", false, "r2 a")
	if err := one.Return(t.Context(), "r1"); err != nil {
		t.Error(err)
	}
}

// TestOneLastPlace: of many who come at once, from two processes, as many go as
// there is room for.
func TestOneLastPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.db")
	var stores []*Store
	for range 2 {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		stores = append(stores, s)
	}
	const room = 3
	var mu sync.Mutex
	gone := 0
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			ok, err := stores[i%2].Leave(t.Context(), coord.Absence{Host: string(rune('a' + i)), Run: "r", Since: time.Now()},
				func(others []coord.Absence) bool { return len(others) < room })
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				gone++
			}
		})
	}
	wg.Wait()
	if gone != room {
		t.Errorf("%d are away, %d may be", gone, room)
	}
}

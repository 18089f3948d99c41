// Package coordtest holds every keeper of leases against what coord.Leases
// promises.
package coordtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/coord"
)

// Open returns two handles on the same leases, as two processes have them. Nothing
// is held yet.
type Open func(t *testing.T, rules coord.Rules) (one, two coord.Leases)

// suite is one test's leases.
type suite struct {
	t        *testing.T
	one, two coord.Leases
	gone     map[int]bool
	up       time.Duration
}

// epoch is an instant for tests.
func epoch() time.Time { return time.Date(2026, 11, 28, 2, 0, 0, 0, time.UTC) }

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*suite){
		"what is held is listed":               listed,
		"all keys or none":                     allOrNone,
		"what one holds already is renewed":    again,
		"a lease ends after three heartbeats":  expires,
		"a clock that is set ends no lease":    uptime,
		"a lease ends with its process":        gone,
		"numbers never go back":                numbers,
		"the one before can neither renew":     superseded,
		"one of many gets it":                  race,
		"overlapping sets end without a clash": overlapping,
		"an ended context takes nothing":       ended,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &suite{t: t, gone: map[int]bool{}}
			s.one, s.two = open(t, coord.Rules{Uptime: func() (string, time.Duration) { return "b", s.up }, Gone: func(o coord.Owner) bool { return s.gone[o.PID] }})
			test(s)
		})
	}
}

// Host is the key of a host.
func Host(name string) coord.Key { return coord.Key{Kind: coord.KindHost, Name: name} }

// Owner is process pid at work on a run.
func Owner(run string, pid int) coord.Owner {
	return coord.Owner{Actor: "root", Run: run, Host: "controller", PID: pid, BootID: "b", ProcStart: fmt.Sprint("s", pid), MachineID: "m", PIDSpace: "p"}
}

// take acquires and wants no error.
func (s *suite) take(l coord.Leases, o coord.Owner, at time.Time, keys ...coord.Key) []coord.Lease {
	s.t.Helper()
	out, err := l.Acquire(s.t.Context(), o, at, keys...)
	if err != nil {
		s.t.Fatalf("acquire %v: %v", keys, err)
	}
	if len(out) != len(keys) {
		s.t.Fatalf("asked for %v, got %v", keys, out)
	}
	return out
}

// refused acquires and wants to be told the holder.
func (s *suite) refused(l coord.Leases, o coord.Owner, at time.Time, by string, keys ...coord.Key) {
	s.t.Helper()
	out, err := l.Acquire(s.t.Context(), o, at, keys...)
	var held *coord.HeldError
	if !errors.As(err, &held) || held.Lease.Owner.Run != by || out != nil {
		s.t.Fatalf("acquire %v: %v, %v; want it held by %s", keys, out, err, by)
	}
}

// held are the leases as "KIND NAME RUN".
func (s *suite) held(want ...string) []coord.Lease {
	s.t.Helper()
	list, err := s.two.List(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	got := []string{}
	for _, l := range list {
		got = append(got, l.String()+" "+l.Owner.Run)
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		s.t.Fatalf("held (-want +got):\n%s", diff)
	}
	return list
}

func (s *suite) release(l coord.Leases, leases ...coord.Lease) {
	s.t.Helper()
	if err := l.Release(s.t.Context(), leases...); err != nil {
		s.t.Fatal(err)
	}
}

// renew wants that just these are lost.
func (s *suite) renew(l coord.Leases, at time.Time, lost []coord.Lease, leases ...coord.Lease) {
	s.t.Helper()
	got, err := l.Renew(s.t.Context(), at, leases...)
	if err != nil {
		s.t.Fatal(err)
	}
	key := func(list []coord.Lease) []int64 {
		out := []int64{}
		for _, x := range list {
			out = append(out, x.Fence)
		}
		slices.Sort(out)
		return out
	}
	if diff := cmp.Diff(key(lost), key(got)); diff != "" {
		s.t.Fatalf("lost (-want +got):\n%s", diff)
	}
}

func listed(s *suite) {
	s.held()
	at := epoch()
	a := s.take(s.one, Owner("r1", 1), at, Host("b"), coord.Key{Kind: coord.KindRun, Name: "r1"})
	s.take(s.two, Owner("r2", 2), at, Host("a"))
	list := s.held("host a r2", "host b r1", "run r1 r1")
	want := coord.Lease{Key: Host("b"), Owner: Owner("r1", 1), Fence: a[0].Fence, Acquired: at, Renewed: at}
	if diff := cmp.Diff(want, list[1]); diff != "" {
		s.t.Error(diff)
	}
	if diff := cmp.Diff(want, a[0]); diff != "" {
		s.t.Error(diff)
	}
	s.renew(s.one, at.Add(5*time.Second), nil, a...)
	if got := s.held("host a r2", "host b r1", "run r1 r1")[1]; !got.Renewed.Equal(at.Add(5*time.Second)) || !got.Acquired.Equal(at) {
		s.t.Errorf("renewed: %+v", got)
	}
	s.release(s.two, a...) // whoever asks: the number decides
	s.held("host a r2")
	s.release(s.two, a...)
	s.release(s.one)
	s.renew(s.one, at, nil)
	s.held("host a r2")
}

func allOrNone(s *suite) {
	at := epoch()
	s.take(s.one, Owner("r1", 1), at, Host("b"))
	s.refused(s.two, Owner("r2", 2), at, "r1", Host("a"), Host("b"), Host("c"))
	s.held("host b r1")
	s.take(s.two, Owner("r2", 2), at, Host("a"), Host("c"))
	s.held("host a r2", "host b r1", "host c r2")
}

func again(s *suite) {
	at := epoch()
	first := s.take(s.one, Owner("r1", 1), at, Host("a"))[0]
	second := s.take(s.one, Owner("r1", 1), at.Add(time.Minute), Host("a"), Host("b"))
	if second[0].Fence != first.Fence || !second[0].Acquired.Equal(at) || !second[0].Renewed.Equal(at.Add(time.Minute)) {
		s.t.Errorf("first %+v, again %+v", first, second[0])
	}
	// another run of the process, and another process of the run, are others
	s.refused(s.one, Owner("r2", 1), at.Add(time.Minute), "r1", Host("a"))
	s.refused(s.one, Owner("r1", 2), at.Add(time.Minute), "r1", Host("a"))
}

func expires(s *suite) {
	at := epoch()
	old := s.take(s.one, Owner("r1", 1), at, Host("a"), Host("b"))
	s.refused(s.two, Owner("r2", 2), at.Add(coord.TTL-time.Nanosecond), "r1", Host("a"))
	s.refused(s.two, Owner("r2", 2), at.Add(-48*time.Hour), "r1", Host("a")) // the clock was set back
	s.renew(s.one, at.Add(coord.TTL-time.Second), nil, old[0])
	s.refused(s.two, Owner("r2", 2), at.Add(coord.TTL), "r1", Host("a"))
	next := s.take(s.two, Owner("r2", 2), at.Add(coord.TTL), Host("b"))[0]
	if next.Fence <= old[1].Fence || !next.Acquired.Equal(at.Add(coord.TTL)) {
		s.t.Errorf("%+v after %+v", next, old[1])
	}
	// nobody has taken the other: its holder may go on, however late
	s.renew(s.one, at.Add(time.Hour), old[1:], old...)
	s.held("host a r1", "host b r2")
}

// uptime: what was acquired in this boot goes by the time since; a clock that is
// set, forward or back, changes nothing.
func uptime(s *suite) {
	at := epoch()
	s.up = time.Hour
	old := s.take(s.one, Owner("r1", 1), at, Host("a"), Host("b"))
	elsewhere := Owner("r9", 9)
	elsewhere.BootID = "another"
	s.take(s.one, elsewhere, at, Host("c"))
	day := 24 * time.Hour
	for _, jump := range []time.Duration{day, -day} {
		s.up += coord.TTL - time.Nanosecond
		s.refused(s.two, Owner("r2", 2), at.Add(jump), "r1", Host("a"))
		s.renew(s.one, at.Add(jump), nil, old...)
	}
	s.take(s.two, Owner("r2", 2), at.Add(day), Host("c")) // of it only the clock tells
	s.up += coord.TTL
	s.take(s.two, Owner("r2", 2), at.Add(-day), Host("a"))
	s.renew(s.one, at, old[:1], old...)
}

func gone(s *suite) {
	at := epoch()
	old := s.take(s.one, Owner("r1", 1), at, Host("a"))[0]
	s.gone[1] = true
	next := s.take(s.two, Owner("r2", 2), at, Host("a"))[0]
	if next.Fence <= old.Fence || next.Owner.Run != "r2" {
		s.t.Errorf("%+v after %+v", next, old)
	}
	s.refused(s.one, Owner("r3", 3), at, "r2", Host("a"))
}

func numbers(s *suite) {
	at, top := epoch(), int64(0)
	for i := range 20 {
		l, o := s.one, Owner(fmt.Sprint("r", i), i)
		if i%2 == 1 {
			l = s.two
		}
		for _, x := range s.take(l, o, at, Host("a"), Host(fmt.Sprint("h", i%3))) {
			if x.Fence <= top {
				s.t.Fatalf("%+v has a number that is not above %d", x, top)
			}
			top = x.Fence
			if i%4 < 2 {
				s.release(l, x)
			}
		}
		at = at.Add(coord.TTL)
	}
}

func superseded(s *suite) {
	at := epoch()
	old := s.take(s.one, Owner("r1", 1), at, Host("a"), Host("b"))
	next := s.take(s.two, Owner("r2", 2), at.Add(coord.TTL), Host("a"))
	s.renew(s.one, at.Add(coord.TTL), old[:1], old...)
	s.release(s.one, old...) // nor release it
	s.held("host a r2")
	s.renew(s.two, at.Add(coord.TTL), nil, next...)
	s.refused(s.one, Owner("r1", 1), at.Add(coord.TTL), "r2", Host("a"))
}

// race: many ask at once for the same, through both handles.
func race(s *suite) {
	const many = 16
	for round := range 5 {
		var wg sync.WaitGroup
		got := make([][]coord.Lease, many)
		errs := make([]error, many)
		for i := range many {
			wg.Go(func() {
				l := s.one
				if i%2 == 1 {
					l = s.two
				}
				got[i], errs[i] = l.Acquire(s.t.Context(), Owner(fmt.Sprint("r", i), i), epoch(), Host("a"), Host(fmt.Sprint("h", i)))
			})
		}
		wg.Wait()
		var won []coord.Lease
		for i, err := range errs {
			var held *coord.HeldError
			switch {
			case err == nil && won == nil:
				won = got[i]
			case !errors.As(err, &held):
				s.t.Fatalf("round %d: %v, %v", round, got[i], err)
			}
		}
		if won == nil {
			s.t.Fatalf("round %d: nobody got it", round)
		}
		s.held("host a "+won[0].Owner.Run, won[1].String()+" "+won[0].Owner.Run)
		s.release(s.two, won...)
	}
}

// overlapping: workers take pairs of hosts in different orders, as often as they
// get them; no host is ever with two, and nobody waits for ever.
func overlapping(s *suite) {
	hosts := []string{"a", "b", "c"}
	var mu sync.Mutex
	in := map[string]string{}
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	for i := range 6 {
		wg.Go(func() {
			l, run := s.one, fmt.Sprint("r", i)
			if i%2 == 1 {
				l = s.two
			}
			for turn := 0; turn < 5 && ctx.Err() == nil; {
				x, y := hosts[(i+turn)%3], hosts[(i+turn+1+i%2)%3]
				leases, err := l.Acquire(ctx, Owner(run, i), epoch(), Host(x), Host(y))
				if _, ok := errors.AsType[*coord.HeldError](err); ok {
					continue
				}
				if err != nil {
					s.t.Error(err)
					return
				}
				mu.Lock()
				for _, h := range []string{x, y} {
					if in[h] != "" {
						s.t.Errorf("%s is with %s and %s", h, in[h], run)
					}
					in[h] = run
				}
				mu.Unlock()
				mu.Lock()
				delete(in, x)
				delete(in, y)
				mu.Unlock()
				if err := l.Release(ctx, leases...); err != nil {
					s.t.Error(err)
				}
				turn++
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		s.t.Error("they did not come to an end")
	}
	s.held()
}

func ended(s *suite) {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	if out, err := s.one.Acquire(ctx, Owner("r1", 1), epoch(), Host("a")); err == nil {
		// a store may have taken it in time: then it is held, and said to be
		s.held("host a r1")
		s.release(s.one, out...)
	}
	s.held()
}

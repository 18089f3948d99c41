package coord_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/coord/coordtest"
	"patchwave/engine/journal"
)

// flaky are leases whose database fails or hangs.
type flaky struct {
	coord.Leases
	err     atomic.Pointer[error]
	hang    chan struct{}
	renewed atomic.Int64
}

// Renew implements coord.Leases.
func (f *flaky) Renew(ctx context.Context, now time.Time, leases ...coord.Lease) ([]coord.Lease, error) {
	f.renewed.Add(1)
	if f.hang != nil {
		<-f.hang
	}
	if err := f.err.Load(); err != nil {
		return nil, *err
	}
	return f.Leases.Renew(ctx, now, leases...)
}

// keeper makes a Keeper that is closed with the test.
func keeper(t *testing.T, l coord.Leases, owner coord.Owner, opt coord.Options) *coord.Keeper {
	t.Helper()
	k := coord.NewKeeper(l, owner, opt)
	t.Cleanup(func() {
		if err := k.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return k
}

// pass lets time go by in a bubble, and all come to rest.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func acquire(t *testing.T, k *coord.Keeper, keys ...coord.Key) *coord.Hold {
	t.Helper()
	h, err := k.Acquire(t.Context(), keys...)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestALeaseLivesByItsHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := coord.NewMemory(coord.Rules{})
		f := &flaky{Leases: m}
		h := acquire(t, keeper(t, f, coordtest.Owner("r1", 1), coord.Options{}), coordtest.Host("a"), coordtest.Host("b"))
		ctx, end := h.Context(t.Context())
		defer end()
		other := keeper(t, m, coordtest.Owner("r2", 2), coord.Options{})
		pass(time.Hour)
		if ctx.Err() != nil || h.Check() != nil {
			t.Errorf("%v, %v", context.Cause(ctx), h.Check())
		}
		var held *coord.HeldError
		if _, err := other.Acquire(t.Context(), coordtest.Host("a")); !errors.As(err, &held) || !strings.Contains(err.Error(), "host a is held by run r1 of root (process 1 on controller)") {
			t.Errorf("another: %v", err)
		}
		if n := f.renewed.Load(); n != 360 && n != 359 {
			t.Errorf("%d renewals of two leases in an hour", n)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) || h.Check() != nil {
			t.Errorf("after the release: %v, %v", context.Cause(ctx), h.Check())
		}
		acquire(t, other, coordtest.Host("a"))
	})
}

// TestWorkDiesWithItsLease, by the next heartbeat, and other work does not.
func TestWorkDiesWithItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := coord.NewMemory(coord.Rules{})
		var told []string
		k := keeper(t, m, coordtest.Owner("r1", 1), coord.Options{Lost: func(e *coord.LostError) { told = append(told, e.Lease.Name) }})
		a, b := acquire(t, k, coordtest.Host("a")), acquire(t, k, coordtest.Host("b"))
		ctxA, endA := a.Context(t.Context())
		defer endA()
		ctxB, endB := b.Context(t.Context())
		defer endB()
		list, err := m.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Release(t.Context(), list[0]); err != nil { // by hand
			t.Fatal(err)
		}
		took := acquire(t, keeper(t, m, coordtest.Owner("r2", 2), coord.Options{}), coordtest.Host("a"))
		pass(coord.Heartbeat + time.Second)
		var lost *coord.LostError
		if cause := context.Cause(ctxA); !errors.As(cause, &lost) || !errors.Is(cause, coord.ErrLost) || lost.Lease.Key != coordtest.Host("a") {
			t.Errorf("the work on a: %v", context.Cause(ctxA))
		}
		if !errors.Is(a.Check(), coord.ErrLost) || b.Check() != nil || ctxB.Err() != nil {
			t.Errorf("a %v, b %v", a.Check(), b.Check())
		}
		pass(time.Minute)
		if len(told) != 1 || told[0] != "a" {
			t.Errorf("told: %v", told)
		}
		if err := a.Release(t.Context()); err != nil { // of what is another's by now
			t.Fatal(err)
		}
		if took.Check() != nil || took.Fence() <= a.Fence() {
			t.Errorf("number %d after %d: %v", took.Fence(), a.Fence(), took.Check())
		}
	})
}

// TestADatabaseThatFails is waited for as long as the lease stands, not longer.
func TestADatabaseThatFails(t *testing.T) {
	for name, hangs := range map[string]bool{"fails": false, "hangs": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{Leases: coord.NewMemory(coord.Rules{})}
				full := errors.New("disk full")
				if hangs {
					f.hang = make(chan struct{})
					defer close(f.hang)
				} else {
					f.err.Store(&full)
				}
				h := acquire(t, keeper(t, f, coordtest.Owner("r1", 1), coord.Options{}), coordtest.Host("a"))
				pass(coord.TTL - time.Second)
				if !hangs && h.Check() != nil {
					t.Errorf("before its time: %v", h.Check())
				}
				ctx, end := h.Context(t.Context())
				defer end()
				if ctx.Err() != nil {
					t.Errorf("before its time: %v", context.Cause(ctx))
				}
				pass(2 * time.Second)
				if cause := context.Cause(ctx); !errors.Is(cause, coord.ErrLost) || !strings.Contains(cause.Error(), "no heartbeat was recorded for 30s") {
					t.Errorf("afterwards: %v", cause)
				}
			})
		})
	}
}

// TestADatabaseThatFailsForAWhile harms nobody.
func TestADatabaseThatFailsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{Leases: coord.NewMemory(coord.Rules{})}
		h := acquire(t, keeper(t, f, coordtest.Owner("r1", 1), coord.Options{}), coordtest.Host("a"))
		full := errors.New("disk full")
		for range 3 {
			f.err.Store(&full)
			pass(2*coord.Heartbeat + time.Second)
			f.err.Store(nil)
			pass(coord.Heartbeat)
		}
		if err := h.Check(); err != nil {
			t.Error(err)
		}
	})
}

// sleeper is a clock that can jump, as it does for a process that was stopped.
type sleeper struct{ jumped atomic.Int64 }

func (s *sleeper) now() time.Time { return time.Now().Add(time.Duration(s.jumped.Load())) }

// TestAfterASleep: whoever wakes up asks before it writes. If nobody has taken its
// lease it goes on.
func TestAfterASleep(t *testing.T) {
	for name, taken := range map[string]bool{"taken": true, "not taken": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var clock sleeper
				m := coord.NewMemory(coord.Rules{})
				h := acquire(t, keeper(t, m, coordtest.Owner("r1", 1), coord.Options{Now: clock.now}), coord.Key{Kind: coord.KindRun, Name: "r1"})
				j := &memory{}
				guarded := coord.Guard(j, h)
				if err := guarded.Append(t.Context(), journal.Event{}); err != nil {
					t.Fatal(err)
				}
				clock.jumped.Store(int64(time.Hour))
				if taken {
					acquire(t, keeper(t, m, coordtest.Owner("r1", 2), coord.Options{Now: clock.now}), coord.Key{Kind: coord.KindRun, Name: "r1"})
				}
				err := guarded.Append(t.Context(), journal.Event{})
				if taken != errors.Is(err, coord.ErrLost) || (err == nil) == taken {
					t.Errorf("the first write: %v", err)
				}
				if want := map[bool]int{true: 1, false: 2}[taken]; j.n != want {
					t.Errorf("%d events, want %d", j.n, want)
				}
			})
		})
	}
}

// memory counts events.
type memory struct{ n int }

// Append implements journal.Journal.
func (m *memory) Append(_ context.Context, events ...journal.Event) error {
	m.n += len(events)
	return nil
}

// TestWaiting: the holder is named once, and the wait ends with the lease, the
// limit, or the context.
func TestWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := coord.NewMemory(coord.Rules{})
		first := acquire(t, keeper(t, m, coordtest.Owner("r1", 1), coord.Options{}), coordtest.Host("a"))
		named := 0
		k := keeper(t, m, coordtest.Owner("r2", 2), coord.Options{Wait: time.Minute, Waiting: func(e *coord.HeldError) {
			named++
			if e.Lease.Owner.Run != "r1" {
				t.Errorf("named %v", e)
			}
		}})
		began := time.Now()
		var held *coord.HeldError
		if _, err := k.Acquire(t.Context(), coordtest.Host("b"), coordtest.Host("a")); !errors.As(err, &held) || time.Since(began) != time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := k.Acquire(ctx, coordtest.Host("a")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context: %v", err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			h, err := k.Acquire(t.Context(), coordtest.Host("a"))
			if err != nil || h.Fence() <= first.Fence() {
				t.Errorf("in the end: %v", err)
			}
		})
		pass(30 * time.Second)
		if err := first.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if named != 3 {
			t.Errorf("named %d times", named)
		}
	})
}

// TestClose gives everything back, and nothing is given out any more.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := coord.NewMemory(coord.Rules{})
		k := coord.NewKeeper(m, coordtest.Owner("r1", 1), coord.Options{})
		h := acquire(t, k, coordtest.Host("a"), coordtest.Host("b"))
		ctx, end := h.Context(t.Context())
		defer end()
		for range 2 {
			if err := k.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("its work goes on")
		}
		if _, err := k.Acquire(t.Context(), coordtest.Host("a")); err == nil {
			t.Error("a lease after the end")
		}
		if err := h.Release(t.Context()); err != nil {
			t.Error(err)
		}
		if list, err := m.List(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("left: %v, %v", list, err)
		}
	})
}

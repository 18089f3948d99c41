package fleet

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	var inWork, most atomic.Int32
	items := make([]int, 200)
	for i := range items {
		items[i] = i
	}
	sum := 0
	err := Each(t.Context(), 7, items, func(_ context.Context, i int) int {
		if now := inWork.Add(1); now > most.Load() {
			most.Store(now)
		}
		defer inWork.Add(-1)
		return i
	}, func(i int) error { sum += i; return nil })
	if err != nil || sum != 199*200/2 {
		t.Errorf("sum %d, %v", sum, err)
	}
	if most.Load() > 7 {
		t.Errorf("%d at once", most.Load())
	}
}

func TestEachStopsAtAnError(t *testing.T) {
	boom := errors.New("boom")
	var begun atomic.Int32
	err := Each(t.Context(), 2, make([]int, 1000), func(context.Context, int) int { begun.Add(1); return 0 },
		func(int) error { return boom })
	if !errors.Is(err, boom) || begun.Load() > 20 {
		t.Errorf("%v after %d", err, begun.Load())
	}
}

func TestEachCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := Each(ctx, 1, make([]int, 100), func(context.Context, int) int { cancel(); return 0 }, func(int) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := Each(t.Context(), 0, []int(nil), func(context.Context, int) int { return 0 }, nil); err != nil {
		t.Error(err)
	}
}

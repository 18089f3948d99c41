package fleet

import (
	"context"
	"sync"
)

// Each calls work for every item, at most n at once, and then each for every
// result as it comes, never two at a time. When each fails, nothing more is
// begun, what has begun is awaited, and its error is returned. When ctx ends,
// items that were not begun are left out and the cause is returned. An n below
// one means one.
func Each[I, O any](ctx context.Context, n int, items []I, work func(context.Context, I) O, each func(O) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	todo := make(chan I)
	results := make(chan O)
	var wg sync.WaitGroup
	for range min(max(1, n), len(items)) {
		wg.Go(func() {
			for item := range todo {
				results <- work(ctx, item)
			}
		})
	}
	go func() {
		defer close(todo)
		for _, item := range items {
			select {
			case todo <- item:
			case <-ctx.Done():
				return
			}
		}
	}()
	go func() {
		wg.Wait()
		close(results)
	}()
	var err error
	for o := range results {
		if err != nil {
			continue
		}
		if err = each(o); err != nil {
			cancel()
		}
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

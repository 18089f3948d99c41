package ssh

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// limits bounds the handshakes that are under way, in all and for each address.
type limits struct {
	all     *semaphore.Weighted
	perHost int64

	mu    sync.Mutex
	hosts map[string]*hostLimit
}

// hostLimit lives as long as somebody uses it, so that ten thousand hosts leave
// nothing behind.
type hostLimit struct {
	sem  *semaphore.Weighted
	uses int
}

func newLimits(all, perHost int) *limits {
	return &limits{all: semaphore.NewWeighted(int64(all)), perHost: int64(perHost), hosts: map[string]*hostLimit{}}
}

// acquire waits for a place. The address comes first, so that the many who wait
// for one host do not keep the others out.
func (l *limits) acquire(ctx context.Context, address string) (release func(), err error) {
	h := l.use(address)
	if err := h.sem.Acquire(ctx, 1); err != nil {
		l.unuse(address, h)
		return nil, err
	}
	if err := l.all.Acquire(ctx, 1); err != nil {
		h.sem.Release(1)
		l.unuse(address, h)
		return nil, err
	}
	return func() {
		l.all.Release(1)
		h.sem.Release(1)
		l.unuse(address, h)
	}, nil
}

func (l *limits) use(address string) *hostLimit {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hosts[address]
	if h == nil {
		h = &hostLimit{sem: semaphore.NewWeighted(l.perHost)}
		l.hosts[address] = h
	}
	h.uses++
	return h
}

func (l *limits) unuse(address string, h *hostLimit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h.uses--; h.uses == 0 {
		delete(l.hosts, address)
	}
}

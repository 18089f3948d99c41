package ssh

import "sync"

// places bounds the channels of one connection. It learns: a host that refuses
// one gets fewer from then on.
type places struct {
	mu    sync.Mutex
	limit int
	used  int
	// changed is closed and replaced whenever there may be room.
	changed chan struct{}
}

func newPlaces(limit int) *places { return &places{limit: limit, changed: make(chan struct{})} }

// take takes a place, or returns what to wait for before trying again.
func (p *places) take() (wait <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used < p.limit {
		p.used++
		return nil
	}
	return p.changed
}

func (p *places) give() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used--
	close(p.changed)
	p.changed = make(chan struct{})
}

// refused gives back a place for which the host had no room. It reports whether
// no other place was in use: then waiting for one does not help.
func (p *places) refused() (alone bool) {
	defer p.give()
	p.mu.Lock()
	defer p.mu.Unlock()
	alone = p.used == 1
	p.limit = max(1, min(p.limit, p.used-1))
	return alone
}

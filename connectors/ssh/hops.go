package ssh

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"patchwave/connectors"
)

// refusalMemory is how long a jump host that refused the login is not asked
// again: three hundred targets behind it must not lock the account.
const refusalMemory = time.Minute

var errClosed = errors.New("the dialer is closed")

// hopPool shares the connections to jump hosts between the targets behind them.
type hopPool struct {
	ctx      context.Context // the life of the dialer
	channels int
	idle     time.Duration

	mu     sync.Mutex
	hops   map[string]*hop
	closed bool
	work   sync.WaitGroup
}

// hop is one jump host as one user. Its fields are guarded by hopPool.mu.
type hop struct {
	links []*hopLink
	// dial is the connection that is being set up, or nil.
	dial *hopDial
	// refused is a refusal that is remembered until refusedUntil.
	refused      error
	refusedUntil time.Time
}

// hopDial is one attempt that many wait for.
type hopDial struct {
	done chan struct{}
	err  error
}

// hopLink is one connection to a jump host.
type hopLink struct {
	*link
	used int
	idle *time.Timer
}

// hopSlot is the right to open one channel. The methods of a nil slot do
// nothing.
type hopSlot struct {
	pool *hopPool
	link *hopLink
	once sync.Once
}

func newHopPool(ctx context.Context, channels int, idle time.Duration) *hopPool {
	return &hopPool{ctx: ctx, channels: channels, idle: idle, hops: map[string]*hop{}}
}

// acquire returns a place on a connection to a jump host; connect opens one. All
// who wait for the same attempt share its outcome.
func (p *hopPool) acquire(ctx context.Context, key string, connect func(context.Context) (*link, error)) (*hopSlot, error) {
	for {
		slot, dial, err := p.try(key, connect)
		if slot != nil || err != nil {
			return slot, err
		}
		select {
		case <-dial.done:
			if dial.err != nil {
				return nil, dial.err
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// try returns a slot, or the attempt to wait for.
func (p *hopPool) try(key string, connect func(context.Context) (*link, error)) (*hopSlot, *hopDial, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errClosed
	}
	h := p.hops[key]
	if h == nil {
		h = &hop{}
		p.hops[key] = h
	}
	for _, l := range h.links {
		if l.used < p.channels && l.alive() {
			l.used++
			l.idle.Stop()
			return &hopSlot{pool: p, link: l}, nil, nil
		}
	}
	if h.refused != nil && time.Now().Before(h.refusedUntil) {
		return nil, nil, h.refused
	}
	if h.dial == nil {
		h.dial = &hopDial{done: make(chan struct{})}
		p.work.Add(1)
		go p.open(key, h, h.dial, connect)
	}
	return nil, h.dial, nil
}

// open sets up one more connection. It does not depend on the one who asked
// first: the others wait for it too.
func (p *hopPool) open(key string, h *hop, dial *hopDial, connect func(context.Context) (*link, error)) {
	defer p.work.Done()
	l, err := connect(p.ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(dial.done)
	h.dial, dial.err = nil, err
	if err != nil {
		if code := connectors.CodeOf(err); code == connectors.CodeAuth || code == connectors.CodeHostKey {
			h.refused, h.refusedUntil = err, time.Now().Add(refusalMemory)
		}
		return
	}
	if p.closed {
		dial.err = errClosed
		go l.close()
		return
	}
	h.refused = nil
	hl := &hopLink{link: l}
	hl.idle = time.AfterFunc(p.idle, func() { p.expire(hl) })
	h.links = append(h.links, hl)
	p.work.Add(1)
	go p.forget(key, h, hl)
}

// forget takes a connection out when it has ended.
func (p *hopPool) forget(key string, h *hop, gone *hopLink) {
	defer p.work.Done()
	<-gone.gone
	p.mu.Lock()
	defer p.mu.Unlock()
	gone.idle.Stop()
	for i, l := range h.links {
		if l == gone {
			h.links = append(h.links[:i:i], h.links[i+1:]...)
			break
		}
	}
	if len(h.links) == 0 && h.dial == nil && h.refused == nil && p.hops[key] == h {
		delete(p.hops, key)
	}
}

// expire closes a connection that nobody used for a while.
func (p *hopPool) expire(l *hopLink) {
	p.mu.Lock()
	unused := l.used == 0
	if unused {
		l.used = p.channels // nobody gets a place any more
	}
	p.mu.Unlock()
	if unused {
		l.close()
	}
}

// close closes all connections and waits for what depends on them, for a
// bounded time.
func (p *hopPool) close() {
	p.mu.Lock()
	p.closed = true
	var all []*hopLink
	for _, h := range p.hops {
		all = append(all, h.links...)
	}
	p.mu.Unlock()
	var closing sync.WaitGroup
	for _, l := range all {
		closing.Go(l.close)
	}
	closing.Wait()
	p.work.Wait()
}

// dial opens a byte stream to address through the jump host.
func (s *hopSlot) dial(ctx context.Context, address string) (net.Conn, error) {
	return s.link.client.DialContext(ctx, "tcp", address)
}

// release gives the place back.
func (s *hopSlot) release() {
	if s == nil {
		return
	}
	s.once.Do(func() {
		s.pool.mu.Lock()
		defer s.pool.mu.Unlock()
		s.link.used--
		if s.link.used == 0 && s.link.alive() && !s.pool.closed {
			s.link.idle.Reset(s.pool.idle)
		}
	})
}

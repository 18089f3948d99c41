package coord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options are the intervals of a Keeper; the zero value has the usual ones.
type Options struct {
	// Now is the clock that leases are stamped with; nil is time.Now.
	Now func() time.Time
	// Every is the pause between two heartbeats, TTL how long work may go on
	// without one; 0 means Heartbeat and three times Every.
	Every, TTL time.Duration
	// Wait is how long Acquire waits for what another holds; 0 does not wait.
	Wait time.Duration
	// Poll is the pause between two tries; 0 means a second.
	Poll time.Duration
	// Waiting is called once for each Acquire that has to wait; may be nil.
	Waiting func(*HeldError)
	// Lost is called once for each Hold that is lost; may be nil.
	Lost func(*LostError)
}

// Keeper holds leases for one owner. One heartbeat renews all of them, in one
// transaction. Whoever works under a lease takes the context of its Hold, which
// dies with it. A Keeper is safe for concurrent use and must be closed.
type Keeper struct {
	leases Leases
	owner  Owner
	opt    Options

	mu     sync.Mutex
	holds  map[*Hold]bool
	last   time.Time // the last heartbeat that was answered
	closed bool
	stop   chan struct{}
	wg     sync.WaitGroup
	// beating keeps heartbeats apart: that of the clock and that of Check.
	beating sync.Mutex
}

// Hold is one or more leases that were acquired together.
type Hold struct {
	keeper *Keeper
	leases []Lease
	// Guarded by the keeper's mutex: how it ended, and what ends with it.
	ended bool
	lost  *LostError
	works map[*context.CancelCauseFunc]bool
}

// NewKeeper returns a Keeper that holds nothing.
func NewKeeper(leases Leases, owner Owner, opt Options) *Keeper {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Every <= 0 {
		opt.Every = Heartbeat
	}
	if opt.TTL <= 0 {
		opt.TTL = 3 * opt.Every
	}
	if opt.Poll <= 0 {
		opt.Poll = time.Second
	}
	return &Keeper{leases: leases, owner: owner, opt: opt, holds: map[*Hold]bool{}, stop: make(chan struct{})}
}

// Acquire takes all keys or none, and waits for them if the options say so. The
// error is a *HeldError if another holds one, or the cause of ctx's end.
func (k *Keeper) Acquire(ctx context.Context, keys ...Key) (*Hold, error) {
	var over <-chan time.Time
	for tries := 0; ; tries++ {
		leases, err := k.leases.Acquire(ctx, k.owner, k.opt.Now(), keys...)
		if err == nil {
			return k.hold(ctx, leases)
		}
		var held *HeldError
		if !errors.As(err, &held) || k.opt.Wait <= 0 {
			return nil, err
		}
		if tries == 0 {
			limit := time.NewTimer(k.opt.Wait)
			defer limit.Stop()
			over = limit.C
			if k.opt.Waiting != nil {
				k.opt.Waiting(held)
			}
		}
		pause := time.NewTimer(k.opt.Poll)
		select {
		case <-pause.C:
		case <-over:
			pause.Stop()
			return nil, err
		case <-ctx.Done():
			pause.Stop()
			return nil, context.Cause(ctx)
		}
	}
}

// hold keeps what was acquired alive from now on.
func (k *Keeper) hold(ctx context.Context, leases []Lease) (*Hold, error) {
	h := &Hold{keeper: k, leases: leases, works: map[*context.CancelCauseFunc]bool{}}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return nil, errors.Join(errors.New("a lease was asked for after the end"), k.leases.Release(context.WithoutCancel(ctx), leases...))
	}
	if k.last.IsZero() {
		k.last = k.wall()
		k.wg.Go(k.beats)
	}
	k.holds[h] = true
	return h, nil
}

// wall is the clock without its monotonic part, which stands still while a
// machine sleeps.
func (k *Keeper) wall() time.Time { return k.opt.Now().Round(0) }

// beats renews everything, again and again, until the Keeper is closed.
func (k *Keeper) beats() {
	t := time.NewTicker(k.opt.Every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			k.beat()
		case <-k.stop:
			return
		}
	}
}

// beat renews everything once. What is not ours any more is lost; so is all of
// it when no heartbeat was answered for the time to live.
func (k *Keeper) beat() {
	k.beating.Lock()
	defer k.beating.Unlock()
	k.mu.Lock()
	var all []Lease
	for h := range k.holds {
		all = append(all, h.leases...)
	}
	last := k.last
	k.mu.Unlock()
	began := k.wall()
	// a database that hangs must not keep work alive
	lost, err := k.renew(all, max(k.opt.TTL-began.Sub(last), k.opt.Every))
	if err == nil {
		k.mu.Lock()
		k.last = began
		k.mu.Unlock()
		k.lose("another took it over, or it was released by hand", lost...)
		return
	}
	if k.wall().Sub(last) >= k.opt.TTL {
		k.lose(fmt.Sprintf("no heartbeat was recorded for %s: %v", k.opt.TTL, err), all...)
	}
}

// renew asks for a renewal and waits for the answer no longer than limit.
func (k *Keeper) renew(all []Lease, limit time.Duration) ([]Lease, error) {
	if len(all) == 0 {
		return nil, nil
	}
	type answer struct {
		lost []Lease
		err  error
	}
	answers := make(chan answer, 1)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	go func() {
		lost, err := k.leases.Renew(ctx, k.opt.Now(), all...)
		answers <- answer{lost, err}
	}()
	select {
	case a := <-answers:
		return a.lost, a.err
	case <-ctx.Done():
		return nil, errors.New("the database does not answer")
	}
}

// lose ends the work under leases.
func (k *Keeper) lose(why string, leases ...Lease) {
	if len(leases) == 0 {
		return
	}
	gone := make(map[int64]bool, len(leases))
	for _, l := range leases {
		gone[l.Fence] = true
	}
	var told []*LostError
	k.mu.Lock()
	for h := range k.holds {
		i := slices.IndexFunc(h.leases, func(l Lease) bool { return gone[l.Fence] })
		if i >= 0 && !h.ended {
			told = append(told, &LostError{Lease: h.leases[i], Why: why})
			h.end(told[len(told)-1])
		}
	}
	k.mu.Unlock()
	for _, e := range told {
		if k.opt.Lost != nil {
			k.opt.Lost(e)
		}
	}
}

// Close stops the heartbeat and gives back what is still held.
func (k *Keeper) Close(ctx context.Context) error {
	k.mu.Lock()
	if k.closed {
		k.mu.Unlock()
		return nil
	}
	k.closed = true
	close(k.stop)
	var all []Lease
	for h := range k.holds {
		all = append(all, h.leases...)
		h.end(nil)
	}
	clear(k.holds)
	k.mu.Unlock()
	k.wg.Wait()
	if len(all) == 0 {
		return nil
	}
	return k.leases.Release(context.WithoutCancel(ctx), all...)
}

// end ends the work under a hold; lost is nil if it was given back. The keeper's
// mutex is held.
func (h *Hold) end(lost *LostError) {
	if h.ended {
		return
	}
	h.ended, h.lost = true, lost
	for cancel := range h.works {
		if lost != nil {
			(*cancel)(lost)
		} else {
			(*cancel)(nil)
		}
	}
	clear(h.works)
}

// Fence is the number of the first lease.
func (h *Hold) Fence() int64 { return h.leases[0].Fence }

// Context returns a context that ends with parent, and with the leases: its cause
// is a *LostError then.
func (h *Hold) Context(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	k := h.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case h.lost != nil:
		cancel(h.lost)
	case h.ended:
		cancel(nil)
	default:
		h.works[&cancel] = true
	}
	return ctx, func() {
		k.mu.Lock()
		delete(h.works, &cancel)
		k.mu.Unlock()
		cancel(nil)
	}
}

// Check returns how the leases were lost, or nil. After a pause in which no
// heartbeat was possible (the process was stopped, the machine slept) it asks
// before it answers.
func (h *Hold) Check() error {
	k := h.keeper
	k.mu.Lock()
	late := k.wall().Sub(k.last) >= k.opt.TTL && !k.closed
	k.mu.Unlock()
	if late {
		k.beat()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if h.lost != nil {
		return h.lost
	}
	return nil
}

// Release gives the leases back and ends their contexts.
func (h *Hold) Release(ctx context.Context) error {
	k := h.keeper
	k.mu.Lock()
	mine := k.holds[h]
	delete(k.holds, h)
	h.end(nil)
	k.mu.Unlock()
	if !mine {
		return nil
	}
	return k.leases.Release(context.WithoutCancel(ctx), h.leases...)
}

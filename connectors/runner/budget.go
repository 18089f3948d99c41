package runner

import (
	"context"
	"sync"

	"golang.org/x/time/rate"
)

// Budget bounds what all sessions of a connector hold and read together, so that
// a hundred hosts that flood cannot exhaust the memory or the processors. A nil
// Budget bounds nothing.
type Budget struct {
	mu   sync.Mutex
	left int64

	drain *rate.Limiter
}

const (
	// DefaultBuffered is what all outputs together may hold over the small part
	// that each has for itself, in bytes.
	DefaultBuffered = 64 << 20
	// DefaultDrain is how fast output over the bound is read and thrown away, in
	// bytes a second.
	DefaultDrain = 16 << 20

	// ownShare is what each stream may hold without asking.
	ownShare = 64 << 10
	// grant is by how much a stream's share grows.
	grant = 256 << 10
	// greed is the part of what is left that one stream may hold: the fuller it
	// gets, the less does one host take from the others.
	greed = 2
)

// NewBudget makes a Budget; 0 means the defaults.
func NewBudget(buffered, drain int64) *Budget {
	if buffered <= 0 {
		buffered = DefaultBuffered
	}
	if drain <= 0 {
		drain = DefaultDrain
	}
	return &Budget{left: buffered, drain: rate.NewLimiter(rate.Limit(drain), max(int(drain/8), scratchSize))}
}

// grow asks for one more grant for a stream that has had granted bytes.
func (b *Budget) grow(granted int64) bool {
	if b == nil {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if granted+grant > b.left/greed {
		return false
	}
	b.left -= grant
	return true
}

// shrink gives granted bytes back.
func (b *Budget) shrink(granted int64) {
	if b == nil || granted == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += granted
}

// Pace waits until n bytes that were thrown away are paid for. Nothing is to be
// read from the host meanwhile.
func (b *Budget) Pace(ctx context.Context, n int) {
	if b == nil || n == 0 {
		return
	}
	for n > 0 {
		part := min(n, b.drain.Burst())
		if err := b.drain.WaitN(ctx, part); err != nil {
			return // the connection is closed
		}
		n -= part
	}
}

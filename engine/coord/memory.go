package coord

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory keeps leases in this process, for tests and for what needs no database.
// It is safe for concurrent use.
type Memory struct {
	rules  Rules
	mu     sync.Mutex
	fence  int64
	leases map[Key]Lease
}

// NewMemory returns a Memory that holds nothing.
func NewMemory(rules Rules) *Memory { return &Memory{rules: rules, leases: map[Key]Lease{}} }

// Acquire implements Leases.
func (m *Memory) Acquire(ctx context.Context, owner Owner, now time.Time, keys ...Key) ([]Lease, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, key := range keys {
		if l, ok := m.leases[key]; ok && l.Owner != owner && !m.rules.Abandoned(l, now) {
			return nil, &HeldError{Lease: l}
		}
	}
	out := make([]Lease, 0, len(keys))
	for _, key := range keys {
		l, ok := m.leases[key]
		if !ok || l.Owner != owner {
			m.fence++
			l = Lease{Key: key, Owner: owner, Fence: m.fence, Acquired: now.UTC()}
		}
		l.Renewed, l.Uptime = now.UTC(), m.rules.Since(owner)
		m.leases[key] = l
		out = append(out, l)
	}
	return out, nil
}

// Renew implements Leases.
func (m *Memory) Renew(ctx context.Context, now time.Time, leases ...Lease) (lost []Lease, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range leases {
		have, ok := m.leases[l.Key]
		if !ok || have.Fence != l.Fence {
			lost = append(lost, l)
			continue
		}
		have.Renewed, have.Uptime = now.UTC(), m.rules.Since(have.Owner)
		m.leases[l.Key] = have
	}
	return lost, nil
}

// Release implements Leases.
func (m *Memory) Release(_ context.Context, leases ...Lease) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range leases {
		if m.leases[l.Key].Fence == l.Fence {
			delete(m.leases, l.Key)
		}
	}
	return nil
}

// List implements Leases.
func (m *Memory) List(context.Context) ([]Lease, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]Lease, 0, len(m.leases))
	for _, l := range m.leases {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b Lease) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

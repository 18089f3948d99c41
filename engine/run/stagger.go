package run

import (
	"context"
	"time"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// reboots keeps the reboots of a policy apart.
type reboots struct {
	// next is when the next host may expect its turn, so that all who wait know for
	// how long their claims have to stand.
	next time.Time
	// turn is held by the host that is being asked; asked is when the last one was.
	turn  chan struct{}
	asked time.Time
}

func (r *runner) rebootsOf(p *policies.Policy) *reboots {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.reboots[p.Name]
	if b == nil {
		b = &reboots{turn: make(chan struct{}, 1)}
		r.reboots[p.Name] = b
	}
	return b
}

// recallReboots makes a resume wait for the reboots that were asked for before it.
// A host that is still at it may have been asked a moment ago.
func (r *runner) recallReboots() {
	if len(r.work.Past) == 0 {
		return
	}
	for _, h := range r.rec.hosts() {
		p := r.policy(h.Policy)
		if p == nil {
			continue
		}
		b := r.rebootsOf(p)
		for _, s := range h.Steps {
			at := r.engine.Now()
			if s.Finished != nil {
				at = *s.Finished
			}
			if s.Name == StepReboot && at.After(b.asked) {
				b.asked, b.next = at, at.Add(p.Reboot.Stagger)
			}
		}
	}
}

// inTurn asks a host to reboot when the last reboot of its policy was long enough
// ago and its availabilities hold without it. The fault says that they do not.
func (m *machine) inTurn(ctx context.Context, id job.ID, before string) (*journal.Fault, error) {
	b := m.rebootsOf(m.policy)
	if err := m.queue(ctx, b); err != nil {
		return nil, err
	}
	for {
		if fault, err := m.steady(ctx); fault != nil || err != nil {
			return fault, err
		}
		if again, err := m.atOnce(ctx, b, id, before); !again || err != nil {
			return nil, err
		}
	}
}

// queue waits for about as long as it is going to take. The claim is renewed
// before, and stands until the end.
func (m *machine) queue(ctx context.Context, b *reboots) error {
	stagger := m.policy.Reboot.Stagger
	if stagger <= 0 {
		return nil
	}
	m.mu.Lock()
	now := m.engine.Now()
	at := b.next
	if at.Before(now) {
		at = now
	}
	b.next = at.Add(stagger)
	m.mu.Unlock()
	reserve := m.ttl
	m.ttl += at.Sub(now)
	defer func() { m.ttl = reserve }()
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Renew(ctx) }); err != nil {
		return err
	}
	return connectors.Pause(ctx, at.Sub(now))
}

// atOnce asks while nobody else of the policy does. If there was still something
// to wait for, the others have to be asked again.
func (m *machine) atOnce(ctx context.Context, b *reboots, id job.ID, before string) (again bool, err error) {
	if m.policy.Reboot.Stagger <= 0 {
		return false, m.askReboot(ctx, id, before)
	}
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if left := b.asked.Add(m.policy.Reboot.Stagger).Sub(m.engine.Now()); left > 0 {
		return true, connectors.Pause(ctx, left)
	}
	err = m.askReboot(ctx, id, before)
	b.asked = m.engine.Now()
	return false, err
}

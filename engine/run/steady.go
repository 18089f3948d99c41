package run

import (
	"context"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/inventory"
	"patchwave/policies"
)

// steady holds a reboot back while the other hosts of an availability are not
// well: it was asked before the host began, and much may have happened since.
func (m *machine) steady(ctx context.Context) (*journal.Fault, error) {
	bounds := m.boundsOf(m.plan, m.policy.Name)
	since := m.engine.Now()
	for {
		o, err := m.unsteady(ctx, bounds)
		if err != nil || o == nil {
			return nil, err
		}
		patience := m.engine.Patience
		if patience <= 0 {
			patience = DefaultPatience
		}
		if m.engine.Now().Sub(since) >= patience {
			return &journal.Fault{Code: plan.ExcludedAvailability, Message: "the host was not rebooted: " + o.text}, nil
		}
		if err := m.tells(ctx, o); err != nil {
			return nil, err
		}
		if err := connectors.Pause(ctx, recheck*m.engine.poll()); err != nil {
			return nil, err
		}
		if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Renew(ctx) }); err != nil {
			return nil, err
		}
	}
}

// unsteady asks the others of each availability of a host that is away itself.
func (m *machine) unsteady(ctx context.Context, bounds []*bound) (*obstacle, error) {
	for _, b := range bounds {
		if !b.across {
			continue
		}
		found, err := b.survey.ask(ctx, func() ([]*inventory.Host, error) { return m.toAsk(ctx, b) },
			func(ctx context.Context, h *inventory.Host) (verdict, error) { return m.isWell(ctx, b, h) })
		if err != nil {
			return nil, err
		}
		m.counting.Lock()
		bad := m.endedBadly()
		away, err := m.whoIsAway(ctx)
		m.counting.Unlock()
		if err != nil {
			return nil, err
		}
		if o := b.blocked(m.name, m.work.Run, away, bad, found); o != nil && len(b.hosts) > 1 {
			return o, nil
		}
	}
	return nil, nil
}

// probesAfter are those of its availabilities that a host has to answer before it
// counts as back.
func (m *machine) probesAfter() []policies.Probe {
	var out []policies.Probe
	for _, b := range m.boundsOf(m.plan, m.policy.Name) {
		if !b.across {
			continue
		}
		for _, p := range b.probes {
			p.Within = max(p.Within, m.settle())
			out = append(out, p)
		}
	}
	return out
}

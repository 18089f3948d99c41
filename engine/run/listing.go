package run

import (
	"context"

	"patchwave/connectors"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// ListedBy is what one provider says of the points of a host.
type ListedBy struct {
	Provider string
	// Points are patchwave's; Why says why they cannot be told.
	Points []restore.Listed
	Why    string
}

// PointsOf asks a host with each of the named providers that fit it which restore points
// of patchwave there are. It changes nothing. Providers that cannot tell, and those that
// the machine cannot have, are left out. The error says that the host cannot be reached.
func (e *Engine) PointsOf(ctx context.Context, h *inventory.Host, f inventory.Facts, names []string) ([]ListedBy, error) {
	m := &machine{runner: &runner{engine: e}, host: h, name: h.Name}
	defer m.hangUp()
	if err := m.dial(ctx); err != nil {
		return nil, err
	}
	var out []ListedBy
	seen := map[restore.Listed]bool{} // one place may be known by two names
	for _, name := range names {
		p := m.provider(name)
		if p == nil {
			continue
		}
		if fits, _ := p.Fits(h, f); !fits {
			continue
		}
		said, lists, err := m.listPoints(ctx, p, map[string]string{"size": "yes"})
		switch {
		case err != nil:
			return out, err
		case !lists, said.Code == string(connectors.CodeUnsupported):
			continue
		}
		l := ListedBy{Provider: name, Why: said.Why}
		for _, point := range said.Points {
			if !seen[point] {
				seen[point] = true
				l.Points = append(l.Points, point)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// CheckPoint asks whether a restore point is there and whole. It changes nothing.
func (e *Engine) CheckPoint(ctx context.Context, h *inventory.Host, provider string, at restore.Point) (restore.Said, error) {
	m := &machine{runner: &runner{engine: e}, host: h, name: h.Name}
	defer m.hangUp()
	if err := m.dial(ctx); err != nil {
		return restore.Said{}, err
	}
	p := m.provider(provider)
	if p == nil {
		return restore.Said{Code: string(connectors.CodeUnsupported), Why: "this version has no provider " + provider}, nil
	}
	at.Host = h
	return m.askPoint(ctx, p, restore.OpCheck, at)
}

package coord

import (
	"context"

	"patchwave/engine/journal"
)

// Guard makes a journal that takes no events of work whose lease is lost.
func Guard(j journal.Journal, h *Hold) journal.Journal { return guard{j, h} }

type guard struct {
	journal journal.Journal
	hold    *Hold
}

// Append implements journal.Journal.
func (g guard) Append(ctx context.Context, events ...journal.Event) error {
	if err := g.hold.Check(); err != nil {
		return err
	}
	return g.journal.Append(ctx, events...)
}

package run

import (
	"context"
	"fmt"
)

// comeIn waits for a place among the hosts in work, and for a turn.
func (m *machine) comeIn(ctx context.Context) error {
	if err := m.turn.Take(ctx); err != nil {
		return err
	}
	select {
	case m.slots <- struct{}{}:
		m.inside = true
		return nil
	case <-ctx.Done():
		m.turn.Give()
		return context.Cause(ctx)
	}
}

// goOut gives back what comeIn got.
func (m *machine) goOut() {
	if m.inside {
		<-m.slots
		m.inside = false
	}
	m.turn.Give()
}

func hostsText(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}

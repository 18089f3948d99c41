package run

import (
	"context"
	"fmt"
	"sync"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
)

// recall makes the absences what the journal says: a process that died may have
// left one behind, or none where there should be one.
func (r *runner) recall(ctx context.Context) error {
	var back []string
	var away []coord.Absence
	r.rec.mu.Lock()
	for _, h := range r.rec.folder.Run().Hosts {
		if row, _ := journal.RowOf(h.State); row.Begun && !h.State.Ended() {
			away = append(away, coord.Absence{Host: h.Name, Run: r.work.Run, Since: h.Since})
		} else {
			back = append(back, h.Name)
		}
	}
	r.rec.mu.Unlock()
	for _, a := range away {
		if _, err := r.absences.Leave(ctx, a, func([]coord.Absence) bool { return true }); err != nil {
			return fmt.Errorf("record which hosts are away: %w", err)
		}
	}
	if len(r.work.Past) == 0 {
		return nil
	}
	if err := r.absences.Return(ctx, r.work.Run, back...); err != nil {
		return fmt.Errorf("record which hosts are back: %w", err)
	}
	return nil
}

// back records that a host is not away any more, or was not for long. A failure
// counts it as away until the run is gone on with; the journal is what counts.
func (m *machine) back(ctx context.Context) {
	if row, _ := journal.RowOf(m.state()); !m.away || row.Begun && !m.state().Ended() {
		return // nobody knows how it is until a resume has looked
	}
	m.away = false
	m.counting.Lock()
	err := m.absences.Return(context.WithoutCancel(ctx), m.work.Run, m.name)
	close(m.moved)
	m.moved = make(chan struct{})
	m.counting.Unlock()
	if err != nil {
		_ = m.rec.fail(fmt.Errorf("record that %s is back: %w", m.name, err)) // it ends the run
	}
}

// whoIsAway are the hosts that runs work on, but for this one.
func (m *machine) whoIsAway(ctx context.Context) (away []coord.Absence, err error) {
	_, err = m.absences.Leave(context.WithoutCancel(ctx), coord.Absence{Host: m.name, Run: m.work.Run, Since: m.engine.Now()}, func(others []coord.Absence) bool {
		away = others
		return false
	})
	if err != nil {
		return nil, m.rec.fail(fmt.Errorf("look which hosts are away: %w", err))
	}
	return away, nil
}

// ownAbsences are the absences of one process that knows of no other.
type ownAbsences struct {
	mu   sync.Mutex
	away map[string]coord.Absence
}

// Leave implements coord.Absences.
func (o *ownAbsences) Leave(_ context.Context, a coord.Absence, fits func([]coord.Absence) bool) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var others []coord.Absence
	for _, other := range o.away {
		if other.Host != a.Host {
			others = append(others, other)
		}
	}
	if !fits(others) {
		return false, nil
	}
	if o.away == nil {
		o.away = map[string]coord.Absence{}
	}
	o.away[a.Host] = a
	return true, nil
}

// Return implements coord.Absences.
func (o *ownAbsences) Return(_ context.Context, run string, hosts ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range hosts {
		if o.away[h].Run == run {
			delete(o.away, h)
		}
	}
	return nil
}

package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/inventory"
)

// A host begins, which is to leave checking for protecting, only if every bound
// that it is in still holds with it away: counted at that moment, over the hosts
// that this and other runs work on, those that ended badly, and those that do not
// answer their probes. What cannot begin yet gives its place and its connection
// back and waits, then it is looked at anew.

// DefaultPatience is how long a host waits for hosts that are not well.
const DefaultPatience = 15 * time.Minute

// recheck is how many polls lie between two looks of a host that waits.
const recheck = 15

// guards is what the hosts of a run keep to together.
type guards struct {
	// gate is held by who begins, together, and by who fails, alone.
	gate           sync.RWMutex
	availabilities []*bound
	// waveBounds are by waveKey.
	waveBounds map[string]*bound
	absences   coord.Absences
	// counting is held while somebody counts, and while somebody comes back.
	counting sync.Mutex
	// moved is closed when a host has come back.
	moved chan struct{}
	// stuck says since when what a bound waits for has not changed.
	stuck map[*bound]standstill
}

type standstill struct {
	ill   string
	since time.Time
}

func newGuards(e *Engine, w Work) *guards {
	g := &guards{absences: e.Absences, moved: make(chan struct{}), stuck: map[*bound]standstill{}}
	if g.absences == nil {
		g.absences = &ownAbsences{}
	}
	g.availabilities, g.waveBounds = newBounds(w)
	return g
}

// mayBegin waits until the host may be away. It reports whether the host may go
// on at once: else it has ended, is to be checked anew since it had to wait, or
// the run is stopping.
func (m *machine) mayBegin(ctx context.Context) (bool, error) {
	bounds := m.boundsOf(m.plan, m.policy.Name)
	for waited := false; ; waited = true {
		if why := m.timeIsUp(waited); why != "" {
			if waits := m.rec.host(m.name).Waiting; waits != "" {
				why = waits + "; " + why
			}
			return false, m.defers(ctx, why)
		}
		if m.isOpen(m.policy) {
			return false, m.skip(ctx)
		}
		moved := m.watch()
		o, at, err := m.tryBegin(ctx, bounds)
		switch {
		case err != nil:
			return false, err
		case o == nil:
			return !waited, nil
		}
		m.back(ctx) // others may go while this one waits
		switch {
		case m.givesUp(at, o):
			return false, m.defers(ctx, o.text)
		}
		if err := m.waits(ctx, o, moved); err != nil {
			return false, err
		}
		if m.stopping(ctx) {
			return false, nil
		}
	}
}

// watch returns what is closed when the next host has come back.
func (g *guards) watch() <-chan struct{} {
	g.counting.Lock()
	defer g.counting.Unlock()
	return g.moved
}

// timeIsUp says why a host that is about to begin may not any more, or "". Its
// whole run has to fit if nobody has looked at that a moment ago.
func (m *machine) timeIsUp(waited bool) string {
	if waited || !m.fits {
		return m.tooLate()
	}
	if m.work.Left == nil || m.byHand() {
		return ""
	}
	if left, bounded := m.work.Left(m.policy, m.host); bounded && left <= 0 {
		return "the window is closed"
	}
	return ""
}

// skip ends a host that may not begin since too many others have failed.
func (m *machine) skip(ctx context.Context) error {
	return m.finish(ctx, journal.Skipped, "too many failures before its turn", nil, m.stepEnd("skipped", nil, nil)...)
}

// enter moves a host on to something that changes it, unless the breaker is open.
// A failure is journaled when nobody is in between (see finish): no host begins
// after the one that was too much.
func (m *machine) enter(ctx context.Context, next journal.State, before ...entry) error {
	m.gate.RLock()
	defer m.gate.RUnlock()
	if m.isOpen(m.policy) {
		return m.skip(ctx)
	}
	return m.to(ctx, next, before...)
}

// defers ends a host that cannot begin any more.
func (m *machine) defers(ctx context.Context, why string) error {
	return m.finish(ctx, journal.Deferred, why, nil, m.stepEnd("skipped", nil, nil)...)
}

// tryBegin takes the last look: it records the host as away, or says what is in
// the way of which bound.
func (m *machine) tryBegin(ctx context.Context, bounds []*bound) (*obstacle, *bound, error) {
	if o, b, err := m.full(ctx, bounds); o != nil || err != nil {
		return o, b, err // nobody needs to be asked
	}
	found := make(map[*bound]map[string]verdict, len(bounds))
	for _, b := range bounds {
		said, err := b.survey.ask(ctx, func() ([]*inventory.Host, error) { return m.toAsk(ctx, b) },
			func(ctx context.Context, h *inventory.Host) (verdict, error) { return m.isWell(ctx, b, h) })
		if err != nil {
			return nil, nil, err
		}
		found[b] = said
	}
	var o *obstacle
	var at *bound
	m.counting.Lock()
	defer m.counting.Unlock()
	bad := m.endedBadly()
	ok, err := m.absences.Leave(context.WithoutCancel(ctx), coord.Absence{Host: m.name, Run: m.work.Run, Since: m.engine.Now()}, func(away []coord.Absence) bool {
		for _, b := range bounds {
			if m.work.Start.Kind == KindRollback && m.ill(found[b]) {
				continue // it serves nobody: to take it back does no harm
			}
			if o = b.blocked(m.name, m.work.Run, away, bad, found[b]); o != nil {
				at = b
				return false
			}
		}
		return true
	})
	if err != nil {
		return nil, nil, m.rec.fail(fmt.Errorf("record that %s is away: %w", m.name, err))
	}
	if ok {
		m.away = true
		for _, b := range bounds {
			delete(m.stuck, b)
		}
	}
	return o, at, nil
}

func (m *machine) ill(found map[string]verdict) bool {
	v, asked := found[m.name]
	return asked && !v.ok
}

// full counts without asking any host.
func (m *machine) full(ctx context.Context, bounds []*bound) (*obstacle, *bound, error) {
	if len(bounds) == 0 {
		return nil, nil, nil
	}
	m.counting.Lock()
	defer m.counting.Unlock()
	bad := m.endedBadly()
	away, err := m.whoIsAway(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range bounds {
		well := make(map[string]verdict, len(b.hosts))
		for _, h := range b.hosts {
			well[h] = verdict{ok: true}
		}
		if o := b.blocked(m.name, m.work.Run, away, bad, well); o != nil {
			return o, b, nil
		}
	}
	return nil, nil, nil
}

// toAsk are the hosts of a bound that have to be asked: nobody asks those that are
// away.
func (m *machine) toAsk(ctx context.Context, b *bound) ([]*inventory.Host, error) {
	m.counting.Lock()
	defer m.counting.Unlock()
	bad := m.endedBadly()
	away, err := m.whoIsAway(ctx)
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	for _, a := range away {
		gone[a.Host] = b.across || a.Run == m.work.Run
	}
	var out []*inventory.Host
	for _, name := range b.hosts {
		_, isBad := bad[name]
		h := m.work.Inventory.Host(name)
		if h == nil || gone[name] || isBad && len(b.probes) == 0 || !isBad && !b.every {
			continue
		}
		out = append(out, h)
	}
	return out, nil
}

// endedBadly are the hosts of the run that are not known to be well. What a
// rollback took back is.
func (r *runner) endedBadly() map[string]journal.State {
	out := map[string]journal.State{}
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	for _, h := range r.rec.folder.Run().Hosts {
		switch h.State {
		case journal.RolledBack:
			if r.work.Start.Kind == KindRollback {
				continue
			}
			fallthrough
		case journal.Failed, journal.Lost, journal.Unreachable:
			out[h.Name] = h.State
		}
	}
	return out
}

// givesUp reports whether to wait longer is in vain.
func (m *machine) givesUp(b *bound, o *obstacle) bool {
	if o.never {
		return true
	}
	m.counting.Lock()
	defer m.counting.Unlock()
	now := m.engine.Now()
	s, ok := m.stuck[b]
	if !ok || s.ill != o.ill {
		s = standstill{o.ill, now}
		m.stuck[b] = s
	}
	if o.own {
		return false // it comes back, or ends badly
	}
	if o.other && m.work.Left != nil && m.work.Start.Kind != KindRollback {
		if _, bounded := m.work.Left(m.policy, m.host); bounded {
			return false // the window ends the wait
		}
	}
	patience := m.engine.Patience
	if patience <= 0 {
		patience = DefaultPatience
	}
	return now.Sub(s.since) >= patience
}

// waits journals what a host waits for, and lets others have its place until
// something has moved or it is time to look again.
func (m *machine) waits(ctx context.Context, o *obstacle, moved <-chan struct{}) error {
	if err := m.tells(ctx, o); err != nil {
		return err
	}
	m.hangUp()
	m.goOut()
	t := time.NewTimer(recheck * m.engine.poll())
	defer t.Stop()
	select {
	case <-t.C:
	case <-moved:
	case <-m.drain:
	case <-m.cancel.said:
	case <-ctx.Done():
	}
	return m.comeIn(ctx)
}

// tells journals what a host waits for, once.
func (m *machine) tells(ctx context.Context, o *obstacle) error {
	if m.waitsFor == o.key {
		return nil
	}
	m.waitsFor = o.key
	return m.rec.add(ctx, entry{m.name, journal.HostWaiting, journal.HostWaitingData{Why: o.text}})
}

package main

import (
	"context"
	"slices"
	"time"

	"patchwave/engine/store"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// due is what is to be done at an instant.
type due struct {
	at, looked time.Time
	outlook    agenda.Outlook
	// interrupted are the runs whose process is gone, working those whose process may
	// be alive.
	interrupted, working []store.Unfinished
	// again are occurrences that were launched and whose run has not begun: by a
	// process that is gone, or that is planning. Of those in lapsed the window has
	// closed since.
	again, lapsed []store.Occurrence
	// over are occurrences whose run has come to an end that nobody has recorded.
	over []store.Occurrence
	// late are occurrences with hosts that may be back, soaks runs that may go on.
	late  []store.Occurrence
	soaks []store.Soak
	// waiting are the soaks that are not over.
	waiting []store.Soak
	// stagings are the downloads ahead that are to be begun or gone on with, unstaged
	// those that no process has brought to an end before the window opened.
	stagings []staging
	unstaged []store.Staging
	// woken are the hosts that processes have woken for a plan which are gone.
	woken []store.Woken
}

// anything reports whether there is more to do than to write down what has passed.
func (d *due) anything() bool {
	return d != nil && len(d.interrupted)+len(d.again)+len(d.over)+len(d.late)+len(d.soaks)+len(d.outlook.Due)+len(d.lapsed)+len(d.stagings)+len(d.unstaged)+len(d.woken) > 0
}

// look finds out what is due. It contacts no host and reads no journal but for the
// beginnings of runs that have not ended.
func (n *night) look(ctx context.Context) (*due, error) {
	d := &due{at: n.app.now()}
	st := n.s.store
	var err error
	if d.looked, err = st.Looked(ctx); err != nil {
		return nil, err
	}
	from := d.looked
	if from.IsZero() || from.After(d.at) {
		from = d.at
	}
	rows, err := st.Occurrences(ctx, from)
	if err != nil {
		return nil, err
	}
	if err := n.outlook(ctx, d, from, rows); err != nil {
		return nil, err
	}
	if err := n.unfinished(ctx, d); err != nil {
		return nil, err
	}
	for _, o := range rows {
		if err := n.sort(ctx, d, o); err != nil {
			return nil, err
		}
	}
	if err := n.stagings(ctx, d); err != nil {
		return nil, err
	}
	if d.woken, err = leftWoken(ctx, st); err != nil {
		return nil, err
	}
	return d, n.soaks(ctx, d, rows)
}

// outlook asks the agenda.
func (n *night) outlook(ctx context.Context, d *due, from time.Time, rows []store.Occurrence) error {
	g := newAgenda(n.s.all(), n.s.inv, n.s.cfg.Zone(), nil)
	suspensions, err := n.s.store.Suspensions(ctx, from.Add(-g.longest))
	if err != nil {
		return err
	}
	lifted, err := n.s.store.Lifted(ctx, from)
	if err != nil {
		return err
	}
	lifted = alsoReboots(lifted)
	g.in.Suspensions = slices.Concat(alsoReboots(suspensions), lifted)
	g.in.Openings = openingsWith(lifted)
	progress := agenda.Progress{Looked: d.looked, Runs: map[agenda.Occurrence]agenda.Run{}}
	for _, o := range rows {
		if !o.Launched.IsZero() {
			progress.Runs[keyOf(o)] = agenda.Run{Launched: o.Launched, Finished: o.Finished}
		}
	}
	d.outlook = agenda.Due(n.s.all(), d.at, g.in, progress)
	d.outlook.Due = slices.DeleteFunc(d.outlook.Due, func(l agenda.Launch) bool { return n.isBusy(l.Policy) })
	return nil
}

// openingsWith counts suspensions that were lifted after an opening had closed: all
// of it was suspended. Lifted before, the rest of the opening was free.
func openingsWith(lifted []policies.Suspension) agenda.Openings {
	return func(w *policies.Window, from, until time.Time, zone *time.Location, mine []policies.Suspension) []policies.Opening {
		standing := slices.DeleteFunc(slices.Clone(mine), func(s policies.Suspension) bool { return slices.Contains(lifted, s) })
		out := w.Openings(from, until, zone, standing)
		if len(standing) == len(mine) {
			return out
		}
		for i, o := range w.Openings(from, until, zone, mine) {
			if o.State == policies.OpeningSuspended && slices.ContainsFunc(mine, func(s policies.Suspension) bool { return !s.Until.Before(o.Closes) && s.Since.Before(o.Closes) }) {
				out[i] = o
			}
		}
		return out
	}
}

func keyOf(o store.Occurrence) agenda.Occurrence {
	return agenda.Occurrence{Policy: o.Policy, Opens: o.Opens.UTC(), Zone: o.Zone}
}

// unfinished finds the runs whose process is gone.
func (n *night) unfinished(ctx context.Context, d *due) error {
	runs, err := n.s.store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, u := range runs {
		if n.ownRun(u.ID) {
			continue
		}
		dead, err := n.isDead(ctx, u)
		switch {
		case err != nil:
			return err
		case !dead:
			d.working = append(d.working, u)
		case !n.refused[u.ID]:
			d.interrupted = append(d.interrupted, u)
		}
	}
	return nil
}

// isDead reports whether nobody works on a run that has not ended.
func (n *night) isDead(ctx context.Context, u store.Unfinished) (bool, error) {
	if u.State == "interrupted" {
		return true, nil
	}
	return worksNo(ctx, n.s.store, u.ID, u.Start)
}

// sort finds out what an occurrence needs.
func (n *night) sort(ctx context.Context, d *due, o store.Occurrence) error {
	open := d.at.Before(o.Closes)
	if o.State != store.OccurrenceLaunched {
		if o.Late > 0 && open && !n.isBusy(o.Policy) && d.at.Sub(n.tried[keyOf(o)]) >= lookAgain {
			d.late = append(d.late, o)
		}
		return nil
	}
	if n.isBusy(o.Policy) {
		return nil
	}
	state, err := n.s.store.StateOf(ctx, o.Run)
	if err != nil {
		return err
	}
	switch {
	case state == "running" || state == "draining" || state == "interrupted":
		// the run is what counts
	case state != "":
		d.over = append(d.over, o)
	case n.isGiven(o): // this process could not begin it
	case open:
		d.again = append(d.again, o)
	default:
		d.lapsed = append(d.lapsed, o)
	}
	return nil
}

// soaks finds the runs whose soak is over and whose policies may work now: in an
// opening in which they were launched, or without a window.
func (n *night) soaks(ctx context.Context, d *due, rows []store.Occurrence) error {
	all, err := n.s.store.Soaks(ctx)
	for _, k := range all {
		may := len(k.Policies) == 0 || slices.ContainsFunc(k.Policies, func(name string) bool {
			i := slices.IndexFunc(n.s.policies, func(p *policies.Policy) bool { return p.Name == name })
			return i >= 0 && (n.s.policies[i].Window == nil || slices.ContainsFunc(rows, func(o store.Occurrence) bool {
				return o.Policy == name && !o.Finished.IsZero() && !o.Launched.IsZero() && d.at.Before(o.Closes)
			}))
		})
		switch {
		case n.isBusy(k.Policies...) || n.refused[k.Run]:
		case k.Over.After(d.at):
			d.waiting = append(d.waiting, k)
		case may:
			d.soaks = append(d.soaks, k)
		}
	}
	return err
}

// isGiven reports whether this process has begun with an occurrence.
func (n *night) isGiven(o store.Occurrence) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.given[keyOf(o)]
}

// ownRun reports whether this process works on a run.
func (n *night) ownRun(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.own[id]
}

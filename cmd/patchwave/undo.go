package main

import (
	"context"
	"fmt"
	"slices"

	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/run"
	"patchwave/engine/store"
)

// changes are the runs that changed hosts, newest first, and which of their
// changes were taken back since.
type changes struct {
	runs   []*journal.Run
	undone map[runHost]bool
	// gone are the restore points that are no longer there or lead nowhere, by host.
	gone map[string][]journal.PointGoneData
	// back are the rollbacks by hand that have not come to their end, by the run that they
	// undo: the runs that they are.
	back map[runHost]string
}

type runHost struct{ run, host string }

// mostRuns is how far back is looked for what can be undone.
const mostRuns = 1000

// changesOfRuns reads the runs. One that cannot be read is named and passed
// over.
func (a *app) changesOfRuns(ctx context.Context, st *store.Store) (changes, error) {
	out := changes{undone: map[runHost]bool{}, gone: map[string][]journal.PointGoneData{}, back: map[runHost]string{}}
	rows, err := st.Runs(ctx, mostRuns)
	if err != nil {
		return out, err
	}
	for _, row := range rows {
		r, err := loadRun(ctx, st, row.ID)
		if err != nil {
			a.say("run %s cannot be read and is passed over: %v", row.ID, err)
			continue
		}
		for _, h := range r.Hosts {
			out.gone[h.Name] = append(out.gone[h.Name], h.Gone...)
		}
		switch row.Kind {
		case run.KindApply:
			out.runs = append(out.runs, r)
		case run.KindRollback:
			out.takenBack(r)
		}
	}
	return out, nil
}

// takenBack notes what a rollback by hand took back.
func (c changes) takenBack(r *journal.Run) {
	for _, h := range r.Hosts {
		switch {
		case h.State == journal.RolledBack || h.State == journal.Unchanged:
			c.undone[runHost{r.Rollout, h.Name}] = true
		case !h.State.Ended():
			c.back[runHost{r.Rollout, h.Name}] = r.ID
		}
	}
}

// fate is what the journal says of a point that is gone; "" if it is not.
func (c changes) fate(h *journal.Host) string {
	for _, g := range c.gone[h.Name] {
		if g.ID == h.Point.ID {
			return g.State
		}
	}
	return ""
}

// host returns what a run left on a host that can be undone, or nil.
func (c changes) host(r *journal.Run, name string) *journal.Host {
	h := r.Host(name)
	if h == nil || h.Point == nil || h.Point.Provider == restore.None || h.Point.Scope == restore.ScopeFiles || c.undone[runHost{r.ID, name}] || c.fate(h) != "" {
		return nil
	}
	left := slices.ContainsFunc(h.Updates, func(u journal.UpdateRecord) bool {
		return u.State != "pending" && u.State != "rolled-back"
	})
	// what became of the updates of a lost host is not known: they may be there
	if left || h.State == journal.Lost {
		return h
	}
	return nil
}

// later refuses hosts that a later run changed.
func (c changes) later(past *journal.Run, hosts []*journal.Host) error {
	for _, r := range c.runs {
		if r.ID == past.ID {
			return nil
		}
		for _, h := range hosts {
			if c.host(r, h.Name) != nil {
				return &exitError{exitRefused, fmt.Errorf("run %s changed host %s after run %s; undo that one first, or say --discard-later", r.ID, h.Name, past.ID)}
			}
		}
	}
	return nil
}

// findRollback finds the run to undo and its hosts that were changed.
func (a *app) findRollback(ctx context.Context, s *session, c changes, what string) (*journal.Run, []*journal.Host, error) {
	if s.inv.Host(what) != nil {
		if a.flags.limit != "" || a.flags.where != "" {
			return nil, nil, usage("rollback of one host: --limit and --where do not go with it")
		}
		for _, r := range c.runs {
			if h := c.host(r, what); h != nil {
				return r, []*journal.Host{h}, nil
			}
		}
		return nil, nil, usage("no run changed host %s and can be undone", what)
	}
	r, err := loadRun(ctx, s.store, what)
	if err != nil {
		return nil, nil, err
	}
	selected, err := a.hosts(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	var hosts []*journal.Host
	for _, sel := range selected {
		if h := c.host(r, sel.Name); h != nil {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return nil, nil, usage("there is nothing of run %s to undo on these hosts", r.ID)
	}
	return r, hosts, nil
}

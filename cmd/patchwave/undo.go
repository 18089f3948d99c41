package main

import (
	"context"
	"fmt"
	"slices"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
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

// since are the runs after past that changed a host and were not undone, oldest first.
func (c changes) since(past *journal.Run, host string) []*journal.Run {
	var out []*journal.Run
	for _, r := range c.runs {
		if r.ID == past.ID {
			break
		}
		if c.host(r, host) != nil {
			out = append(out, r)
		}
	}
	slices.Reverse(out)
	return out
}

// undoes are the changes that going back to the point of a run undoes: of the whole
// system also those of later runs, each package from the version that it then has again.
func (c changes) undoes(past *journal.Run, h *journal.Host) []journal.UpdateRecord {
	out := slices.Clone(h.Updates)
	if h.Point.Scope != restore.ScopeSystem {
		return out
	}
	for _, r := range c.since(past, h.Name) {
		for _, u := range r.Host(h.Name).Updates {
			if u.State == "pending" {
				continue
			}
			i := slices.IndexFunc(out, func(o journal.UpdateRecord) bool { return o.Name == u.Name && o.Arch == u.Arch && o.From != "" })
			if i < 0 || u.From == "" {
				out = append(out, u)
			} else {
				out[i].To = u.To
			}
		}
	}
	return out
}

// newer are the points of a host that lead nowhere once it is taken back to that of a
// run: those of later runs, where it is one of the whole system.
func (c changes) newer(past *journal.Run, h *journal.Host) []plan.OldPoint {
	var out []plan.OldPoint
	if h.Point.Scope != restore.ScopeSystem {
		return nil
	}
	for _, r := range c.runs {
		if r.ID == past.ID {
			break
		}
		n := r.Host(h.Name)
		if n == nil || n.Point == nil || n.Point.Provider == restore.None || c.fate(n) != "" {
			continue
		}
		out = append(out, plan.OldPoint{ID: n.Point.ID, Provider: n.Point.Provider, Tag: n.Point.Tag, Native: n.Point.Native, Run: r.ID,
			Why: "the host was taken back to the older " + h.Point.ID})
	}
	return out
}

// findPoint finds the restore point of a host by its id or tag, and the run that made it.
func (a *app) findPoint(s *session, c changes, host, to string) (*journal.Run, []*journal.Host, error) {
	if s.inv.Host(host) == nil || a.flags.limit != "" || a.flags.where != "" {
		return nil, nil, usage("--to names the restore point of one host: patchwave rollback HOST --to ID")
	}
	for _, r := range c.runs {
		h := r.Host(host)
		if h == nil || h.Point == nil || h.Point.Provider == restore.None || h.Point.ID != to && (h.Point.Tag == "" || h.Point.Tag != to) {
			continue
		}
		fate := c.fate(h)
		switch {
		case fate == journal.PointSuperseded:
			return nil, nil, &exitError{exitRefused, fmt.Errorf("restore point %s of %s leads nowhere: the host was taken back to an older one since", to, host)}
		case fate != "":
			return nil, nil, &exitError{exitRefused, fmt.Errorf("restore point %s of %s was removed; `patchwave restore-points list -l %s` lists those that are left", to, host, host)}
		case h.Point.Scope == restore.ScopeFiles:
			return nil, nil, &exitError{exitRefused, fmt.Errorf("restore point %s of %s holds files only, which are copied back by hand", to, host)}
		case !h.State.Ended():
			return nil, nil, &exitError{exitRefused, fmt.Errorf("run %s is not finished on %s: resume or cancel it first", r.ID, host)}
		}
		return r, []*journal.Host{h}, nil
	}
	return nil, nil, usage("host %s has no restore point %q; `patchwave restore-points list -l %s` lists them", host, to, host)
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
		return nil, nil, usage("no run changed host %s and can be undone; `patchwave restore-points list -l %s` shows the points that it has, for --to", what, what)
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

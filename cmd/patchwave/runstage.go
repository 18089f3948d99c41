package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/coord"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/engine/stage"
	"patchwave/engine/store"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies/agenda"
)

// staging is a download ahead of an opening that is due; row is nil if it has not
// begun.
type staging struct {
	launch agenda.Launch
	row    *store.Staging
}

// stagings finds the downloads that are due: for openings in which the policy is
// launched, from `before` ahead of them on, at most once each.
func (n *night) stagings(ctx context.Context, d *due) error {
	var most time.Duration
	for _, p := range n.s.policies {
		if p.Stage != nil && p.Window != nil {
			most = max(most, p.Stage.Before)
		}
	}
	rows, err := n.s.store.Stagings(ctx, d.at)
	if err != nil {
		return err
	}
	for _, g := range rows {
		if g.Finished.IsZero() && !g.Opens.After(d.at) && !n.isBusy(stagingTask(g.Policy)) {
			d.unstaged = append(d.unstaged, g)
		}
	}
	if most == 0 {
		return nil
	}
	g, err := n.app.agenda(ctx, n.s, d.at)
	if err != nil {
		return err
	}
	for _, l := range g.between(d.at.Add(1), d.at.Add(most+1)) {
		p := n.policy(l.Policy)
		if p == nil || p.Stage == nil || l.Launch.IsZero() || l.Opens.Sub(d.at) > p.Stage.Before || n.isAhead(l.Occurrence) {
			continue
		}
		due := staging{launch: l}
		if i := slices.IndexFunc(rows, func(g store.Staging) bool { return keyOfStaging(g) == l.Occurrence }); i >= 0 {
			if !rows[i].Finished.IsZero() {
				continue
			}
			due.row = &rows[i]
		}
		d.stagings = append(d.stagings, due)
	}
	return nil
}

func keyOfStaging(g store.Staging) agenda.Occurrence {
	return agenda.Occurrence{Policy: g.Policy, Opens: g.Opens.UTC(), Zone: g.Zone}
}

// stagingTask is the name under which a download is at work: it keeps no policy busy.
func stagingTask(policy string) string { return "stage " + policy }

// isAhead reports whether this process has begun with a download.
func (n *night) isAhead(o agenda.Occurrence) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ahead[o]
}

// stageAll begins the downloads that are due, beside all other work. One that another
// process is at is left to it.
func (n *night) stageAll(ctx context.Context, d *due) {
	for _, g := range d.unstaged {
		g.Finished, g.Reason = d.at, "the program was ended before all was downloaded"
		if err := n.s.store.EndStaging(ctx, g); err != nil {
			n.failed(err)
		}
	}
	for _, due := range d.stagings {
		l := due.launch
		key := coord.Key{Kind: coord.KindOccurrence, Name: "stage " + occurrenceName(occurrenceOf(l))}
		held, err := n.keeper.Acquire(ctx, key)
		if _, other := errors.AsType[*coord.HeldError](err); other {
			continue
		} else if err != nil {
			n.failed(err)
			continue
		}
		n.mu.Lock()
		n.ahead[l.Occurrence] = true
		n.mu.Unlock()
		n.goOn([]string{stagingTask(l.Policy)}, func() error {
			err := n.stage(ctx, due, held)
			return errors.Join(err, held.Release(context.WithoutCancel(ctx)))
		})
	}
}

// stage downloads for one opening. What goes wrong with it is told and is no failure
// of the night.
func (n *night) stage(ctx context.Context, due staging, held *coord.Hold) error {
	work, end := held.Context(ctx)
	defer end()
	work, stop := n.planning(work)
	defer stop()
	g, open, err := n.staging(work, due)
	if err != nil || !open {
		return err
	}
	hosts, left, err := n.toStage(work, due.launch)
	switch {
	case work.Err() != nil:
		return n.letGo(ctx, g)
	case err != nil:
		g.Reason = strings.SplitN(err.Error(), "\n", 2)[0]
	case len(hosts)+len(left) == 0:
		g.Reason = "nothing is pending that may be installed"
	}
	known, err := n.s.store.StagedHosts(ctx, g.ID)
	if err != nil {
		return err
	}
	is := func(h string) bool {
		return slices.ContainsFunc(known, func(k store.StagedHost) bool { return k.Host == h })
	}
	for _, h := range left {
		if !is(h.Host) {
			if err := n.staged(ctx, g, h); err != nil {
				return err
			}
		}
	}
	hosts = slices.DeleteFunc(hosts, func(h stage.Host) bool { return is(h.Name) })
	if err := n.download(work, g, hosts, held.Fence()); err != nil {
		return err
	}
	if work.Err() != nil {
		return n.letGo(ctx, g)
	}
	return n.endStaging(ctx, g)
}

// letGo leaves a download to the next invocation.
func (n *night) letGo(ctx context.Context, g *store.Staging) error {
	if !n.draining(ctx) {
		return nil // the lease was lost, which is told
	}
	return &exitError{max(n.app.interrupted, exitInterrupted), fmt.Errorf("the download ahead for policy %s is not done; the next `patchwave run` goes on with it until the window opens", g.Policy)}
}

// staging writes down that a download begins; false if it has ended meanwhile.
func (n *night) staging(ctx context.Context, due staging) (*store.Staging, bool, error) {
	if due.row == nil {
		id, err := n.app.newRunID()
		if err != nil {
			return nil, false, err
		}
		l := due.launch
		n.app.say("policy %s in window %s: what will be installed at %s is downloaded", l.Policy, l.Window, l.Opens.In(n.s.cfg.Zone()).Format("Mon 2006-01-02 15:04 MST"))
		due.row = &store.Staging{Policy: l.Policy, Opens: l.Opens, Zone: l.Zone, ID: job.StagePrefix + id, Began: n.app.now()}
	}
	isNew, err := n.s.store.Stage(ctx, *due.row)
	if err != nil || isNew {
		return due.row, err == nil, err
	}
	rows, err := n.s.store.Stagings(ctx, due.row.Opens)
	if err != nil {
		return nil, false, err
	}
	for _, g := range rows {
		if keyOfStaging(g) == due.launch.Occurrence && g.Finished.IsZero() {
			return &g, true, nil
		}
	}
	return nil, false, nil
}

// download works on the hosts until they have their results, the window opens, or the
// first signal.
func (n *night) download(ctx context.Context, g *store.Staging, hosts []stage.Host, fence int64) (err error) {
	if len(hosts) == 0 {
		return nil
	}
	d := newDialer()
	defer func() { err = joinClose(err, d) }()
	s := stage.Stager{Dialer: n.s.newTurns(d), Places: n.s.newPlaces(d), Now: n.app.now, Controller: n.s.store.Controller(), Run: g.ID, Fence: fence,
		Until: g.Opens, Poll: n.app.poll()}
	return s.Stage(ctx, hosts, func(r stage.Result) error {
		return n.staged(context.WithoutCancel(ctx), g, store.StagedHost{Host: r.Host, Staged: r.Staged, Total: r.Total, Problem: r.Problem})
	})
}

// staged records what came of a host.
func (n *night) staged(ctx context.Context, g *store.Staging, h store.StagedHost) error {
	h.At = n.app.now()
	if h.Problem != nil {
		n.app.say("%s: not downloaded ahead for policy %s: %s", h.Host, g.Policy, h.Problem.Message)
	}
	return n.s.store.StagedOn(ctx, g.ID, h)
}

func (n *night) endStaging(ctx context.Context, g *store.Staging) error {
	hosts, err := n.s.store.StagedHosts(ctx, g.ID)
	if err != nil {
		return err
	}
	g.Finished = n.app.now()
	if g.Reason != "" {
		n.app.say("policy %s: nothing was downloaded ahead: %s", g.Policy, g.Reason)
	} else {
		n.app.say("policy %s: downloaded ahead on %d of %s", g.Policy, wellStaged(hosts), count(len(hosts), "host"))
	}
	return n.s.store.EndStaging(context.WithoutCancel(ctx), *g)
}

func wellStaged(hosts []store.StagedHost) (n int) {
	for _, h := range hosts {
		if h.Problem == nil {
			n++
		}
	}
	return n
}

// toStage are the hosts on which the opening will install something, with what it is,
// and those of which that is not known.
func (n *night) toStage(ctx context.Context, l agenda.Launch) ([]stage.Host, []store.StagedHost, error) {
	p, err := n.planAhead(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	seen, err := n.s.store.Seen(ctx)
	if err != nil {
		return nil, nil, err
	}
	var free map[string]int64
	args := n.policy(l.Policy).Arguments()
	if prep := n.policy(l.Policy).Preparation; prep != nil && prep.Require != nil {
		free = prep.Require.DiskFree
	}
	var hosts []stage.Host
	var left []store.StagedHost
	for _, w := range p.Waves {
		if w.Policy != l.Policy || w.NotBefore != nil && !w.NotBefore.Before(l.Closes) {
			continue
		}
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				host := n.s.inv.Host(h.Name)
				if host == nil || len(h.Changes()) == 0 {
					continue
				}
				i := slices.IndexFunc(managers(), func(m updates.Manager) bool {
					return m.Name() == seen[h.Name].Facts.PackageManager
				})
				if i < 0 {
					left = append(left, store.StagedHost{Host: h.Name, Problem: &inventory.Problem{Code: string(connectors.CodeUnsupported), Message: "its package manager does not download ahead"}})
					continue
				}
				one := stage.Host{Name: h.Name, Target: host.Target, Manager: managers()[i], Changes: h.Changes(), DiskFree: free, Args: args}
				for _, s := range h.Steps {
					one.Download += s.Download
					one.Old = one.Old || s.RestorePoint != nil && s.RestorePoint.Provider == restore.Packages
				}
				hosts = append(hosts, one)
			}
		}
	}
	for _, x := range p.Excluded {
		if x.Code != plan.ExcludedUnmanaged {
			left = append(left, store.StagedHost{Host: x.Host, Problem: &inventory.Problem{Code: x.Code, Message: x.Reason}})
		}
	}
	return hosts, left, nil
}

// planAhead is what the opening will carry out, as far as that is known now: the rest
// of the rollout that goes on, or what a plan of that time would have; an empty plan if nothing.
func (n *night) planAhead(ctx context.Context, l agenda.Launch) (*plan.Plan, error) {
	soaks, err := n.s.store.Soaks(ctx)
	if err != nil {
		return nil, err
	}
	for _, k := range soaks {
		r, err := loadRun(ctx, n.s.store, k.Run)
		if err != nil {
			return nil, err
		}
		if slices.Contains(waitingPolicies(r), l.Policy) && r.Start.ConfigDigest == n.s.cfg.Digest {
			if !k.Over.Before(l.Closes) {
				return nil, fmt.Errorf("run %s soaks until after the window has closed", r.ID)
			}
			return n.restOf(ctx, r, func(h *journal.Host) bool { return h.Policy == l.Policy && h.State == journal.Pending })
		}
	}
	last, err := n.s.store.LastRun(ctx, l.Policy, l.Zone)
	if err != nil {
		return nil, err
	}
	if last != nil {
		r, err := loadRun(ctx, n.s.store, last.Run)
		if err != nil {
			return nil, err
		}
		if goesOn(r, l.Policy) && r.Start.ConfigDigest == n.s.cfg.Digest {
			return n.restOf(ctx, r, func(h *journal.Host) bool { return h.Policy == l.Policy && unfinishedHost(h) })
		}
	}
	hosts := n.hostsOf(occurrenceOf(l))
	if len(hosts) == 0 {
		return &plan.Plan{}, nil
	}
	ctx, stop := n.planning(ctx)
	defer stop()
	return n.app.makePlan(ctx, n.s, planOptions{policy: l.Policy, hosts: hosts, refresh: "auto", ahead: l.Opens}, nil)
}

// restOf is what a run has left, without the times of its plan.
func (n *night) restOf(ctx context.Context, r *journal.Run, left func(*journal.Host) bool) (*plan.Plan, error) {
	old, err := n.s.store.Plan(ctx, r.PlanID)
	if err != nil {
		return nil, err
	}
	if old == nil {
		return nil, usage("the plan of run %s is not in the database", r.ID)
	}
	return old.Remainder(func(name string) bool {
		h := r.Host(name)
		return h != nil && left(h)
	}), nil
}

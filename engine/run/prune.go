package run

import (
	"context"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
)

// KindPrune is a run that removes restore points and changes nothing else.
const KindPrune = "prune"

// StepPrune is the step of such a run.
const StepPrune = "prune"

// byHand says that an operator asked for the run as it is: no window bounds it,
// no action prepares it, nothing that the policy asks of an update is asked for.
func (r *runner) byHand() bool {
	return r.work.Start.Kind == KindRollback || r.work.Start.Kind == KindPrune
}

// checkPrune looks whether the host can be reached.
func (m *machine) checkPrune(ctx context.Context) error {
	return m.to(ctx, journal.Protecting, m.stepEnd("ok", nil, nil)...)
}

// pruneNow claims the host and removes the points of the plan, those only that the host
// still lists under the same name and id. Each is journaled before and after; then the
// host is asked again. What could not be removed fails the host, after all others.
func (m *machine) pruneNow(ctx context.Context) error {
	if err := m.begin(ctx, StepPrune); err != nil {
		return err
	}
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Set(ctx) }); err != nil {
		return err
	}
	m.ttl = pointDoLimit
	defer func() { m.ttl = 0 }()
	var left []string
	var code connectors.Code
	for _, of := range m.oldPoints() {
		stays, why, err := m.pruneProvider(ctx, of)
		if err != nil {
			return err
		}
		if code == "" {
			code = why
		}
		left = append(left, stays...)
	}
	if len(left) == 0 {
		return m.finish(ctx, journal.Done, "", nil, m.stepEnd("ok", nil, nil)...)
	}
	fault := &journal.Fault{Code: string(code), Message: "restore points could not be removed: " + list(left) + "; look at the host, then prune again"}
	return m.finish(ctx, journal.Failed, "", fault, m.stepEnd("failed", nil, fault)...)
}

// ofProvider are the old points of one provider.
type ofProvider struct {
	name   string
	points []plan.OldPoint
}

// oldPoints are the points of the plan, by provider, in the plan's order.
func (m *machine) oldPoints() []ofProvider {
	var out []ofProvider
	for _, s := range m.plan.Steps {
		for _, p := range s.Prune {
			i := slices.IndexFunc(out, func(o ofProvider) bool { return o.name == p.Provider })
			if i < 0 {
				out, i = append(out, ofProvider{name: p.Provider}), len(out)
			}
			out[i].points = append(out[i].points, p)
		}
	}
	return out
}

// pruneProvider removes the points of one provider; stays are those that are still there.
func (m *machine) pruneProvider(ctx context.Context, of ofProvider) (stays []string, code connectors.Code, err error) {
	p := m.provider(of.name)
	if p == nil {
		return []string{"those of " + of.name + ": this version has no such provider"}, connectors.CodeUnsupported, nil
	}
	before, lists, err := m.listPoints(ctx, p, nil)
	if err != nil {
		return nil, "", err
	}
	if before.Why != "" {
		return []string{"those of " + of.name + ": " + before.Why}, codeOr(before.Code), nil
	}
	for _, old := range of.points {
		why, c, err := m.pruneOne(ctx, p, old, before.Points, lists)
		if err != nil {
			return nil, "", err
		}
		if why != "" {
			stays = append(stays, old.Tag+" ("+why+")")
			if code == "" {
				code = c
			}
		}
	}
	return stays, code, nil
}

// listPoints asks for the points of the host; lists says that the provider can tell.
func (m *machine) listPoints(ctx context.Context, p restore.Provider, args map[string]string) (said restore.Said, lists bool, err error) {
	if _, lists = p.Call(restore.OpList, restore.Point{Host: m.host}); !lists {
		return said, false, nil
	}
	said, err = m.askPoint(ctx, p, restore.OpList, restore.Point{Host: m.host, Args: args})
	return said, true, err
}

// pruneOne removes one point, and asks the host whether it is gone. why says why it is
// still there.
func (m *machine) pruneOne(ctx context.Context, p restore.Provider, old plan.OldPoint, there []restore.Listed, lists bool) (why string, code connectors.Code, err error) {
	if slices.ContainsFunc(m.rec.host(m.name).Gone, func(g journal.PointGoneData) bool { return g.Tag == old.Tag && g.Provider == old.Provider }) {
		return "", "", nil // a resume: it is done
	}
	gone := journal.PointGoneData{ID: old.ID, Provider: old.Provider, Tag: old.Tag, Run: old.Run, State: journal.PointRemoved, Why: old.Why}
	id := m.jobID(StepPrune, m.pruneRound(old))
	_, was := m.begun(id)
	i := slices.IndexFunc(there, func(l restore.Listed) bool { return l.Tag == old.Tag })
	switch {
	case lists && i < 0:
		if !was { // else it was this run that removed it, before it was interrupted
			gone.State = journal.PointAbsent
		}
		return "", "", m.rec.add(ctx, entry{m.name, journal.PointGone, gone})
	case lists && old.Native != "" && there[i].ID != old.Native:
		return "another point has its name by now", connectors.CodeGuard, nil
	case !restore.OwnTag(old.Tag):
		return "its name is none of patchwave's", connectors.CodeGuard, nil
	}
	if err := m.rec.add(ctx, m.removal(id, p)); err != nil {
		return "", "", err
	}
	at := restore.Point{Tag: old.Tag, ID: old.Native, Host: m.host}
	said, err := m.askPoint(ctx, p, restore.OpRemove, at)
	if err != nil {
		return "", "", err
	}
	if said.State != restore.Removed && said.State != restore.Absent {
		return saidWhy(said, "the provider says "+string(said.State)), codeOr(said.Code), nil
	}
	if lists {
		again, _, err := m.listPoints(ctx, p, nil)
		if err != nil {
			return "", "", err
		}
		if again.Why != "" || slices.ContainsFunc(again.Points, func(l restore.Listed) bool { return l.Tag == old.Tag && l.ID == old.Native }) {
			return saidWhy(again, "the provider says that it is removed, and it is still there"), connectors.CodeExit, nil
		}
	}
	return "", "", m.rec.add(ctx, entry{m.name, journal.PointGone, gone})
}

// pruneRound numbers the points of the plan.
func (m *machine) pruneRound(old plan.OldPoint) int {
	n := 0
	for _, of := range m.oldPoints() {
		for _, p := range of.points {
			if n++; p == old {
				return n
			}
		}
	}
	return n
}

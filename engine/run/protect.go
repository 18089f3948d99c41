package run

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/restore"
	"patchwave/policies"
)

// protect claims the host, makes the restore point, and lets the actions begin.
func (m *machine) protect(ctx context.Context) error {
	if m.work.Start.Kind == KindPrune {
		return m.pruneNow(ctx)
	}
	if err := m.know(ctx); err != nil {
		return err
	}
	if m.rebootOnly() {
		return m.protectReboot(ctx)
	}
	if m.protected() {
		return m.prepare(ctx)
	}
	if err := m.begin(ctx, StepRestorePoint); err != nil {
		return err
	}
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Set(ctx) }); err != nil {
		return err
	}
	if m.work.Start.Kind == KindRollback {
		return m.to(ctx, journal.Ready, m.stepEnd("ok", nil, nil)...)
	}
	c, err := m.choose(ctx)
	if err != nil {
		return err
	}
	entries := append(c.entries, entry{m.name, journal.PointMade, c.point})
	fault := c.fault
	if fault == nil {
		fault = m.unprotected(c.point)
	}
	if fault != nil {
		return m.finish(ctx, journal.Failed, "", fault, append(entries, m.stepEnd("failed", c.rc, fault)...)...)
	}
	if len(m.actions()) > 0 {
		return m.rec.add(ctx, append(entries, m.stepEnd("ok", c.rc, nil)...)...) // prepare is next
	}
	return m.to(ctx, journal.Ready, append(entries, m.stepEnd("ok", c.rc, nil)...)...)
}

// chosen is the restore point of a host, or why there is none.
type chosen struct {
	point journal.PointData
	rc    *int
	// fault is of the host itself, not of a provider: no other one is tried.
	fault *journal.Fault
	// entries are what is to be journaled before.
	entries []entry
}

// choose tries the providers of the policy in its order until one has a whole
// restore point. One that is only partial is taken if there is none.
func (m *machine) choose(ctx context.Context) (chosen, error) {
	names := m.pointProviders()
	begun := m.lastPointBegun()
	none := chosen{point: journal.PointData{ID: m.work.Run + "/" + restore.None, Provider: restore.None, Undoes: []string{}, Cannot: []string{}}}
	best := none
	var tried []journal.PointTried
	for i, name := range names {
		if _, was := m.begun(m.jobID(StepRestorePoint, i+1)); !was && i+1 < begun {
			tried = append(tried, journal.PointTried{Provider: name, Why: "passed over before the run was interrupted"})
			continue
		}
		c, why, err := m.tryPoint(ctx, i+1, name)
		switch {
		case err != nil:
			return none, err
		case c.fault != nil:
			c.entries = append(best.entries, c.entries...)
			return c, nil
		case why != "":
			tried = append(tried, journal.PointTried{Provider: name, Why: why})
			if err := m.rec.add(ctx, c.entries...); err != nil {
				return none, err
			}
			continue
		}
		c.entries = append(best.entries, c.entries...)
		switch {
		case best.point.Provider == restore.None:
			best = c
		case c.point.Checked:
			tried, best = append(tried, partly(best.point)), c
		default:
			tried, best.entries = append(tried, partly(c.point)), c.entries
		}
		if best.point.Checked {
			break
		}
	}
	if len(names) > 1 || best.point.Provider == restore.None {
		best.point.Tried = tried
	}
	return best, nil
}

// partly says what a point lacks that another one is taken for.
func partly(p journal.PointData) journal.PointTried {
	return journal.PointTried{Provider: p.Provider, Why: "cannot bring back " + list(p.Cannot)}
}

// tryPoint asks one provider for a restore point. why says why it made none.
func (m *machine) tryPoint(ctx context.Context, round int, name string) (c chosen, why string, err error) {
	p := m.provider(name)
	if p == nil {
		return c, "this version has no such provider", nil
	}
	if fits, why := p.Fits(m.host, m.facts); !fits {
		return c, why, nil
	}
	at := restore.Point{Tag: restore.TagOf(m.work.Start.Origin, m.work.Run, m.name), Host: m.host}
	id := m.jobID(StepRestorePoint, round)
	if _, was := m.begun(id); !was {
		said, err := m.askPoint(ctx, p, restore.OpDetect, at)
		if err != nil || !said.Possible {
			return c, saidWhy(said, "it is not possible on this host"), err
		}
	}
	intent := m.intentAt(id, p.Place())
	if err := m.rec.add(ctx, intent); err != nil {
		return c, "", err
	}
	said, e, err := m.doPoint(ctx, p, restore.OpCreate, at, id)
	if err != nil {
		return c, "", err
	}
	c.entries = []entry{m.outcome(id, e)}
	if p.Place() == restore.OnHost {
		rc := e.RC
		c.rc = &rc
		c.fault = jobFault(e)
	}
	if c.fault == nil && (said.State == restore.Whole || said.State == restore.Partial) && p.Name() != restore.Packages {
		at.ID = said.ID
		var again restore.Said
		if again, err = m.askPoint(ctx, p, restore.OpCheck, at); err != nil {
			return c, "", err
		}
		said.State, said.Code, said.Why = again.State, again.Code, again.Why
		said.Size = max(said.Size, again.Size)
	}
	c.point = m.pointOf(p, at, said)
	if c.fault == nil && said.State != restore.Whole && said.State != restore.Partial {
		return c, saidWhy(said, "the restore point is not there after it was made"), nil
	}
	return c, "", nil
}

func saidWhy(s restore.Said, other string) string {
	if s.Why != "" {
		return s.Why
	}
	return other
}

// pointOf is what the journal keeps of a point.
func (m *machine) pointOf(p restore.Provider, at restore.Point, said restore.Said) journal.PointData {
	d := journal.PointData{ID: m.work.Run + "/" + p.Name(), Provider: p.Name(), Checked: said.State == restore.Whole,
		Undoes: append([]string{}, said.Undoes...), Cannot: append([]string{}, said.Cannot...), Scope: p.Scope().Kind, Size: said.Size}
	if p.Name() == restore.Packages {
		d.Dir = restore.Dir(m.work.Run)
		return d
	}
	d.Tag, d.Native = at.Tag, said.ID
	d.Undoes = append(d.Undoes, p.Scope().Undoes...)
	d.Cannot = append(d.Cannot, p.Scope().CannotUndo...)
	return d
}

// pointProviders are the providers that the policy allows, in its order. Every host
// gets a manifest of its packages where the policy says nothing.
func (m *machine) pointProviders() []string {
	if p := m.policy.Preparation; p != nil && p.RestorePoint != nil && len(p.RestorePoint.Providers) > 0 {
		return p.RestorePoint.Providers
	}
	return []string{restore.Packages}
}

// required reports whether nothing may be changed without a whole restore point.
func (m *machine) required() bool {
	return slices.ContainsFunc(m.plan.Steps, func(s plan.Step) bool { return s.RestorePoint != nil && s.RestorePoint.Required })
}

// unprotected says why a host may not be changed with what could be had.
func (m *machine) unprotected(p journal.PointData) *journal.Fault {
	var why, next string
	switch {
	case m.required() && p.Provider == restore.None:
		why, next = "no restore point could be made, and one is required: "+triedText(p.Tried), anotherPoint
	case m.required() && !p.Checked:
		why = "the required restore point cannot bring back " + list(p.Cannot) + missingHelp(p)
	case m.rollsBack() && p.Scope == restore.ScopePackages && !p.Checked:
		why = "the policy rolls back on failure, and the restore point cannot bring back " + list(p.Cannot) + missingHelp(p)
	case m.rollsBack() && p.Provider == restore.None:
		why, next = "the policy rolls back on failure, and no restore point could be made: "+triedText(p.Tried), anotherPoint
	case m.rollsBack() && p.Scope == restore.ScopeFiles:
		why = fmt.Sprintf("the policy rolls back on failure, and the only restore point of this host (%s) brings back files only: %s", p.Provider, triedText(p.Tried))
	default:
		return nil
	}
	return &journal.Fault{Code: string(connectors.CodeGuard), Message: why + "; nothing was changed" + next}
}

// anotherPoint is what can be done where no provider could make a point.
const anotherPoint = "; mend that on the host and run again, or allow another provider in the preparation"

// missingHelp says what can be done where a point of packages lacks something.
func missingHelp(p journal.PointData) string {
	if p.Scope != restore.ScopePackages {
		return ""
	}
	return ": " + restore.Missing
}

func triedText(ts []journal.PointTried) string {
	out := make([]string, 0, len(ts))
	for _, t := range ts {
		out = append(out, t.Provider+": "+t.Why)
	}
	return strings.Join(out, "; ")
}

func (m *machine) rollsBack() bool { return onFailure(m.policy) == policies.FailRollback }

// nothingToGoBackTo says, by what is known before anything is claimed, that a policy
// which rolls back cannot do so on this host; else "".
func (m *machine) nothingToGoBackTo() string {
	if !m.rollsBack() {
		return ""
	}
	var why []string
	for _, name := range m.pointProviders() {
		p := m.provider(name)
		switch {
		case p == nil:
			why = append(why, name+": this version has no such provider")
		case !p.Scope().Rollback:
			why = append(why, name+" holds files only, and nothing can be taken back to it")
		default:
			fits, no := p.Fits(m.host, m.facts)
			if fits {
				return ""
			}
			why = append(why, name+": "+no)
		}
	}
	return "the policy rolls back on failure, and this host has no restore point for it (" + strings.Join(why, "; ") + ")"
}

// intentAt is the intent of something that may be done elsewhere than on the host.
func (m *machine) intentAt(id job.ID, at restore.Place) entry {
	e := m.intent(id)
	if data, ok := e.data.(journal.JobIntentData); ok && at != restore.OnHost {
		data.Where = string(at)
		e.data = data
	}
	return e
}

// lastPointBegun is the round of the last restore point whose intent is journaled.
func (m *machine) lastPointBegun() int {
	last := 0
	for _, j := range m.rec.host(m.name).Jobs {
		if j.Step == StepRestorePoint {
			last = max(last, j.Round)
		}
	}
	return last
}

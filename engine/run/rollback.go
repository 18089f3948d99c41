package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/scan"
)

// usedPoint is the restore point that the host is taken back to: the one of this run,
// or for a rollback by hand the one that the plan names.
func (m *machine) usedPoint() journal.PointData {
	if used := m.rec.host(m.name).Point; used != nil {
		return *used
	}
	p := journal.PointData{Provider: restore.Packages}
	for _, s := range m.plan.Steps {
		if r := s.RestorePoint; r != nil && m.work.Start.Kind == KindRollback {
			p = journal.PointData{ID: m.pointRun() + "/" + r.Provider, Provider: r.Provider, Native: r.ID, Checked: true,
				Tag: m.undoneTag(), Undoes: r.Undoes, Cannot: r.CannotUndo}
			if of := m.provider(r.Provider); of != nil {
				p.Scope = of.Scope().Kind
			}
		}
	}
	return p
}

// undoneTag is the tag of the point that the run has made which is taken back by hand.
func (m *machine) undoneTag() string {
	if past := m.work.Undone[m.name]; past != nil && past.Point != nil && past.Point.Tag != "" {
		return past.Point.Tag
	}
	return restore.Tag(m.pointRun(), m.name)
}

// rollback undoes the changes of this run and believes it when the host has the old
// versions. After a resume it first looks whether another run came in between.
func (m *machine) rollback(ctx context.Context) error {
	if over, err := m.overtaken(ctx); over || err != nil {
		return err
	}
	used := m.usedPoint()
	p := m.provider(used.Provider)
	if p == nil || !p.Scope().Rollback {
		fault := &journal.Fault{Code: string(connectors.CodeUnsupported),
			Message: rollbackFailed + fmt.Sprintf("this host cannot be taken back: its restore point is of the provider %s", used.Provider)}
		return m.finish(ctx, journal.Failed, "", fault, m.stepEnd("failed", nil, fault)...)
	}
	if p.Scope().Kind == restore.ScopePackages {
		return m.rollbackPackages(ctx)
	}
	return m.rollbackSystem(ctx, p, used)
}

// rollbackSystem takes a whole host back. What is on the host goes back too, so that
// nothing on it proves anything: the provider and the boot id do. Then the claim and
// the tombstones are written anew, before anything else is done there.
func (m *machine) rollbackSystem(ctx context.Context, p restore.Provider, used journal.PointData) error {
	id := m.jobID(StepRollback, 1)
	intent, ok := m.begun(id)
	if !ok {
		return errors.New("a rollback without an intent")
	}
	at := restore.Point{Tag: used.Tag, ID: used.Native, Before: used.Before, Host: m.host}
	if at.Before == "" {
		said, err := m.askPoint(ctx, p, restore.OpCheck, at)
		if err != nil {
			return err
		}
		if said.State != restore.Whole {
			return m.notBack(ctx, p, id, fmt.Sprintf("the restore point %s of %s cannot be used: %s", used.Tag, p.Name(), saidWhy(said, "it is "+string(said.State))))
		}
		at.Before = said.Identity
		if at.Before == "" {
			at.Before = "unknown"
		}
		used.Before = at.Before
		if err := m.rec.add(ctx, entry{m.name, journal.PointUsed, used}); err != nil {
			return err
		}
	}
	m.ttl = m.backLimit() + bootWait // nobody can renew the claim while the host is away
	defer func() { m.ttl = 0 }()
	why, err := m.takeBack(ctx, p, at, id, intent.BootID)
	if err != nil {
		return err
	}
	if why != "" {
		return m.notBack(ctx, p, id, why)
	}
	a, err := m.settleBack(ctx)
	if err != nil {
		return err
	}
	return m.concludeBack(ctx, p, id, a)
}

// backLimit is how long a host may take for its way back.
func (m *machine) backLimit() time.Duration {
	least := m.engine.Back
	if least <= 0 {
		least = pointDoLimit
	}
	return max(m.policy.Reboot.Timeout, least)
}

// notBack ends a host that was not taken back. Its job may have ended with the power.
func (m *machine) notBack(ctx context.Context, p restore.Provider, id job.ID, why string) error {
	fault := &journal.Fault{Code: string(connectors.CodeExit), Message: rollbackFailed + why + "; look at the host now"}
	e := ended{Status: job.Status{State: job.Done, RC: 1}, log: []byte(why)}
	if p.Place() == restore.OnHost {
		err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
			s, _, err := m.client().Poll(ctx, id, 0)
			if s.State == job.Lost || s.State == job.LostReboot {
				e.State = s.State
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return m.finish(ctx, journal.Failed, "", fault, append([]entry{m.outcome(id, e)}, m.stepEnd("failed", nil, fault)...)...)
}

// takeBack does the rollback unless it has happened (a resume), and waits until it is
// proven. why says that it has not happened.
func (m *machine) takeBack(ctx context.Context, p restore.Provider, at restore.Point, id job.ID, boot string) (why string, err error) {
	said := restore.Said{State: restore.Pending}
	if len(m.work.Past) > 0 && p.Place() != restore.OnHost {
		if said, err = m.askPoint(ctx, p, restore.OpProve, at); err != nil {
			return "", err
		}
	}
	if said.State != restore.Restored {
		m.working = true
		// by the connection that there is: the updates may have left no way to another one
		why, err := m.startBack(ctx, p, at, id, boot)
		if why != "" || err != nil {
			return why, err
		}
		m.hangUp() // a connection that lives through it proves nothing
	}
	if p.Place() == restore.OnHost {
		s, err := m.awaitBoot(ctx, id, boot, m.backLimit())
		if err != nil {
			return "", err
		}
		if s.BootID == boot {
			return m.declined(ctx, p, at, id, s)
		}
	}
	return m.proven(ctx, p, at, boot)
}

// declined says why a host that should have booted did not.
func (m *machine) declined(ctx context.Context, p restore.Provider, at restore.Point, id job.ID, s job.Status) (string, error) {
	why := fmt.Sprintf("the host did not boot within %s", m.backLimit())
	if s.State != job.Done || s.RC == 0 {
		return why, nil
	}
	var out ended
	if err := m.look(ctx, time.Minute, id, &out); err != nil {
		return "", err
	}
	return saidWhy(p.Read(restore.OpRollback, at, framing.ParseLog(job.Nonce(id), out.log)), why), nil
}

// startBack asks for the rollback. A host that goes down in the middle of its answer
// is what is wanted.
func (m *machine) startBack(ctx context.Context, p restore.Provider, at restore.Point, id job.ID, boot string) (string, error) {
	if p.Place() != restore.OnHost {
		said, err := m.askPoint(ctx, p, restore.OpRollback, at)
		if err != nil {
			return "", err
		}
		if said.State != restore.Restored && said.State != restore.Pending {
			return saidWhy(said, "the provider did not say what came of it"), nil
		}
		return "", nil
	}
	call, ok := p.Call(restore.OpRollback, at)
	if !ok {
		return "it has no way back", nil
	}
	err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
		s, _, err := m.client().Poll(ctx, id, 0)
		if err != nil || s.BootID != boot || s.State != job.Absent {
			return err
		}
		_, err = m.client().Start(ctx, id, call.Script, call.Args)
		return err
	})
	if passing(err) {
		return "", nil
	}
	return "", err
}

// proven waits until the provider says that the host was taken back. Where it cannot
// tell, another boot id does.
func (m *machine) proven(ctx context.Context, p restore.Provider, at restore.Point, boot string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, m.backLimit())
	defer cancel()
	for finished := false; ; {
		said, err := m.askPoint(ctx, p, restore.OpProve, at)
		if err != nil {
			return "", err
		}
		if said.State == restore.Pending && said.Code == string(connectors.CodeInterrupted) {
			if finished {
				return saidWhy(said, "it was interrupted and does not come to its end"), nil
			}
			finished = true // a power cut in the middle of it: what is left to do is done now
			if _, err := m.askPoint(ctx, p, restore.OpRollback, at); err != nil {
				return "", err
			}
			continue
		}
		switch said.State {
		case restore.Restored:
			return "", nil
		case restore.NotRestored:
			return saidWhy(said, "the provider says that the host was not taken back"), nil
		}
		if _, asks := p.Call(restore.OpProve, at); !asks {
			s, err := m.awaitBoot(ctx, m.jobID(StepRollback, 1), boot, m.backLimit())
			if err == nil && s.BootID == boot {
				return "the host has not booted since; a rollback cannot be told from none", nil
			}
			return "", err
		}
		if connectors.Pause(ctx, m.engine.poll()) != nil {
			return "there is no proof of it after " + m.backLimit().String() + ": " + saidWhy(said, "the provider does not say"), nil
		}
	}
}

// settleBack waits for the host and makes it ours again: the claim, then a tombstone
// for every job that was begun, so that none of them can begin anew. Then it looks at
// the host.
func (m *machine) settleBack(ctx context.Context) (scan.Answer, error) {
	m.hangUp()
	var a scan.Answer
	err := m.reconnect(ctx, m.backLimit(), func(ctx context.Context) error {
		if err := m.client().Set(ctx); err != nil {
			return err
		}
		for _, j := range m.rec.host(m.name).Jobs {
			if j.Where != "" {
				continue
			}
			rc := -1
			if j.Outcome != nil {
				rc = j.Outcome.RC
			}
			if err := m.client().Bury(ctx, m.jobID(j.Step, j.Round), rc, j.BootID); err != nil {
				return err
			}
		}
		if err := m.buryUndone(ctx); err != nil {
			return err
		}
		var err error
		a, err = m.observe(ctx, names(m.changes()))
		return err
	})
	m.working = err != nil
	return a, err
}

// buryUndone leaves the tombstones of the run that is taken back by hand: the job that
// made its point was at work when the point was made, and is back with it.
func (m *machine) buryUndone(ctx context.Context) error {
	past := m.work.Undone[m.name]
	if past == nil {
		return nil
	}
	for _, j := range past.Jobs {
		if j.Where != "" {
			continue
		}
		rc := -1
		if j.Outcome != nil {
			rc = j.Outcome.RC
		}
		if err := m.client().Bury(ctx, job.ID{Run: m.pointRun(), Host: m.name, Step: j.Step, Round: j.Round}, rc, j.BootID); err != nil {
			return err
		}
	}
	return nil
}

// concludeBack says what the host has after it was taken back.
func (m *machine) concludeBack(ctx context.Context, p restore.Provider, id job.ID, a scan.Answer) error {
	result, missing := back(m.rec.host(m.name).Updates, a.Installed, m.work.Start.Kind != KindRollback)
	e := ended{Status: job.Status{State: job.Done}, log: []byte("taken back by " + p.Name())}
	entries := []entry{m.outcome(id, e), {m.name, journal.UpdateResult, journal.UpdateResultData{Updates: result}}}
	before, ok := m.begun(id)
	if ok && before.BootID != a.Facts.BootID {
		entries = append(entries, entry{m.name, journal.Rebooted, journal.RebootedData{From: before.BootID, To: a.Facts.BootID}})
	}
	if len(missing) > 0 {
		fault := &journal.Fault{Code: string(connectors.CodeExit), Message: "the rollback did not bring back " + list(missing) + "; look at the host now"}
		if p.Name() == restore.SystemRestore {
			fault.Message += "; System Restore does not reliably take cumulative updates back"
		}
		return m.finish(ctx, journal.Failed, "", fault, append(entries, m.stepEnd("failed", nil, fault)...)...)
	}
	entries = append(entries, m.superseded()...)
	if changed := m.unlike(ctx); changed != "" {
		fault := &journal.Fault{Code: string(connectors.CodeExit),
			Message: rollbackFailed + "the versions are back, but the host is not as it was before: " + changed + "; look at the host now"}
		return m.finish(ctx, journal.Failed, "", fault, append(entries, m.stepEnd("failed", nil, fault)...)...)
	}
	return m.finish(ctx, journal.RolledBack, "", nil, append(entries, m.stepEnd("ok", nil, nil)...)...)
}

// superseded are the points of the host that are newer than the one that it was taken
// back to: what they hold is of a past that did not happen.
func (m *machine) superseded() []entry {
	var out []entry
	for _, s := range m.plan.Steps {
		if s.RestorePoint == nil {
			continue
		}
		for _, n := range s.RestorePoint.Newer {
			out = append(out, entry{m.name, journal.PointGone, journal.PointGoneData{ID: n.ID, Provider: n.Provider, Tag: n.Tag, Run: n.Run,
				State: journal.PointSuperseded, Why: n.Why}})
		}
	}
	return out
}

// unlike compares the health of the host with what it was before the first change, and
// says how it differs; "" if it does not, or if the policy does not compare it. After a
// rollback by hand only what the run had looked at counts.
func (m *machine) unlike(ctx context.Context) string {
	before := m.rec.host(m.name).Health
	if before == nil {
		return ""
	}
	results, err := m.compareParts(ctx, slices.DeleteFunc(slices.Clone(m.compared()), func(part string) bool { return !before.Has(part) }))
	if err != nil {
		return "its health cannot be told: " + err.Error()
	}
	bad := slices.DeleteFunc(slices.Clone(results), func(r journal.ProbeResult) bool { return r.OK })
	return strings.TrimSpace(failedProbes(bad))
}

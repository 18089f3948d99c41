package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/restore"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/policies"
)

// verify compares the host with what it was and asks the probes of the policy.
func (m *machine) verify(ctx context.Context) error {
	if err := m.begin(ctx, StepVerify); err != nil {
		return err
	}
	defer func() { m.ttl = 0 }()
	probes, err := m.verifying(ctx)
	if connectors.CodeOf(err) == connectors.CodeDisk && m.rollsBack() {
		fault := faultOf(err)
		fault.Message = "the host has no room left after the updates: " + fault.Message
		if err := m.rec.add(ctx, m.stepEnd("failed", nil, fault)...); err != nil {
			return err
		}
		return m.toRollback(ctx, fault)
	}
	if err != nil {
		return err
	}
	unchanged, err := m.compareHealth(ctx)
	if err != nil {
		return err
	}
	data := journal.VerifiedData{OK: failedProbes(unchanged) == "", Probes: append([]journal.ProbeResult{}, unchanged...)}
	for _, p := range probes {
		var res journal.ProbeResult
		err := m.reconnect(ctx, p.Within+5*time.Minute, func(ctx context.Context) error {
			var err error
			res, err = m.prober().Run(ctx, p)
			return err
		})
		if err != nil {
			return err
		}
		data.Probes = append(data.Probes, res)
		data.OK = data.OK && res.OK
	}
	verified := entry{m.name, journal.Verified, data}
	if data.OK && m.someFailed() {
		return m.partly(ctx, nil, append(m.stepEnd("ok", nil, nil), verified)...)
	}
	if data.OK && !m.last() {
		return m.to(ctx, journal.Ready, append(m.stepEnd("ok", nil, nil), verified)...)
	}
	if data.OK {
		return m.finish(ctx, journal.Done, "", nil, append(m.stepEnd("ok", nil, nil), verified)...)
	}
	fault := &journal.Fault{Code: string(connectors.CodeExit), Message: "verification failed: " + failedProbes(data.Probes)}
	entries := append(m.stepEnd("failed", nil, fault), verified)
	switch onFailure(m.policy) {
	case policies.FailRollback:
		if err := m.rec.add(ctx, entries...); err != nil {
			return err
		}
		return m.toRollback(ctx, fault)
	case policies.FailContinue:
		if m.someFailed() {
			return m.partly(ctx, fault, entries...)
		}
		return m.finish(ctx, journal.Done, fault.Message+"; the policy goes on", nil, entries...)
	default:
		if m.someFailed() {
			return m.partly(ctx, fault, entries...)
		}
		return m.finish(ctx, journal.Failed, "", fault, entries...)
	}
}

func failedProbes(ps []journal.ProbeResult) string {
	var out []string
	for _, p := range ps {
		if !p.OK {
			out = append(out, fmt.Sprintf("%s %s (%s)", p.Kind, p.Name, p.Detail))
		}
	}
	return list(out)
}

// toRollback begins the way back; fault is why.
func (m *machine) toRollback(ctx context.Context, fault *journal.Fault) error {
	if err := m.know(ctx); err != nil {
		return err
	}
	return m.rec.add(ctx, m.step(StepRollback), m.intent(m.jobID(StepRollback, 1)), entry{m.name, journal.HostState,
		journal.HostStateData{From: m.state(), To: journal.RollingBack, Fault: fault}})
}

// rollbackPackages undoes the changes of this run with the host's package manager.
func (m *machine) rollbackPackages(ctx context.Context) error {
	if err := m.know(ctx); err != nil {
		return err
	}
	id := m.jobID(StepRollback, 1)
	e, err := m.workJob(ctx, id, updates.RollbackScript(m.manager), map[string]string{
		"changes": updates.ChangeLines(m.changes()), "dir": restore.Dir(m.pointRun()), "lock_wait": lockWait})
	if err != nil {
		return err
	}
	if fault := jobFault(e); fault != nil {
		fault.Message = rollbackFailed + fault.Message
		return m.finish(ctx, journal.Failed, "", fault, append([]entry{m.outcome(id, e)}, m.stepEnd("failed", nil, fault)...)...)
	}
	var a scan.Answer
	if err := m.reconnect(ctx, reconnectLimit, func(ctx context.Context) error {
		var err error
		a, err = m.observe(ctx, names(m.changes()))
		return err
	}); err != nil {
		return err
	}
	result, missing := back(m.rec.host(m.name).Updates, a.Installed, m.work.Start.Kind != KindRollback)
	rc := e.RC
	entries := []entry{m.outcome(id, e), {m.name, journal.UpdateResult, journal.UpdateResultData{Updates: result}}}
	if len(missing) > 0 {
		fault := &journal.Fault{Code: string(connectors.CodeExit), Message: "the rollback did not bring back " + list(missing)}
		if said := m.manager.ParseInstall(e.answer); said.Problem != nil {
			fault.Message += ": " + said.Problem.Message
		}
		if runs := restore.Running(m.changes(), e.answer); len(runs) > 0 {
			fault.Message += "; " + list(runs) + " is the kernel that runs, which is never removed: boot the older one, then roll back again"
		}
		return m.finish(ctx, journal.Failed, "", fault, append(entries, m.stepEnd("failed", &rc, fault)...)...)
	}
	if set := restore.SetAgain(e.answer); set != "" {
		entries = append(entries, m.note("the rollback has set again what had been lost since: "+set))
	}
	fault, notes, err := m.provePackages(ctx)
	if err != nil {
		return err
	}
	entries = append(entries, notes...)
	if fault != nil {
		return m.finish(ctx, journal.Failed, "", fault, append(entries, m.stepEnd("failed", &rc, fault)...)...)
	}
	if changed := m.unlike(ctx); changed != "" { // it brings back packages and nothing else
		entries = append(entries, m.note("after the rollback of the packages the host is not as it was before: "+changed))
	}
	return m.finish(ctx, journal.RolledBack, "", nil, append(entries, m.stepEnd("ok", &rc, nil)...)...)
}

// pointRun is the run that made the restore point: this one, or for a rollback
// by hand the one that is undone.
func (m *machine) pointRun() string {
	if m.work.Start.Kind == KindRollback {
		return m.work.Start.Rollout
	}
	return m.work.Run
}

// back says which changes are undone. In the run that made the changes, those that
// it had not come to stay as they are. What was installed anew may stand beside an
// older version of the same package (kernels): its own version counts.
func back(us []journal.UpdateRecord, installed []updates.Installed, own bool) (result []journal.UpdateRecord, missing []string) {
	result = slices.Clone(us)
	for i, u := range result {
		if own && u.State == "pending" {
			continue
		}
		has := slices.ContainsFunc(installed, func(p updates.Installed) bool {
			return p.Name == u.Name && sameArch(p.Arch, u.Arch) && p.Version == cmp.Or(u.From, u.To) && p.State == "ok"
		})
		if has == (u.From != "") {
			result[i].State, result[i].Why = "rolled-back", ""
		} else if u.From == "" {
			missing = append(missing, "the time before "+u.Name+" "+u.To)
		} else {
			missing = append(missing, u.Name+" "+u.From)
		}
	}
	return result, missing
}

// sameArch says whether an installed package can be the one that was changed: a
// package may turn from architecture-independent to a real one and back.
func sameArch(a, b string) bool {
	all := []string{"", "all", "noarch", "any"}
	return a == b || slices.Contains(all, a) || slices.Contains(all, b)
}

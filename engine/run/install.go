package run

import (
	"context"
	"fmt"
	"slices"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/policies"
)

// ready is the last stop before something is changed.
func (m *machine) ready(ctx context.Context) error {
	if m.isOpen(m.policy) {
		return m.skip(ctx)
	}
	if err := m.know(ctx); err != nil {
		return err
	}
	if m.work.Start.Kind == KindRollback {
		return m.toRollback(ctx, nil)
	}
	round := m.round() + 1
	if round > 1 {
		if ended, err := m.again(ctx, round); ended || err != nil {
			return err
		}
	} else if ended, err := m.recheck(ctx, round); ended || err != nil {
		return err
	}
	taken, err := m.takeHealth(ctx)
	if err != nil {
		return err
	}
	if why := m.timeIsUp(false); why != "" {
		return m.finish(ctx, journal.Deferred, why, nil)
	}
	if !m.rebootOnly() {
		taken = append(taken, m.step(StepUpdates))
	}
	return m.enter(ctx, journal.Installing, append(taken, m.intent(m.jobID(StepUpdates, round)))...)
}

// install runs the package manager as a job and asks the host what came of it.
func (m *machine) install(ctx context.Context) error {
	if err := m.know(ctx); err != nil {
		return err
	}
	if m.rebootOnly() {
		return m.to(ctx, journal.Installed)
	}
	round := m.round()
	changes := m.partChanges(round)
	id := m.jobID(StepUpdates, round)
	if !m.checked { // a resume: the job may never have been started
		if absent, err := m.unstarted(ctx, id); err != nil {
			return err
		} else if absent {
			if ended, err := m.recheck(ctx, round); ended || err != nil {
				return err
			}
		}
	}
	e, err := m.workJob(ctx, id, updates.InstallScript(m.manager),
		map[string]string{"changes": updates.ChangeLines(changes), "lock_wait": lockWait})
	if err != nil {
		return err
	}
	if fault := jobFault(e); fault != nil {
		state := journal.Failed
		if fault.Code == string(connectors.CodeLost) {
			state = journal.Lost
		}
		return m.finish(ctx, state, "", fault, append([]entry{m.outcome(id, e)}, m.stepEnd(stepWord(state), nil, fault)...)...)
	}
	said := m.manager.ParseInstall(e.answer)
	if e.RC != 0 {
		said.Claimed = false
	}
	var a scan.Answer
	err = m.reconnect(ctx, reconnectLimit, func(ctx context.Context) error {
		var err error
		a, err = m.observe(ctx, names(changes))
		return err
	})
	if err != nil {
		return err
	}
	result := slices.Clone(m.rec.host(m.name).Updates)
	copy(m.inRound(result, round), judge(changes, a.Installed, said))
	m.await(m.inRound(result, round))
	rc := e.RC
	fault := resultFault(m.inRound(result, round), said)
	word := "ok"
	if fault != nil {
		word = "failed"
	}
	entries := append([]entry{m.outcome(id, e), {m.name, journal.UpdateResult, journal.UpdateResultData{Updates: result}}},
		m.stepEnd(word, &rc, fault)...)
	entries = append(entries, m.kept(e.log)...)
	if fault != nil && round == 1 && untouched(changes, a.Installed) {
		return m.finish(ctx, journal.Failed, "", fault, entries...) // there is nothing to take back
	}
	return m.rec.add(ctx, append(entries, entry{m.name, journal.HostState,
		journal.HostStateData{From: journal.Installing, To: journal.Installed, Fault: fault}})...)
}

func stepWord(s journal.State) string {
	if s == journal.Lost {
		return "lost"
	}
	return "failed"
}

func names(changes []updates.Change) []string {
	var out []string
	for _, c := range changes {
		if !slices.Contains(out, c.Name) {
			out = append(out, c.Name)
		}
	}
	return out
}

// judge says what became of each change: what the host now has decides, what
// the manager said only names the kind of failure.
func judge(changes []updates.Change, installed []updates.Installed, said updates.Outcome) []journal.UpdateRecord {
	out := records(changes)
	for i, c := range changes {
		r := &out[i]
		at := slices.IndexFunc(installed, func(p updates.Installed) bool {
			return p.Name == c.Name && (p.Arch == c.Arch || p.Arch == "" || c.Arch == "") && (c.To == "" || p.Version == c.To)
		})
		there := at >= 0
		if c.Action == updates.ActionRemove {
			there = !slices.ContainsFunc(installed, func(p updates.Installed) bool { return p.Name == c.Name && (p.Arch == c.Arch || c.Arch == "") })
		}
		why := said.Failed[c.Name]
		switch {
		case there && at >= 0 && installed[at].State != "ok" && c.Action != updates.ActionRemove:
			r.State, r.Why = "failed-but-present", "the host says "+installed[at].State
			if why != "" {
				r.Why = why
			}
		case there && why != "":
			r.State, r.Why = "failed-but-present", why
		case there:
			r.State = "installed"
		case said.Claimed:
			r.State, r.Why = "claimed-but-still-offered", "the package manager reports success, but the host does not have it"
		default:
			r.State, r.Why = "failed", why
		}
	}
	return out
}

// untouched reports whether the host has what it had before all changes.
func untouched(changes []updates.Change, installed []updates.Installed) bool {
	return !slices.ContainsFunc(changes, func(c updates.Change) bool {
		i := slices.IndexFunc(installed, func(p updates.Installed) bool {
			return p.Name == c.Name && sameArch(p.Arch, c.Arch)
		})
		if i < 0 || c.From == "" {
			return i >= 0 || c.From != ""
		}
		return installed[i].Version != c.From || installed[i].State != "ok"
	})
}

// resultFault sums up what failed; nil if nothing did.
func resultFault(result []journal.UpdateRecord, said updates.Outcome) *journal.Fault {
	var bad []string
	why := ""
	for _, r := range result {
		if r.State != "installed" && r.State != "pending-reboot" {
			bad = append(bad, r.Name)
			if why == "" {
				why = r.Why
			}
		}
	}
	if len(bad) == 0 {
		return nil
	}
	f := &journal.Fault{Code: string(connectors.CodeExit), Message: fmt.Sprintf("%d of %d updates failed: %s", len(bad), len(result), list(bad))}
	switch {
	case said.Problem != nil:
		f.Code = said.Problem.Code
		f.Message += ": " + said.Problem.Message
	case why != "":
		f.Message += ": " + why
	}
	return f
}

// afterInstall decides what follows: a reboot, the verification, or the way
// back.
func (m *machine) afterInstall(ctx context.Context) error {
	if err := m.know(ctx); err != nil {
		return err
	}
	h := m.rec.host(m.name)
	failed := !allInstalled(m.soFar(h.Updates))
	if failed && onFailure(m.policy) == policies.FailRollback {
		return m.toRollback(ctx, h.Fault)
	}
	if m.needsReboot(h) {
		return m.to(ctx, journal.Rebooting, m.step(StepReboot), m.intent(m.jobID(StepReboot, m.round())))
	}
	return m.to(ctx, journal.Verifying)
}

func allInstalled(us []journal.UpdateRecord) bool {
	return !slices.ContainsFunc(us, func(u journal.UpdateRecord) bool { return u.State != "installed" && u.State != "pending-reboot" })
}

// onFailure is what a policy does with a host that is not well afterwards.
func onFailure(p *policies.Policy) policies.OnFailure {
	if p.Verification == nil || p.Verification.OnFailure == "" {
		return policies.FailStop
	}
	return p.Verification.OnFailure
}

// needsReboot decides after the updates, by what the host says now and what the
// plan foresaw.
func (m *machine) needsReboot(h journal.Host) bool {
	if m.rebootOnly() {
		return m.stillOwes()
	}
	if m.policy.Updates == "no-reboot" {
		return false // what waits for a reboot waits for another policy
	}
	if !m.last() && !m.part(m.round()).Reboot && allInstalled(m.soFar(h.Updates)) {
		return false // what the host waits for already, it gets after its last step
	}
	some := slices.ContainsFunc(m.soFar(h.Updates), func(u journal.UpdateRecord) bool { return u.State == "installed" || u.State == "pending-reboot" })
	switch m.policy.Reboot.When {
	case policies.RebootAlways:
		return some
	case policies.RebootRequired, "":
		return some && (m.part(m.round()).Reboot || m.facts.RebootRequired)
	default:
		return false
	}
}

package run

import (
	"context"
	"time"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/policies"
)

// A policy with when = "defer" leaves the reboot that its updates need to another
// window: the run ends without it and journals that it is owed, with the boot id. In
// that window another run pays it: its plan has a step that only reboots, with all
// that comes before a reboot and after it, but no restore point and no job that
// installs.

// rebootsLater reports whether the policy leaves reboots to another window.
func (m *machine) rebootsLater() bool {
	return m.policy.Reboot.When == policies.RebootDefer && m.policy.Updates != "no-reboot"
}

// await marks what was installed and works only after the reboot that is left to
// another window.
func (m *machine) await(us []journal.UpdateRecord) {
	if !m.rebootsLater() || !m.facts.RebootRequired {
		return
	}
	for i := range us {
		if us[i].State == "installed" {
			us[i].State = "pending-reboot"
		}
	}
}

// owing is the word that the reboot is owed, at the end of a host that has what was
// installed.
func (m *machine) owing(goal journal.State) []entry {
	h := m.rec.host(m.name)
	if !m.rebootsLater() || h.Owes != nil || goal != journal.Done && goal != journal.Failed || m.policy.Reboot.Window == nil {
		return nil
	}
	waits := false
	for _, u := range h.Updates {
		waits = waits || u.State == "pending-reboot"
	}
	boot := m.facts.BootID
	for _, j := range h.Jobs {
		if boot == "" {
			boot = j.BootID
		}
	}
	if !waits || boot == "" {
		return nil
	}
	window := m.policy.Reboot.Window.Name
	return []entry{m.note("the reboot that its updates need is left to window " + window),
		{m.name, journal.RebootOwed, journal.RebootOwedData{Policy: m.policy.Name, Window: window, BootID: boot}}}
}

// rebootOnly reports whether the plan only has a reboot that is owed.
func (m *machine) rebootOnly() bool {
	return len(m.plan.Steps) == 1 && m.plan.Steps[0].Step == plan.StepReboot
}

// paid ends a host that was rebooted since the reboot was left to this run, by
// whomever.
func (m *machine) paid(ctx context.Context) (bool, error) {
	if !m.rebootOnly() || m.stillOwes() {
		return false, nil
	}
	return true, m.finish(ctx, journal.Unchanged, "it was rebooted meanwhile and owes nothing", nil, m.stepEnd("ok", nil, nil)...)
}

// protectReboot claims the host and lets the actions begin; nothing will be changed
// that a restore point could bring back.
func (m *machine) protectReboot(ctx context.Context) error {
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Set(ctx) }); err != nil {
		return err
	}
	if len(m.actions()) > 0 {
		return m.prepare(ctx)
	}
	return m.to(ctx, journal.Ready)
}

// stillOwes reports whether a host that only was to be rebooted has the boot id with
// which that was left to this run: whoever has rebooted it meanwhile has paid.
func (m *machine) stillOwes() bool {
	owed := m.work.Owes[m.name]
	return owed == "" || m.facts.BootID == owed
}

package run

import (
	"slices"

	"patchwave/engine/journal"
	"patchwave/engine/updates"
)

// Windows installs much of an update while it boots, and may take it back there.
// Such an update is pending-reboot until the host has booted; what it is then, the
// host is asked.

// waiting are the names of the updates that wait for a reboot.
func waiting(us []journal.UpdateRecord) []string {
	var out []string
	for _, u := range us {
		if u.State == updates.PendingReboot && !slices.Contains(out, u.Name) {
			out = append(out, u.Name)
		}
	}
	return out
}

// afterReboot says what became of the updates that waited for the reboot: nothing if
// none did. The fault names those that the host does not have any more; one that
// the host had before stays.
func (m *machine) afterReboot(installed []updates.Installed) ([]entry, *journal.Fault) {
	us := m.rec.host(m.name).Updates
	if len(waiting(us)) == 0 {
		return nil, nil
	}
	result := booted(us, installed)
	fault := resultFault(m.soFar(result), updates.Outcome{})
	if m.rec.host(m.name).Fault != nil {
		fault = nil
	}
	return []entry{{m.name, journal.UpdateResult, journal.UpdateResultData{Updates: result}}}, fault
}

// booted judges the updates that waited for a reboot by what the host has after it.
func booted(us []journal.UpdateRecord, installed []updates.Installed) []journal.UpdateRecord {
	result := slices.Clone(us)
	for i, u := range result {
		if u.State != updates.PendingReboot {
			continue
		}
		change := updates.Change{Action: updates.Action(u.Action), Name: u.Name, Arch: u.Arch, From: u.From, To: u.To}
		result[i] = judge([]updates.Change{change}, installed, updates.Outcome{})[0]
		if result[i].State == "failed" {
			result[i].Why = "it was installed before the reboot and is gone after it: the host took it back"
		}
	}
	return result
}

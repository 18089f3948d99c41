package config

import (
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/engine/config/diag"
	"patchwave/policies"
)

// What a cumulative update and its reboot may take on a Windows host, at least.
const (
	shortWindowsWindow = time.Hour
	shortWindowsReboot = 20 * time.Minute
)

// warnWindows reports what is unwise for the Windows hosts of a policy: those that are
// reached over WinRM.
func (r *resolver) warnWindows(p *policy, value *policies.Policy) {
	windows := 0
	for _, i := range r.claimed(p) {
		if c := r.m.hosts.order[i].inForce; c != nil && c.target.Kind == connectors.KindWinRM {
			windows++
		}
	}
	if windows == 0 {
		return
	}
	if w := value.Window; w != nil && w.Duration < shortWindowsWindow {
		r.report(diag.Warning, p.at, fmt.Sprintf("window %q is short for Windows hosts", w.Name),
			fmt.Sprintf("It is open for %s. A cumulative update and its reboot may take an hour; what is not begun by then waits for the next opening.",
				policies.PlainDuration(w.Duration)))
	}
	if b := value.Reboot; b.When != policies.RebootNever && b.Timeout < shortWindowsReboot {
		r.report(diag.Warning, p.at, fmt.Sprintf("policy %q gives Windows hosts %s for a reboot", p.name, policies.PlainDuration(b.Timeout)),
			"Windows configures updates before it answers, at times for more than half an hour. Set timeout = \"40m\" in reboot.")
	}
	if prep := value.Preparation; prep != nil && prep.Require != nil && len(prep.Require.DiskFree) > 0 && !namesDrive(prep.Require.DiskFree) {
		r.report(diag.Warning, p.at, fmt.Sprintf("disk_free of policy %q is not asked of its Windows hosts", p.name),
			"It names no drive. Add one: disk_free = { \"C:\" = \"10GiB\" }.")
	}
}

// namesDrive reports whether one of the paths is a drive of Windows.
func namesDrive(free map[string]int64) bool {
	for path := range free {
		if len(path) >= 2 && path[1] == ':' {
			return true
		}
	}
	return false
}

package scan

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Facts asks a host for its facts only, with privilege: what a ping wants to
// know. The observation has no updates; its Problem says what is in the way.
func Facts(ctx context.Context, s connectors.Session, managers []updates.Manager, host string, now time.Time) inventory.Observation {
	a, err := script.Run(ctx, s, script.Script{Name: "facts", Version: 1, Sh: scanShell, PowerShell: scanPowerShell},
		map[string]string{"managers": "", "refresh": string(RefreshNever), "max_age": "0"},
		script.Options{Host: host, Command: connectors.Command{Become: true, Timeout: time.Minute, MaxOutput: 1 << 20}})
	if err != nil {
		return Failure(host, err, now)
	}
	o := inventory.Observation{Host: host, At: now, State: inventory.ScanOK, IndexAge: -1, Facts: facts(a, now)}
	name := o.Facts.PackageManager
	if !slices.ContainsFunc(managers, func(m updates.Manager) bool { return m.Name() == name }) {
		o.State, o.Problem = inventory.ScanFailed, unsupported(name, o.Facts.OS)
	}
	if a.Values("facts")["uid"] != "0" {
		o.State = inventory.ScanFailed
		o.Problem = &inventory.Problem{Code: string(connectors.CodeSudo),
			Message: "logged in, but not as root and without a way to become root; set become in the connection"}
	}
	if skew := o.Facts.ClockSkew.Abs(); skew > MaxClockSkew {
		o.Notes = append(o.Notes, fmt.Sprintf("the clock is %s off", skew.Round(time.Second)))
	}
	return o
}

package plan

import (
	"context"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
)

// What a host may take, and answer, when it is asked about a restore point.
const (
	askTimeout = 2 * time.Minute
	askOutput  = 1 << 20
)

// asker returns a function that asks a host whether a provider could make a restore
// point there now. It only reads. False is what is not asked on the host itself (a
// hypervisor, programs of the operator), what does not answer, and all that comes after
// that: the host is asked again before anything is changed.
func (p Planner) asker(ctx context.Context, s connectors.Session, v visit) func(name string) (restore.Said, bool) {
	silent := p.Provider == nil
	return func(name string) (said restore.Said, told bool) {
		if silent {
			return said, false
		}
		provider := p.Provider(name, v.host)
		if provider == nil || provider.Place() != restore.OnHost {
			return said, false
		}
		at := restore.Point{Host: v.host}
		fits, _ := provider.Fits(v.host, v.obs.Facts)
		call, asks := provider.Call(restore.OpDetect, at)
		if !fits || !asks {
			return said, false
		}
		a, err := script.Run(ctx, s, call.Script, call.Args, script.Options{Host: v.host.Name,
			Command: connectors.Command{Become: true, Timeout: askTimeout, MaxOutput: askOutput}})
		if silent = err != nil; silent {
			return said, false
		}
		return provider.Read(restore.OpDetect, at, a), true
	}
}

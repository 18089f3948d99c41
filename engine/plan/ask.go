package plan

import (
	"context"
	"slices"
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

// askPoints asks a host which of its policy's providers could make a restore point there
// now, in the policy's order, up to the first that can. It only reads. What is not asked
// on the host itself (a hypervisor, programs of the operator), and what does not answer,
// is missing in the answer: the host is asked again before anything is changed.
func (p Planner) askPoints(ctx context.Context, s connectors.Session, v visit) map[string]restore.Said {
	if p.Provider == nil || v.policy.Preparation == nil || v.policy.Preparation.RestorePoint == nil || len(v.plan.Steps) == 0 {
		return nil
	}
	out := map[string]restore.Said{}
	for _, name := range v.policy.Preparation.RestorePoint.Providers {
		if name == restore.Packages && !v.plan.partial() {
			break
		}
		provider := p.Provider(name, v.host)
		if name == restore.Packages || provider == nil {
			continue
		}
		fits, _ := provider.Fits(v.host, v.obs.Facts)
		call, asks := provider.Call(restore.OpDetect, restore.Point{Host: v.host})
		if !fits || !asks || provider.Place() != restore.OnHost {
			continue
		}
		a, err := script.Run(ctx, s, call.Script, call.Args, script.Options{Host: v.host.Name,
			Command: connectors.Command{Become: true, Timeout: askTimeout, MaxOutput: askOutput}})
		if err != nil {
			break
		}
		said := provider.Read(restore.OpDetect, restore.Point{Host: v.host}, a)
		out[name] = said
		if said.Possible {
			break
		}
	}
	return out
}

// partial reports whether the manifest of the packages cannot bring all of them back.
func (h *Host) partial() bool {
	return slices.ContainsFunc(h.Steps, func(s Step) bool { return s.RestorePoint != nil && len(s.RestorePoint.CannotUndo) > 0 })
}

package plan

import (
	"fmt"
	"slices"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// hostPlan turns what was settled into the steps of a host.
func hostPlan(name string, p *policies.Policy, o inventory.Observation, s settled) Host {
	h := Host{Name: name, Steps: []Step{}, Skipped: skipped(s.decisions), Notes: slices.Clone(o.Notes)}
	if h.Notes == nil {
		h.Notes = []string{}
	}
	if o.State == inventory.ScanStale && o.Problem != nil {
		h.Notes = append(h.Notes, "the package index is stale: "+o.Problem.Message)
	}
	if o.Facts.RebootRequired && len(s.sim.Changes) == 0 {
		h.Notes = append(h.Notes, "the host waits for a reboot that earlier updates need")
	}
	if len(s.sim.Changes) == 0 {
		return h
	}
	h.Steps = steps(p, o, s)
	// what became a dependency is not left out
	h.Skipped = slices.DeleteFunc(h.Skipped, func(sk Skipped) bool {
		return slices.ContainsFunc(s.sim.Changes, func(c updates.Change) bool {
			return c.Name == sk.Name && (c.Arch == sk.Arch || c.Arch == "" || sk.Arch == "") && c.To == sk.To
		})
	})
	return h
}

// ProviderPackages is the restore point that every host gets: a manifest of
// versions.
const ProviderPackages = "packages"

// point says what the restore point of a host could undo.
func point(p *policies.Policy, undo []updates.Undo, changes []updates.Change) *Point {
	out := &Point{Provider: ProviderPackages, Undoes: []string{}, CannotUndo: []string{}}
	if p.Preparation != nil && p.Preparation.RestorePoint != nil {
		out.Required = p.Preparation.RestorePoint.Required
	}
	for _, c := range changes {
		if c.Action == updates.ActionInstall {
			out.Undoes = append(out.Undoes, c.Name+" (new)")
			continue
		}
		text := fmt.Sprintf("%s %s", c.Name, c.From)
		if slices.ContainsFunc(undo, func(u updates.Undo) bool {
			return u.Possible && u.Name == c.Name && u.Version == c.From && sameArch(u.Arch, c.Arch)
		}) {
			out.Undoes = append(out.Undoes, text)
		} else {
			out.CannotUndo = append(out.CannotUndo, text)
		}
	}
	return out
}

// sameArch says whether the old version of a package can be of an architecture:
// an update may change it to or from one that is for all.
func sameArch(a, b string) bool {
	all := []string{"", "all", "noarch", "any"}
	return a == b || slices.Contains(all, a) || slices.Contains(all, b)
}

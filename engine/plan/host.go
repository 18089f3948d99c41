package plan

import (
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
	if p.Reboot.When == policies.RebootDefer && p.Reboot.Window != nil && needed(o, newIndex(s.decisions), s.sim) {
		h.Notes = append(h.Notes, "the reboot that it needs is left to window "+p.Reboot.Window.Name)
	}
	h.Steps = steps(p, o, s)
	// what became a dependency is not left out
	changed := newMoved(s.sim.Changes)
	h.Skipped = slices.DeleteFunc(h.Skipped, func(sk Skipped) bool { return changed.has(sk.Name, sk.Arch, sk.To) })
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
	possible := make(map[version][]string, len(undo)) // the architectures of old versions
	for _, u := range undo {
		if k := (version{u.Name, u.Version}); u.Possible {
			possible[k] = append(possible[k], u.Arch)
		}
	}
	for _, c := range changes {
		if c.Action == updates.ActionInstall {
			out.Undoes = append(out.Undoes, c.Name+" (new)")
			continue
		}
		text := c.Name + " " + c.From
		if slices.ContainsFunc(possible[version{c.Name, c.From}], func(arch string) bool { return sameArch(arch, c.Arch) }) {
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
	return a == b || forAll(a) || forAll(b)
}

func forAll(arch string) bool {
	return arch == "" || arch == "all" || arch == "noarch" || arch == "any"
}

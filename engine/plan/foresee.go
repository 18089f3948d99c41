package plan

import (
	"cmp"
	"slices"
	"strings"

	"patchwave/engine/restore"
	"patchwave/inventory"
	"patchwave/policies"
)

// foresee says which restore point a host is to get where that is not the manifest of
// its packages: the first of the policy's providers that fits the host, by what is
// declared and what the scan said, and that says it can make one, where ask has an answer.
// Which one it is in the end is decided on the host, before anything is changed.
func foresee(plan *Host, p *policies.Policy, h *inventory.Host, f inventory.Facts, ask func(name string) (restore.Said, bool)) {
	if p.Preparation == nil || p.Preparation.RestorePoint == nil || len(plan.Steps) == 0 {
		return
	}
	want := p.Preparation.RestorePoint
	var passed []string
	partial := false
	for _, name := range want.Providers {
		if name == restore.Packages {
			if partial = plan.partial(); !partial {
				plan.passedOver(passed)
				return
			}
			continue
		}
		kind := kindOf(name, want, h)
		if fits, _ := restore.Fits(kind, h, f); !fits {
			continue
		}
		said, told := ask(name)
		if told && !said.Possible {
			passed = append(passed, name+" ("+cmp.Or(said.Why, "it is not possible on this host")+")")
			continue
		}
		scope := restore.ScopeOf(kind)
		if partial && !scope.Rollback {
			return // some packages are more than files
		}
		plan.passedOver(passed)
		for i := range plan.Steps {
			plan.Steps[i].RestorePoint = &Point{Provider: name, Required: want.Required,
				Undoes: slices.Concat([]string{}, said.Undoes, scope.Undoes), CannotUndo: slices.Concat([]string{}, said.Cannot, scope.CannotUndo)}
		}
		return
	}
	if slices.Contains(want.Providers, restore.Packages) {
		plan.passedOver(passed)
		return
	}
	note := "no restore point: none of " + strings.Join(want.Providers, ", ") + " fits this host"
	if len(passed) > 0 {
		note = "no restore point: " + strings.Join(passed, ", ")
	}
	if want.Required {
		note += "; one is required, so nothing will be changed"
	}
	plan.Notes = append(plan.Notes, note)
	for i := range plan.Steps {
		plan.Steps[i].RestorePoint = &Point{Provider: NoProvider, Required: want.Required, Undoes: []string{}, CannotUndo: []string{}}
	}
}

// partial reports whether the manifest of the packages cannot bring all of them back.
func (h *Host) partial() bool {
	return slices.ContainsFunc(h.Steps, func(s Step) bool { return s.RestorePoint != nil && len(s.RestorePoint.CannotUndo) > 0 })
}

// passedOver notes the providers that come before the one that is taken.
func (h *Host) passedOver(passed []string) {
	if len(passed) > 0 {
		h.Notes = append(h.Notes, "restore point: passed over "+strings.Join(passed, ", "))
	}
}

// NoProvider stands for the provider of a point that nobody can make.
const NoProvider = "none"

// kindOf is the kind of a provider: a built-in one is its own; that of a block is its
// type, and hypervisor is what the host says it runs on.
func kindOf(name string, want *policies.RestorePoint, h *inventory.Host) string {
	if d := want.Declared[name]; d != nil {
		return d.Type
	}
	if name == restore.Hypervisor && h.Hypervisor != nil {
		return h.Hypervisor.Type
	}
	return name
}

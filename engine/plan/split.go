package plan

import (
	"context"
	"slices"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// split parts what was settled in two: first what needs no reboot, as the host's
// solver would do it alone; then the rest of the whole. An update that needs no
// reboot and whose simulation does more than that (something that needs one, or
// something that the whole does not do) belongs to the rest. Where that leaves
// nothing for one of the two, or nobody can tell what belongs where, there is one
// part.
func split(ctx context.Context, solver Solver, s settled) (settled, error) {
	x := newIndex(s.decisions)
	if !slices.ContainsFunc(s.sim.Changes, x.needsReboot) {
		return s, nil
	}
	var quiet []updates.Want
	for _, w := range wants(s.decisions) {
		if !slices.ContainsFunc(s.decisions, func(d decided) bool { return isWant(d, w) && d.Reboot }) {
			quiet = append(quiet, w)
		}
	}
	for range maxRounds {
		if len(quiet) == 0 {
			return s, nil
		}
		sim, err := solver.Together(ctx, quiet)
		if err != nil {
			return settled{}, err
		}
		if s.holds(x, sim, quiet) && s.onlyOf(sim, quiet) {
			s.parts = parts(s.sim, sim)
			return s, nil
		}
		sims, err := solver.Each(ctx, quiet)
		if err != nil {
			return settled{}, err
		}
		var left []updates.Want
		for i, w := range quiet {
			if s.holds(x, sims[i], quiet[i:i+1]) {
				left = append(left, w)
			}
		}
		if len(left) == len(quiet) {
			return s, nil // only together do they do more
		}
		quiet = left
	}
	return s, nil
}

// holds reports whether a simulation of some of the wanted versions is a part of
// the whole that needs no reboot, and does nothing that they were not approved
// for.
func (s settled) holds(x index, sim updates.Simulation, of []updates.Want) bool {
	alone := slices.Clone(s.decisions)
	for i := range alone {
		if !slices.ContainsFunc(of, func(w updates.Want) bool { return isWant(alone[i], w) }) {
			alone[i].AllowRemovals = false
		}
	}
	return len(objections(sim, alone)) == 0 && !slices.ContainsFunc(sim.Changes, func(c updates.Change) bool {
		return x.needsReboot(c) || !slices.Contains(s.sim.Changes, c)
	})
}

// onlyOf reports whether a simulation does none of the wanted versions that it was
// not asked for: the steps of a plan are asked for again before they are done.
func (s settled) onlyOf(sim updates.Simulation, of []updates.Want) bool {
	changed := newMoved(sim.Changes)
	return !slices.ContainsFunc(s.decisions, func(d decided) bool {
		return d.Verdict == policies.Approved && changed.has(d.Name, d.Arch, d.To) &&
			!slices.ContainsFunc(of, func(w updates.Want) bool { return isWant(d, w) })
	})
}

// parts are first and what the whole has beside it; nil if one of them is empty.
func parts(whole, first updates.Simulation) []updates.Simulation {
	rest := whole
	rest.Changes = slices.DeleteFunc(slices.Clone(whole.Changes), func(c updates.Change) bool { return slices.Contains(first.Changes, c) })
	rest.Download = max(0, whole.Download-first.Download)
	if len(first.Changes) == 0 || len(rest.Changes) == 0 {
		return nil
	}
	first.Undo = whole.Undo
	return []updates.Simulation{first, rest}
}

// steps are the parts as steps of a plan. The reboot that a host needs comes after
// the last.
func steps(p *policies.Policy, o inventory.Observation, s settled) []Step {
	all := s.parts
	if len(all) == 0 {
		all = []updates.Simulation{s.sim}
	}
	x := newIndex(s.decisions)
	out := make([]Step, len(all))
	for i, sim := range all {
		out[i] = newStep(p, x, sim)
		if i == len(all)-1 {
			out[i].Reboot = reboots(p, o, x, s.sim)
		}
	}
	return out
}

// newStep is a step without its reboot.
func newStep(p *policies.Policy, x index, sim updates.Simulation) Step {
	changes := slices.Clone(sim.Changes)
	updates.SortChanges(changes)
	step := Step{Step: StepUpdates, Updates: make([]Entry, 0, len(changes)), Download: sim.Download, RestorePoint: point(p, sim.Undo, changes)}
	for _, c := range changes {
		e := Entry{Change: c, Decision: string(policies.Dependency), Reason: "needed by what is approved"}
		d := x.of(c)
		if d != nil {
			e.Title = d.Title
		}
		if d != nil && d.Verdict == policies.Approved {
			e.Decision, e.Rule, e.Reason = string(d.Verdict), d.Rule, d.Reason
		}
		step.Updates = append(step.Updates, e)
	}
	return step
}

// reboots reports whether a reboot of the host is foreseen.
func reboots(p *policies.Policy, o inventory.Observation, x index, sim updates.Simulation) bool {
	switch {
	case p.Updates == "no-reboot":
		return false
	case p.Reboot.When == policies.RebootAlways:
		return true
	case p.Reboot.When == policies.RebootRequired:
		return needed(o, x, sim)
	default:
		return false
	}
}

// needed reports whether the host needs a reboot afterwards.
func needed(o inventory.Observation, x index, sim updates.Simulation) bool {
	return o.Facts.RebootRequired || slices.ContainsFunc(sim.Changes, x.needsReboot)
}

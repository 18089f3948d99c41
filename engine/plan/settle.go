package plan

import (
	"context"
	"fmt"
	"slices"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// maxRounds bounds how often a host is asked again with a smaller set.
const maxRounds = 4

// settled is what simulation made of the decisions.
type settled struct {
	decisions []decided
	sim       updates.Simulation
	// parts are the simulations of the steps where sim is split; nil for one step.
	parts []updates.Simulation
}

// settle asks the solver for the approved set and blocks what would do more
// than was approved, until what is left does not. What cannot be settled in
// maxRounds is blocked altogether.
func settle(ctx context.Context, solver Solver, ds []decided) (settled, error) {
	for range maxRounds {
		want := wants(ds)
		if len(want) == 0 {
			return settled{decisions: ds, sim: updates.Simulation{OK: true}}, nil
		}
		sim, err := solver.Together(ctx, want)
		if err != nil {
			return settled{}, err
		}
		why := objections(sim, ds)
		if len(why) == 0 {
			if want, why, err = forbiddenRemovals(ctx, solver, sim, ds); err != nil {
				return settled{}, err
			}
		}
		if len(why) == 0 {
			blockUnmoved(sim, ds)
			return settled{decisions: ds, sim: sim}, nil
		}
		if err := blockCulprits(ctx, solver, want, ds, why); err != nil {
			return settled{}, err
		}
	}
	for i := range ds {
		if ds[i].Verdict == policies.Approved {
			ds[i].block("the package manager finds no way to install it with the others")
		}
	}
	return settled{decisions: ds, sim: updates.Simulation{OK: true}}, nil
}

func (d *decided) block(why string) {
	d.Verdict, d.Reason = policies.Blocked, why
}

// objections says what is wrong with a simulation: nothing if it may be done.
func objections(sim updates.Simulation, ds []decided) []string {
	if !sim.OK {
		why := "the package manager finds no solution"
		if sim.Problem != nil {
			why = sim.Problem.Message
		}
		return []string{why}
	}
	var out []string
	x := newIndex(ds)
	for _, c := range sim.Changes {
		if why := x.objection(c); why != "" {
			out = append(out, why)
		}
	}
	return out
}

// objection says what is wrong with one change, or "".
func (x index) objection(c updates.Change) string {
	if c.Action == updates.ActionRemove && !removalsAllowed(x.ds) {
		return "it would remove " + c.Name
	}
	// What was decided about the very version counts; else what was decided about
	// any other version of the package.
	var other string
	for d := range x.each(c) {
		why := d.objection(c)
		if d.To == c.To {
			return why
		}
		if other == "" {
			other = why
		}
	}
	return other
}

// isOf reports whether d is about the package that c changes.
func (d *decided) isOf(c updates.Change) bool {
	return d.Name == c.Name && (d.Arch == c.Arch || d.Arch == "" || c.Arch == "")
}

// objection says why the decision forbids a change of its package, or "".
func (d *decided) objection(c updates.Change) string {
	switch {
	case d.Verdict == policies.Held, d.Verdict == policies.Rejected, d.Verdict == policies.Pinned:
		return fmt.Sprintf("it would change %s, which is %s by rule %q", c.Name, d.Verdict, d.Rule)
	case d.Verdict == policies.Blocked && (d.BlockedBy == inventory.BlockedHeld || d.BlockedBy == inventory.BlockedLocked):
		return fmt.Sprintf("it would change %s, which is %s on the host", c.Name, d.BlockedBy)
	case d.untaken && d.Reboot:
		return fmt.Sprintf("it would change %s, which needs a reboot, and the policy takes only what needs none", c.Name)
	default:
		return ""
	}
}

// forbiddenRemovals looks at a simulation that removes something where some of
// the approved versions may remove and others may not: what those do without
// the first decides. It returns them with the objections, if there are any.
func forbiddenRemovals(ctx context.Context, solver Solver, sim updates.Simulation, ds []decided) ([]updates.Want, []string, error) {
	removes := func(c updates.Change) bool { return c.Action == updates.ActionRemove }
	var strict []decided
	for _, d := range ds {
		if d.Verdict == policies.Approved && !d.AllowRemovals {
			strict = append(strict, d)
		}
	}
	if len(strict) == 0 || !slices.ContainsFunc(sim.Changes, removes) {
		return nil, nil, nil
	}
	want := wants(strict)
	alone, err := solver.Together(ctx, want)
	if err != nil || !alone.OK || !slices.ContainsFunc(alone.Changes, removes) {
		return nil, nil, err
	}
	return want, objections(alone, strict), nil
}

func removalsAllowed(ds []decided) bool {
	for _, d := range ds {
		if d.Verdict == policies.Approved && d.AllowRemovals {
			return true
		}
	}
	return false
}

// blockCulprits finds out which of the wanted versions alone cause what was
// objected to, and blocks them; if none does alone, it blocks as few as it can.
func blockCulprits(ctx context.Context, solver Solver, want []updates.Want, ds []decided, why []string) error {
	if len(want) == 1 {
		blockWant(ds, want[0], why[0])
		return nil
	}
	sims, err := solver.Each(ctx, want)
	if err != nil {
		return err
	}
	found := false
	for i, sim := range sims {
		if alone := objections(sim, onlyApproved(ds, want[i])); len(alone) > 0 {
			blockWant(ds, want[i], alone[0])
			found = true
		}
	}
	if !found {
		return gather(ctx, solver, want, ds, why)
	}
	return nil
}

func isWant(d decided, w updates.Want) bool {
	return d.Name == w.Name && d.Arch == w.Arch && d.To == w.Version
}

func blockWant(ds []decided, w updates.Want, why string) {
	for i := range ds {
		if isWant(ds[i], w) {
			ds[i].block(why)
		}
	}
}

// blockUnmoved blocks what was wanted and is not among the changes: the solver
// left it out.
func blockUnmoved(sim updates.Simulation, ds []decided) {
	changed := newMoved(sim.Changes)
	for i := range ds {
		if d := &ds[i]; d.Verdict == policies.Approved && !changed.has(d.Name, d.Arch, d.To) {
			d.block("the package manager leaves it out of the installation")
		}
	}
}

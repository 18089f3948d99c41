package plan

import (
	"context"
	"slices"
	"strings"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// maxQuestions bounds how often the solver is asked for parts of a set that it
// cannot bring together.
const maxQuestions = 48

// gathering finds what can be done together of versions each of which can be
// done alone: two of them that exclude each other must not keep a hundred others
// away.
type gathering struct {
	solver Solver
	ds     []decided
	kept   []updates.Want
	// all is how many there are, and why all of them do not go together.
	all       int
	why       string
	questions int
}

// gather keeps as much of want as goes together and blocks the rest; what the
// host's own manager would leave back for its dependencies goes first.
func gather(ctx context.Context, solver Solver, want []updates.Want, ds []decided, why []string) error {
	g := &gathering{solver: solver, ds: ds, all: len(want), why: together(why)}
	return g.halves(ctx, inOrder(want, ds))
}

// inOrder puts what is to be kept before the rest: what a plain upgrade brings,
// of that what closes a security hole.
func inOrder(want []updates.Want, ds []decided) []updates.Want {
	rank := func(w updates.Want) int {
		i := slices.IndexFunc(ds, func(d decided) bool { return isWant(d, w) })
		switch {
		case i < 0 || ds[i].BlockedBy != inventory.NotBlocked:
			return 2
		case ds[i].Classification != inventory.Security:
			return 1
		default:
			return 0
		}
	}
	out := slices.Clone(want)
	slices.SortStableFunc(out, func(a, b updates.Want) int { return rank(a) - rank(b) })
	return out
}

func (g *gathering) halves(ctx context.Context, group []updates.Want) error {
	half := (len(group) + 1) / 2
	if err := g.add(ctx, group[:half]); err != nil {
		return err
	}
	return g.add(ctx, group[half:])
}

// add keeps group, or what of it goes with what was kept before.
func (g *gathering) add(ctx context.Context, group []updates.Want) error {
	if len(group) == 0 {
		return nil
	}
	if len(g.kept) == 0 && len(group) == 1 {
		g.kept = append(g.kept, group...)
		return nil
	}
	why, err := g.objection(ctx, slices.Concat(g.kept, group))
	switch {
	case err != nil:
		return err
	case why == "":
		g.kept = append(g.kept, group...)
		return nil
	case len(group) == 1 || g.questions >= maxQuestions:
		for _, w := range group {
			blockWant(g.ds, w, why)
		}
		return nil
	default:
		return g.halves(ctx, group)
	}
}

// objection says why a set cannot be done, or "".
func (g *gathering) objection(ctx context.Context, set []updates.Want) (string, error) {
	if len(set) == g.all || g.questions >= maxQuestions {
		return g.why, nil
	}
	g.questions++
	sim, err := g.solver.Together(ctx, set)
	if err != nil {
		return "", err
	}
	why := objections(sim, onlyApproved(g.ds, set...))
	if len(why) == 0 {
		return "", nil
	}
	return together(why), nil
}

func together(why []string) string {
	return "together with the others: " + strings.Join(why[:min(len(why), 3)], "; ")
}

// onlyApproved is ds with only the approval of some left standing, so that the
// allow_removals of one rule does not excuse another's update.
func onlyApproved(ds []decided, of ...updates.Want) []decided {
	out := slices.Clone(ds)
	for i := range out {
		if out[i].Verdict == policies.Approved && !slices.ContainsFunc(of, func(w updates.Want) bool { return isWant(out[i], w) }) {
			out[i].AllowRemovals = false
		}
	}
	return out
}

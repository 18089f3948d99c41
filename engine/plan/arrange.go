package plan

import (
	"cmp"
	"fmt"
	"slices"

	"patchwave/inventory"
	"patchwave/policies"
	"patchwave/policies/agenda"
)

// group is the hosts of one policy with their plans.
type group struct {
	policy *policies.Policy
	hosts  []Host
}

// assemble makes the waves of what was planned for the hosts of each policy, and
// returns the hosts that an availability keeps out.
func assemble(groups []group, req Request) ([]Wave, []Excluded, error) {
	bs := newBounds(req.Availabilities)
	kept, out := bs.sift(groups)
	waves, err := arrange(kept, req.Policies, req.Inventory, bs)
	return waves, out, err
}

// arrange puts hosts into waves and batches. Within a policy hosts with work come
// before those without, so that a canary proves something; a host comes after
// those it depends on; else the order is that of the names. Policies come in the
// order of an opening (see agenda), unless a host of one depends on a host of
// another. all are the policies of the configuration: one may be after another
// through a third. No batch has more hosts of an availability than may be away at
// once; waves and batches come one after the other, so neither has the plan.
func arrange(groups []group, all []*policies.Policy, inv *inventory.Inventory, bs bounds) ([]Wave, error) {
	of := make([]*policies.Policy, 0, len(groups))
	by := map[*policies.Policy]group{}
	known := map[*policies.Policy]bool{}
	for _, p := range all {
		known[p] = true
	}
	for _, g := range groups {
		of = append(of, g.policy)
		by[g.policy] = g
		if !known[g.policy] {
			all = append(slices.Clip(all), g.policy)
		}
	}
	r := agenda.Relate(all)
	ordered := make([]group, 0, len(groups))
	for _, p := range r.Order(of) {
		ordered = append(ordered, by[p])
	}
	ordered, err := orderGroups(ordered, r, inv)
	if err != nil {
		return nil, err
	}
	waves := []Wave{}
	for _, g := range ordered {
		w, err := arrangePolicy(g, inv, bs)
		if err != nil {
			return nil, err
		}
		waves = append(waves, w...)
	}
	return waves, nil
}

func arrangePolicy(g group, inv *inventory.Inventory, bs bounds) ([]Wave, error) {
	left := order(g.hosts, inv)
	total := len(left)
	var out []Wave
	for _, w := range g.policy.Rollout.Waves {
		n := w.Size(total, len(left))
		take := left[:n]
		left = left[n:]
		if n == 0 {
			continue
		}
		wave := Wave{Policy: g.policy.Name, Name: w.Name, Batches: []Batch{}}
		for _, hosts := range batches(take, w.BatchSize(total), inv, bs) {
			wave.Batches = append(wave.Batches, Batch{Hosts: hosts})
		}
		out = append(out, wave)
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("the waves of policy %s leave out %d of its %d hosts: add a last wave without count and percent",
			g.policy.Name, len(left), total)
	}
	return out, nil
}

// order sorts hosts: with work first, dependencies before dependants, by name.
func order(hosts []Host, inv *inventory.Inventory) []Host {
	byName := map[string]Host{}
	for _, h := range hosts {
		byName[h.Name] = h
	}
	sorted := slices.Clone(hosts)
	slices.SortStableFunc(sorted, func(a, b Host) int {
		return cmp.Or(cmp.Compare(idle(a), idle(b)), cmp.Compare(a.Name, b.Name))
	})
	var out []Host
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		h, ok := byName[name]
		if !ok || seen[name] {
			return
		}
		seen[name] = true
		if d := inv.Host(name); d != nil {
			for _, dep := range d.DependsOn {
				visit(dep)
			}
		}
		out = append(out, h)
	}
	for _, h := range sorted {
		visit(h.Name)
	}
	return out
}

func idle(h Host) int {
	if len(h.Steps) == 0 {
		return 1
	}
	return 0
}

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

// arrange puts hosts into waves and batches. Within a policy hosts with work come
// before those without, so that a canary proves something; a host comes after
// those it depends on; else the order is that of the names. Policies come in the
// order of an opening (see agenda), unless a host of one depends on a host of
// another. all are the policies of the configuration: one may be after another
// through a third.
func arrange(groups []group, all []*policies.Policy, inv *inventory.Inventory) ([]Wave, error) {
	of := make([]*policies.Policy, 0, len(groups))
	by := map[*policies.Policy]group{}
	for _, g := range groups {
		of = append(of, g.policy)
		by[g.policy] = g
		if !slices.Contains(all, g.policy) {
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
		w, err := arrangePolicy(g, inv)
		if err != nil {
			return nil, err
		}
		waves = append(waves, w...)
	}
	return waves, nil
}

// orderGroups moves a group behind those that its hosts depend on. Only hosts
// with work count.
func orderGroups(groups []group, r agenda.Relation, inv *inventory.Inventory) ([]group, error) {
	at := map[string]string{} // host to policy
	for _, g := range groups {
		for _, h := range g.hosts {
			if len(h.Steps) > 0 {
				at[h.Name] = g.policy.Name
			}
		}
	}
	placed := map[string]bool{}
	out := make([]group, 0, len(groups))
	left := slices.Clone(groups)
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(g group) bool {
			host, _ := waits(g, at, placed, inv)
			return host == "" && behind(g, left, r) == ""
		})
		if i < 0 {
			return nil, conflict(left, at, placed, r, inv)
		}
		placed[left[i].policy.Name] = true
		out = append(out, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return out, nil
}

// waits returns a host of g and one that it depends on, of a policy that is not
// placed yet; "" if there is none. at is the policy of a host.
func waits(g group, at map[string]string, placed map[string]bool, inv *inventory.Inventory) (host, on string) {
	for _, h := range g.hosts {
		d := inv.Host(h.Name)
		if d == nil || len(h.Steps) == 0 {
			continue
		}
		for _, dep := range d.DependsOn {
			if p := at[dep]; p != "" && p != g.policy.Name && !placed[p] {
				return h.Name, dep
			}
		}
	}
	return "", ""
}

// behind returns a policy of left that the policy of g is after, or "". A cycle of
// "after" is no order.
func behind(g group, left []group, r agenda.Relation) string {
	for _, other := range left {
		p, q := g.policy.Name, other.policy.Name
		if r.After(p, q) && !r.After(q, p) {
			return q
		}
	}
	return ""
}

// conflict says why none of left can come next.
func conflict(left []group, at map[string]string, placed map[string]bool, r agenda.Relation, inv *inventory.Inventory) error {
	for _, g := range left {
		host, on := waits(g, at, placed, inv)
		switch {
		case host == "":
		case r.After(at[on], g.policy.Name):
			return fmt.Errorf("policy %s is after policy %s, but host %s of %s depends on %s of %s: remove one of the two, or plan them apart with --policy",
				at[on], g.policy.Name, host, g.policy.Name, on, at[on])
		default:
			return fmt.Errorf("policies %s and %s each have a host that depends on one of the other (%s depends on %s): plan them apart with --policy",
				g.policy.Name, at[on], host, on)
		}
	}
	return fmt.Errorf("the policies %s and others wait for each other: plan them apart with --policy", left[0].policy.Name)
}

func arrangePolicy(g group, inv *inventory.Inventory) ([]Wave, error) {
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
		for _, hosts := range batches(take, w.BatchSize(total), inv) {
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

// batches cuts hosts into batches of at most size; a host never shares one with
// a host it depends on.
func batches(hosts []Host, size int, inv *inventory.Inventory) [][]Host {
	var out [][]Host
	var cur []Host
	for _, h := range hosts {
		if len(cur) == size || dependsOnAny(h, cur, inv) {
			out, cur = append(out, cur), nil
		}
		cur = append(cur, h)
	}
	if len(cur) > 0 {
		out = append(out, cur)
	}
	return out
}

func dependsOnAny(h Host, cur []Host, inv *inventory.Inventory) bool {
	d := inv.Host(h.Name)
	return d != nil && slices.ContainsFunc(cur, func(c Host) bool { return slices.Contains(d.DependsOn, c.Name) })
}

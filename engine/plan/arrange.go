package plan

import (
	"cmp"
	"fmt"
	"slices"

	"patchwave/inventory"
	"patchwave/policies"
)

// group is the hosts of one policy with their plans.
type group struct {
	policy *policies.Policy
	hosts  []Host
}

// arrange puts hosts into waves and batches. Within a policy hosts with work come
// before those without, so that a canary proves something; a host comes after
// those it depends on; else the order is that of the names. Policies come
// no-reboot first, then by priority, then by name, unless a host of one depends
// on a host of another.
func arrange(groups []group, inv *inventory.Inventory) ([]Wave, error) {
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(rebootRank(a.policy), rebootRank(b.policy)),
			cmp.Compare(a.policy.Priority, b.policy.Priority), cmp.Compare(a.policy.Name, b.policy.Name))
	})
	groups, err := orderGroups(groups, inv)
	if err != nil {
		return nil, err
	}
	waves := []Wave{}
	for _, g := range groups {
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
func orderGroups(groups []group, inv *inventory.Inventory) ([]group, error) {
	at := map[string]string{} // host to policy
	for _, g := range groups {
		for _, h := range g.hosts {
			if len(h.Steps) > 0 {
				at[h.Name] = g.policy.Name
			}
		}
	}
	// waits returns a dependency of g on a policy that is not placed yet.
	waits := func(g group, placed map[string]bool) (host, on string) {
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
	placed := map[string]bool{}
	out := make([]group, 0, len(groups))
	left := slices.Clone(groups)
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(g group) bool { host, _ := waits(g, placed); return host == "" })
		if i < 0 {
			host, on := waits(left[0], placed)
			return nil, fmt.Errorf("policies %s and %s each have a host that depends on one of the other (%s depends on %s): plan them apart with --policy",
				left[0].policy.Name, at[on], host, on)
		}
		placed[left[i].policy.Name] = true
		out = append(out, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return out, nil
}

// rebootRank is 0 for policies that never reboot a host.
func rebootRank(p *policies.Policy) int {
	if p.Updates == "no-reboot" || p.Reboot.When == policies.RebootNever {
		return 0
	}
	return 1
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

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
// no-reboot first, then by priority, then by name.
func arrange(groups []group, inv *inventory.Inventory) ([]Wave, error) {
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(rebootRank(a.policy), rebootRank(b.policy)),
			cmp.Compare(a.policy.Priority, b.policy.Priority), cmp.Compare(a.policy.Name, b.policy.Name))
	})
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
		n := waveSize(w, total, len(left))
		take := left[:n]
		left = left[n:]
		if n == 0 {
			continue
		}
		size := policies.DefaultBatch
		if w.Batch.Given {
			size = w.Batch.Of(total)
		}
		if w.MaxUnavailable.Given {
			size = min(size, w.MaxUnavailable.Of(total))
		}
		wave := Wave{Policy: g.policy.Name, Name: w.Name, Batches: []Batch{}}
		for _, hosts := range batches(take, max(1, size), inv) {
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

// waveSize is how many of the hosts that are left a wave takes.
func waveSize(w policies.Wave, total, left int) int {
	switch {
	case w.Count > 0:
		return min(w.Count, left)
	case w.Percent > 0:
		return min(policies.Amount{Percent: w.Percent, Given: true}.Of(total), left)
	default:
		return left
	}
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

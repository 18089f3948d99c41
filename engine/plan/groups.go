package plan

import (
	"fmt"
	"slices"

	"patchwave/inventory"
	"patchwave/policies/agenda"
)

// wait is a host of a group and one of another policy that it depends on.
type wait struct {
	host, on string
	// group is the index of the group of on.
	group int
}

// waits are, for each group, those that its hosts depend on: one for each other
// group, in the order of the hosts. Only hosts with work count.
func waits(groups []group, inv *inventory.Inventory) [][]wait {
	at := map[string]int{}
	for i, g := range groups {
		for _, h := range g.hosts {
			if len(h.Steps) > 0 {
				at[h.Name] = i
			}
		}
	}
	out := make([][]wait, len(groups))
	for i, g := range groups {
		seen := map[int]bool{i: true}
		for _, h := range g.hosts {
			d := inv.Host(h.Name)
			if d == nil || len(h.Steps) == 0 {
				continue
			}
			for _, dep := range d.DependsOn {
				if j, ok := at[dep]; ok && !seen[j] {
					seen[j] = true
					out[i] = append(out[i], wait{h.Name, dep, j})
				}
			}
		}
	}
	return out
}

// orderGroups moves a group behind those that its hosts depend on. A cycle of
// "after" is no order.
func orderGroups(groups []group, r agenda.Relation, inv *inventory.Inventory) ([]group, error) {
	waiting := waits(groups, inv)
	behind := make([][]int, len(groups)) // those that wait for a group
	missing := make([]int, len(groups))  // how many a group waits for
	for i, g := range groups {
		for _, w := range waiting[i] {
			behind[w.group] = append(behind[w.group], i)
			missing[i]++
		}
		for j, other := range groups {
			if p, q := g.policy.Name, other.policy.Name; r.After(p, q) && !r.After(q, p) {
				behind[j] = append(behind[j], i)
				missing[i]++
			}
		}
	}
	out := make([]group, 0, len(groups))
	placed := make([]bool, len(groups))
	for range groups {
		next := -1
		for i := range groups {
			if !placed[i] && missing[i] == 0 {
				next = i
				break
			}
		}
		if next < 0 {
			return nil, conflict(groups, waiting, placed, r)
		}
		placed[next] = true
		out = append(out, groups[next])
		for _, i := range behind[next] {
			missing[i]--
		}
	}
	return out, nil
}

// conflict says why none of the groups that are not placed can come next.
func conflict(groups []group, waiting [][]wait, placed []bool, r agenda.Relation) error {
	for i, g := range groups {
		if placed[i] {
			continue
		}
		j := slices.IndexFunc(waiting[i], func(w wait) bool { return !placed[w.group] })
		if j < 0 {
			continue
		}
		w := waiting[i][j]
		p, q := g.policy.Name, groups[w.group].policy.Name
		if r.After(q, p) {
			return fmt.Errorf("policy %s is after policy %s, but host %s of %s depends on %s of %s: remove one of the two, or plan them apart with --policy",
				q, p, w.host, p, w.on, q)
		}
		return fmt.Errorf("policies %s and %s each have a host that depends on one of the other (%s depends on %s): plan them apart with --policy",
			p, q, w.host, w.on)
	}
	i := slices.Index(placed, false)
	return fmt.Errorf("the policies %s and others wait for each other: plan them apart with --policy", groups[i].policy.Name)
}

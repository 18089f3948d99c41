package plan

import (
	"patchwave/inventory"
)

// batches puts the hosts of a wave into batches of at most size, each into the
// first that has room for it: behind those of the hosts that it depends on, and
// with no more hosts of an availability than may be away at once. Those that a
// host depends on stand before it in hosts.
func batches(hosts []Host, size int, inv *inventory.Inventory, bs bounds) [][]Host {
	var out [][]Host
	at := make(map[string]int, len(hosts))
	sizes := newRoom(size)
	used := map[*bound]*room{}
	for _, h := range hosts {
		limits := []*room{sizes}
		for _, b := range bs.of(h) {
			if used[b] == nil {
				used[b] = newRoom(b.most)
			}
			limits = append(limits, used[b])
		}
		i := fit(behindAll(h, at, inv), limits)
		for _, r := range limits {
			r.take(i)
		}
		if i == len(out) {
			out = append(out, nil)
		}
		out[i] = append(out[i], h)
		at[h.Name] = i
	}
	return out
}

// fit returns the first batch from i on in which nothing is full.
func fit(i int, limits []*room) int {
	for {
		before := i
		for _, r := range limits {
			i = r.first(i)
		}
		if i == before {
			return i
		}
	}
}

// behindAll returns the first batch behind those of the hosts that h depends on.
func behindAll(h Host, at map[string]int, inv *inventory.Inventory) int {
	first := 0
	if d := inv.Host(h.Name); d != nil {
		for _, dep := range d.DependsOn {
			if i, ok := at[dep]; ok {
				first = max(first, i+1)
			}
		}
	}
	return first
}

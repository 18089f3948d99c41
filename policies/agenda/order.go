package agenda

import (
	"cmp"
	"slices"

	"patchwave/policies"
)

// Order returns the policies in the order in which one opening launches them. The
// argument is left as it is.
func Order(pols []*policies.Policy) []*policies.Policy {
	return Relate(pols).Order(pols)
}

// Relation knows which policy comes after which, also through others.
type Relation struct {
	index map[string]int
	// before has a set for each policy: those it comes after.
	before []bits
	// strictly is before without those of a cycle.
	strictly []bits
}

// bits is a set of indices.
type bits []uint64

func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) drop(i int)     { b[i/64] &^= 1 << (i % 64) }

// Relate follows "after" from every policy. Names that no policy has are passed
// over.
func Relate(pols []*policies.Policy) Relation {
	n := len(pols)
	r := Relation{index: make(map[string]int, n), before: make([]bits, n), strictly: make([]bits, n)}
	for i, p := range pols {
		r.index[p.Name] = i
	}
	for i := range pols {
		row := make(bits, (n+63)/64)
		todo := []int{i}
		for len(todo) > 0 {
			p := pols[todo[len(todo)-1]]
			todo = todo[:len(todo)-1]
			for _, name := range p.After {
				if j, ok := r.index[name]; ok && !row.has(j) {
					row.add(j)
					todo = append(todo, j)
				}
			}
		}
		r.before[i] = row
	}
	for i, row := range r.before {
		r.strictly[i] = slices.Clone(row)
		for j := range n {
			if row.has(j) && r.before[j].has(i) {
				r.strictly[i].drop(j)
			}
		}
	}
	return r
}

// After reports whether p comes after q; in a cycle each comes after every other.
func (r Relation) After(p, q string) bool {
	i, known := r.index[p]
	j, also := r.index[q]
	return known && also && i != j && r.before[i].has(j)
}

// related reports whether one of the two comes after the other.
func (r Relation) related(p, q string) bool { return r.After(p, q) || r.After(q, p) }

// Order sorts some of the policies that r was made of; others are left out. The
// argument is left as it is.
func (r Relation) Order(set []*policies.Policy) []*policies.Policy {
	left := slices.DeleteFunc(slices.Clone(set), func(p *policies.Policy) bool {
		_, ok := r.index[p.Name]
		return !ok
	})
	slices.SortFunc(left, byRank)
	waiting := make(bits, (len(r.before)+63)/64)
	for _, p := range left {
		waiting.add(r.index[p.Name])
	}
	out := make([]*policies.Policy, 0, len(left))
	for len(left) > 0 {
		// one is always free: strictly has no cycle
		next := max(0, slices.IndexFunc(left, func(p *policies.Policy) bool { return r.free(p, waiting) }))
		waiting.drop(r.index[left[next].Name])
		out = append(out, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return out
}

// free reports whether p is after none of those that wait.
func (r Relation) free(p *policies.Policy, waiting bits) bool {
	for w, word := range r.strictly[r.index[p.Name]] {
		if word&waiting[w] != 0 {
			return false
		}
	}
	return true
}

// byRank is the order of policies that are not after each other.
func byRank(a, b *policies.Policy) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
}

func rank(p *policies.Policy) int {
	if p.NoReboot() {
		return 0
	}
	return 1
}

package plan

import "patchwave/engine/updates"

// index finds decisions by the name of the package. A host can have thousands of
// pending updates, and as many changes are looked up among them.
type index struct {
	ds    []decided
	first map[string]int
	// next is the next decision about the same name; 0 if there is none.
	next []int
}

func newIndex(ds []decided) index {
	x := index{ds, make(map[string]int, len(ds)), make([]int, len(ds))}
	for i := len(ds) - 1; i >= 0; i-- {
		x.next[i] = x.first[ds[i].Name]
		x.first[ds[i].Name] = i
	}
	return x
}

// each yields the decisions about the package that a change is of, in their order,
// until it is told to stop.
func (x index) each(c updates.Change) func(yield func(*decided) bool) {
	return func(yield func(*decided) bool) {
		i, ok := x.first[c.Name]
		for ; ok; i, ok = x.next[i], x.next[i] > 0 {
			if x.ds[i].isOf(c) && !yield(&x.ds[i]) {
				return
			}
		}
	}
}

// of returns the first decision about the very version that a change brings; nil
// if there is none.
func (x index) of(c updates.Change) *decided {
	for d := range x.each(c) {
		if d.To == c.To {
			return d
		}
	}
	return nil
}

// needsReboot reports whether a change is to a version that needs a reboot.
func (x index) needsReboot(c updates.Change) bool {
	for d := range x.each(c) {
		if d.To == c.To && d.Reboot {
			return true
		}
	}
	return false
}

// moved are the architectures of the versions that changes bring.
type moved map[version][]string

type version struct{ name, to string }

func newMoved(changes []updates.Change) moved {
	out := make(moved, len(changes))
	for _, c := range changes {
		k := version{c.Name, c.To}
		out[k] = append(out[k], c.Arch)
	}
	return out
}

// has reports whether a version is among them; an architecture that is not known
// is any.
func (m moved) has(name, arch, to string) bool {
	for _, a := range m[version{name, to}] {
		if a == arch || a == "" || arch == "" {
			return true
		}
	}
	return false
}

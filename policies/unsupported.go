package policies

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
)

// Gap is something the configuration asks for that this version cannot do.
type Gap struct {
	// What names it, in words that begin a sentence ("waking hosts").
	What string
	Pos  inventory.Position
	// Harmless says that hosts may be changed without it: somebody is told less, or
	// a host stays unreachable. Whoever wrote anything else counts on it.
	Harmless bool
}

// String is what and where.
func (g Gap) String() string {
	if g.Pos.File == "" {
		return g.What
	}
	return fmt.Sprintf("%s (%s:%d)", g.What, g.Pos.File, g.Pos.Line)
}

// Unsupported lists what a policy asks for that this version cannot do; nil if
// nothing. A host that cannot be reached for its kind of connection is not among
// them: it is refused by itself. The order is that of the list below, and each
// thing is there once for a place.
func Unsupported(p *Policy) []Gap {
	u := &unsupported{}
	u.preparation(p.Preparation)
	u.policy(p)
	return u.gaps
}

type unsupported struct {
	gaps []Gap
}

func (u *unsupported) add(at inventory.Position, format string, args ...any) {
	u.put(Gap{What: fmt.Sprintf(format, args...), Pos: at})
}

func (u *unsupported) put(g Gap) {
	if !slices.Contains(u.gaps, g) {
		u.gaps = append(u.gaps, g)
	}
}

func (u *unsupported) preparation(p *Preparation) {
	if p == nil {
		return
	}
	if r := p.RestorePoint; r != nil && !slices.ContainsFunc(r.Providers, r.available) {
		u.add(p.Pos, "restore points by %s", strings.Join(r.Providers, ", "))
	}
}

// available reports whether this version has a provider, built in or declared.
func (r *RestorePoint) available(provider string) bool {
	if d := r.Declared[provider]; d != nil {
		return slices.Contains(AvailableTypes(), d.Type)
	}
	return slices.Contains(AvailableProviders(), provider)
}

func (u *unsupported) policy(p *Policy) {
	if p.WindowsUpdate != nil {
		u.add(p.WindowsUpdate.Pos, "Windows updates")
	}
}

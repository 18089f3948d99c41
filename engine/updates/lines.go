package updates

import (
	"cmp"
	"slices"
	"strings"
)

// WantLines is how wanted versions go to a host: NAME, ARCH, VERSION with tabs
// between, a line each.
func WantLines(want []Want) string {
	var b strings.Builder
	for _, w := range want {
		b.WriteString(w.Name + "\t" + w.Arch + "\t" + w.Version + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// ChangeLines is how changes go to a host: ACTION, NAME, ARCH, FROM, TO with
// tabs between, a line each; an empty version is "-".
func ChangeLines(changes []Change) string {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	var b strings.Builder
	for _, c := range changes {
		b.WriteString(strings.Join([]string{string(c.Action), c.Name, c.Arch, dash(c.From), dash(c.To)}, "\t") + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// SortChanges puts changes in the one order in which they are compared and
// shown.
func SortChanges(changes []Change) {
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Action, b.Action))
	})
}

package parse

import (
	"cmp"
	"slices"

	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Updates sorts by name, then architecture, then version, in place, and fills
// what must not be nil or empty: the slices, classification "other", severity
// "unknown".
func Updates(list []inventory.Update) []inventory.Update {
	for i := range list {
		u := &list[i]
		u.Origins, u.Advisories = Set(u.Origins...), Set(u.Advisories...)
		u.CVEs, u.KBs = Set(u.CVEs...), Set(u.KBs...)
		u.Classification = cmp.Or(u.Classification, inventory.OtherClass)
		u.Severity = cmp.Or(u.Severity, inventory.UnknownSeverity)
	}
	slices.SortStableFunc(list, func(a, b inventory.Update) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.To, b.To))
	})
	return list
}

// Changes sorts by name, then architecture, then action, in place.
func Changes(list []updates.Change) []updates.Change {
	slices.SortStableFunc(list, func(a, b updates.Change) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Action, b.Action))
	})
	return list
}

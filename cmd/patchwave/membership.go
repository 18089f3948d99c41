package main

import (
	"fmt"
	"maps"
	"slices"

	"patchwave/engine/report/safe"
	"patchwave/inventory"
)

// maxMoves bounds how many changed memberships are told one by one.
const maxMoves = 20

// membersMoved tells which hosts came into a group or left it by what the new
// observations say of them. Facts come from hosts, and hosts may lie: whoever
// moves into another policy should be seen doing it. A host that is seen for the
// first time has not moved.
func (a *app) membersMoved(s *session, fresh []inventory.Observation) {
	now := maps.Clone(s.seen)
	moved := map[string]bool{}
	for _, o := range fresh {
		if old, known := s.seen[o.Host]; known && (o.State == inventory.ScanOK || o.State == inventory.ScanStale) {
			moved[o.Host] = old.Facts.OS != o.Facts.OS || old.Facts.Kernel != o.Facts.Kernel || old.Facts.PackageManager != o.Facts.PackageManager ||
				old.Facts.Virtual != o.Facts.Virtual || old.Facts.RebootRequired != o.Facts.RebootRequired
			now[o.Host] = o
		}
	}
	if !slices.Contains(slices.Collect(maps.Values(moved)), true) {
		return
	}
	inv, _, diags := s.cfg.Resolve(factsOf(now))
	if diags.HasErrors() {
		return // the configuration has errors, and they were told when it was loaded
	}
	var lines []string
	for _, h := range inv.Hosts {
		if before := s.inv.Host(h.Name); before != nil && moved[h.Name] {
			lines = append(lines, groupMoves(before, h)...)
		}
	}
	for i, line := range lines {
		if i == maxMoves {
			a.say("%d more memberships were changed by facts; `patchwave hosts` shows all", len(lines)-i)
			return
		}
		a.say("%s", safe.Text(line))
	}
}

// groupMoves says into which groups a host came and which it left.
func groupMoves(before, after *inventory.Host) []string {
	var out []string
	for _, g := range after.Groups {
		if !slices.Contains(before.Groups, g) {
			out = append(out, fmt.Sprintf("%s is in group %s now, by its facts", after.Name, g))
		}
	}
	for _, g := range before.Groups {
		if !slices.Contains(after.Groups, g) {
			out = append(out, fmt.Sprintf("%s is no longer in group %s, by its facts", after.Name, g))
		}
	}
	return out
}

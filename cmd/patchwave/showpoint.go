package main

import (
	"fmt"
	"strings"

	"patchwave/engine/journal"
	"patchwave/engine/report/safe"
	"patchwave/engine/restore"
)

// pointText shows a restore point where there is more to say of it than that the old
// packages were kept.
func pointText(p *journal.PointData) string {
	if p == nil || p.Provider == restore.Packages && len(p.Cannot) == 0 && len(p.Tried) == 0 {
		return ""
	}
	var b strings.Builder
	text := "restore point: " + p.Provider
	if p.Tag != "" {
		text += " (" + p.Tag + ")"
	}
	if p.Scope != "" && p.Provider != restore.Packages && len(p.Undoes) > 0 {
		text += ", undoes " + strings.Join(p.Undoes, ", ")
	}
	if len(p.Cannot) > 0 {
		text += "; cannot undo " + strings.Join(p.Cannot, "; ")
	}
	fmt.Fprintf(&b, "    %s\n", safe.Text(text))
	for _, t := range p.Tried {
		fmt.Fprintf(&b, "      passed over %s: %s\n", safe.Text(t.Provider), safe.Text(t.Why))
	}
	return b.String()
}

// removedPoints counts the restore points that a run removed from a host beside its
// own work.
func removedPoints(h *journal.Host) int {
	n := 0
	for _, g := range h.Gone {
		if g.State == journal.PointRemoved {
			n++
		}
	}
	return n
}

// goneText shows the restore points that went.
func goneText(gone []journal.PointGoneData) string {
	var b strings.Builder
	for _, g := range gone {
		name := g.Tag
		if name == "" {
			name = g.ID
		}
		fmt.Fprintf(&b, "    restore point %s (%s) %s: %s\n", safe.Text(name), safe.Text(g.Provider), safe.Text(g.State), safe.Text(g.Why))
	}
	return b.String()
}

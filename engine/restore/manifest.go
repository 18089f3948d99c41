// Package restore takes hosts back to what they were.
//
// The restore point that every host gets is a manifest of the versions that a
// run replaces, with copies of the old packages where they can be had. It
// undoes only packages, and only as far as the package manager can still fetch
// the old versions; it does not undo configuration and data that maintainer
// scripts changed.
package restore

import (
	"fmt"
	"regexp"
	"strings"

	"patchwave/connectors/posix"
	"patchwave/engine/journal"
	"patchwave/engine/updates"
)

// Provider is the name of this provider in configuration and reports.
const Provider = "packages"

var unsafePath = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// Dir is where the old packages of a run are kept on a host.
func Dir(run string) string {
	return "/var/lib/patchwave-host/points/" + unsafePath.ReplaceAllString(run, "_")
}

// ParseKeep reads the answer of a manager's keep script and says what the
// restore point can undo. What the host does not name as kept cannot be undone.
func ParseKeep(m updates.Manager, run string, changes []updates.Change, a posix.Answer) journal.PointData {
	p := journal.PointData{ID: run + "/packages", Provider: Provider, Dir: Dir(run), Checked: true, Undoes: []string{}, Cannot: []string{}}
	kept := map[string]bool{}
	if f, ok := a.Get(m.Name() + ".keep"); ok {
		for _, line := range f.Lines() {
			if v := strings.Split(line, "\t"); len(v) == 4 && v[3] == "kept" {
				kept[v[0]+"\t"+v[2]] = true
			}
		}
	}
	for _, c := range changes {
		switch {
		case c.Action == updates.ActionInstall:
			p.Undoes = append(p.Undoes, c.Name+" (new)")
		case kept[c.Name+"\t"+c.From]:
			p.Undoes = append(p.Undoes, fmt.Sprintf("%s %s", c.Name, c.From))
		default:
			p.Cannot = append(p.Cannot, fmt.Sprintf("%s %s", c.Name, c.From))
		}
	}
	p.Checked = len(p.Cannot) == 0
	return p
}

package restore

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/journal"
	"patchwave/engine/updates"
)

var unsafePath = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// Dir is where the old packages of a run are kept on a host.
func Dir(run string) string {
	return "/var/lib/patchwave-host/points/" + unsafePath.ReplaceAllString(run, "_")
}

// ParseKeep reads the answer of a manager's keep script and says what the
// restore point can undo. What the host does not name as kept cannot be undone.
func ParseKeep(m updates.Manager, run string, changes []updates.Change, a framing.Answer) journal.PointData {
	p := journal.PointData{ID: run + "/packages", Provider: Packages, Dir: Dir(run), Checked: true, Undoes: []string{}, Cannot: []string{}}
	var lines []kept
	if f, ok := a.Get(m.Name() + ".keep"); ok {
		for _, line := range f.Lines() {
			if v := strings.Split(line, "\t"); len(v) == 4 {
				lines = append(lines, kept{name: v[0], arch: v[1], version: v[2], word: v[3]})
			}
		}
	}
	for _, c := range changes {
		switch {
		case c.Action == updates.ActionInstall && !slices.Contains(lines, kept{c.Name, c.Arch, c.To, "missing"}):
			p.Undoes = append(p.Undoes, c.Name+" (new)")
		case isKept(c, changes, lines):
			p.Undoes = append(p.Undoes, fmt.Sprintf("%s %s", c.Name, c.From))
		case c.Action == updates.ActionInstall:
			p.Cannot = append(p.Cannot, c.Name+" (new)")
		default:
			p.Cannot = append(p.Cannot, fmt.Sprintf("%s %s", c.Name, c.From))
		}
	}
	p.Checked = len(p.Cannot) == 0
	return p
}

// kept is one line of the answer.
type kept struct{ name, arch, version, word string }

// isKept reports whether the old package of a change was kept. The line of its
// own architecture decides; where there is none (the package changes its
// architecture, or the manager does not say one), a line does that belongs to
// no other change.
func isKept(c updates.Change, changes []updates.Change, lines []kept) bool {
	other := false
	for _, l := range lines {
		if l.name != c.Name || l.version != c.From {
			continue
		}
		if l.arch == c.Arch {
			return l.word == "kept"
		}
		belongs := slices.ContainsFunc(changes, func(x updates.Change) bool { return x.Name == l.name && x.Arch == l.arch })
		other = other || (l.word == "kept" && !belongs)
	}
	return other
}

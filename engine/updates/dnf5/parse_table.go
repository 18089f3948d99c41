package dnf5

import (
	"regexp"
	"strings"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
)

// table is what dnf5 prints before it asks whether to go on.
type table struct {
	changes []updates.Change
	// replacing are the names that an item of changes obsoletes, by its name.
	replacing map[string][]string
	// repo is the repository of an incoming package, by its name.
	repo map[string]string
	// strange is a heading or a line that is not understood.
	strange string
}

var (
	heading     = regexp.MustCompile(`^([A-Z][A-Za-z ]*):$`)
	item        = regexp.MustCompile(`^ ([^\s]+) +([^\s]+) +([^\s]+) +([^\s]+) +[0-9]`)
	replacement = regexp.MustCompile(`^   replacing ([^\s]+) +([^\s]+) +([^\s]+) `)
)

// headings are what stands above items. Those that change no package are "".
var headings = map[string]updates.Action{
	"Installing":                                 updates.ActionInstall,
	"Installing dependencies":                    updates.ActionInstall,
	"Installing weak dependencies":               updates.ActionInstall,
	"Installing group/module packages":           updates.ActionInstall,
	"Upgrading":                                  updates.ActionUpgrade,
	"Downgrading":                                updates.ActionDowngrade,
	"Removing":                                   updates.ActionRemove,
	"Removing dependent packages":                updates.ActionRemove,
	"Removing unused dependencies":               updates.ActionRemove,
	"Changing reason":                            "",
	"Skipping packages with conflicts":           "",
	"Skipping packages with broken dependencies": "",
	"Skipping packages with broken dependencies or part of a group": "",
}

func readTable(lines []string) table {
	t := table{replacing: map[string][]string{}, repo: map[string]string{}}
	inside, action := false, updates.Action("")
	for _, line := range lines {
		switch {
		case strings.HasPrefix(line, "Package ") && strings.HasSuffix(line, " Size"):
			inside = true
		case !inside:
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "Transaction Summary"):
			inside = false
		case heading.MatchString(line):
			var known bool
			action, known = headings[strings.TrimSuffix(line, ":")]
			if !known {
				t.strange = line
			}
		case action != "":
			t.line(action, line)
		}
	}
	return t
}

func (t *table) line(action updates.Action, line string) {
	if m := replacement.FindStringSubmatch(line); m != nil && len(t.changes) > 0 {
		t.replaces(m[1], m[2], rpm.EVR(m[3]))
		return
	}
	m := item.FindStringSubmatch(line)
	if m == nil {
		t.strange = line
		return
	}
	c := updates.Change{Action: action, Name: m[1], Arch: m[2], To: rpm.EVR(m[3])}
	if action == updates.ActionRemove {
		c.From, c.To = c.To, ""
	} else {
		t.repo[c.Name] = parse.Clean(m[4], 120)
	}
	t.add(c, line)
}

// replaces tells that the last item replaces a package: its own old version, or
// another that it obsoletes.
func (t *table) replaces(name, arch, version string) {
	last := len(t.changes) - 1
	for last >= 0 && t.changes[last].Action == updates.ActionRemove {
		last--
	}
	if last < 0 {
		t.strange = "replacing " + name
		return
	}
	by := &t.changes[last]
	if by.Name == name && by.Action != updates.ActionInstall && by.From == "" {
		by.From = version
		return
	}
	t.replacing[by.Name] = append(t.replacing[by.Name], name)
	t.add(updates.Change{Action: updates.ActionRemove, Name: name, Arch: arch, From: version}, name)
}

func (t *table) add(c updates.Change, line string) {
	g := parse.RPM()
	if !g.NameOK(c.Name) || !g.ArchOK(c.Arch) || !g.VersionOK(c.From+c.To) {
		t.strange = line
		return
	}
	t.changes = append(t.changes, c)
}

// whole says whether every change of the table has what its action needs.
func (t *table) whole() bool {
	for _, c := range t.changes {
		if !rpm.ChangeOK(c) {
			t.strange = c.Name
		}
	}
	return t.strange == ""
}

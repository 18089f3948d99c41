package apt

import (
	"regexp"
	"strconv"
	"strings"

	debversion "github.com/knqyf263/go-deb-version"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

// The rows of `apt-get -s` (apt-pkg/algorithms.cc, pkgSimulate):
//
//	Inst NAME[:ARCH] [[OLD]] (NEW ORIGIN[, ORIGIN…] [ARCH]) [[BREAKS…]]
//	Remv NAME[:ARCH] [OLD] [[BREAKS…]]
//
// An origin holds what a repository's owner wrote, parentheses and all, so the
// architecture is the last word in brackets before ")".
var (
	instRow = regexp.MustCompile(`^Inst ([^ :]+)(?::([^ :]+))? (?:\[([^ \]]+)\] )?\(([^ ]+) .*\[([a-z0-9-]+)\]\)(?: \[.*\])?$`)
	remvRow = regexp.MustCompile(`^(?:Remv|Purg) ([^ :]+)(?::([^ :]+))? \[([^ \]]+)\]`)
	archRow = regexp.MustCompile(`^Arch ([^ :]+)(?::[^ :]+)? ([a-z0-9-]+)$`)
)

// ParseSimulation reads a frame apt.sim or apt.sim.N; with the former also
// apt.undo and apt.download.
func (Manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "the host did not say what the installation would do")}
	}
	if f.RC != 0 {
		return updates.Simulation{Problem: complaint(f, refused(want))}
	}
	changes, bad := parseChanges(f)
	if bad != "" {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "a line of apt's simulation is not understood: %q", bad)}
	}
	s := updates.Simulation{OK: true, Changes: changes}
	if frame == name+".sim" {
		s.Undo, s.Download = parse.Undo(a, "apt.undo", parse.Deb(), nil), parseDownload(a)
	}
	return s
}

// refused names what apt would not install, one package or how many.
func refused(want []updates.Want) string {
	if len(want) == 1 {
		return "apt cannot install " + parse.Clean(want[0].Name+" "+want[0].Version, 100)
	}
	return "apt cannot install these " + strconv.Itoa(len(want)) + " packages together"
}

// parseChanges reads the rows. A row that is not understood is returned: a
// simulation that left something out would be a lie.
func parseChanges(f framing.Frame) (changes []updates.Change, bad string) {
	g := parse.Deb()
	arch := map[string]string{}
	for _, line := range f.Lines() {
		if m := archRow.FindStringSubmatch(line); m != nil && arch[m[1]] == "" {
			arch[m[1]] = m[2]
		}
	}
	for _, line := range f.Lines() {
		var c updates.Change
		switch {
		case line == "" || strings.HasPrefix(line, "Arch "):
			continue
		case instRow.MatchString(line):
			m := instRow.FindStringSubmatch(line)
			c = updates.Change{Action: action(m[3], m[4]), Name: m[1], Arch: m[5], From: m[3], To: m[4]}
		case remvRow.MatchString(line):
			m := remvRow.FindStringSubmatch(line)
			c = updates.Change{Action: updates.ActionRemove, Name: m[1], Arch: m[2], From: m[3]}
			if c.Arch == "" {
				c.Arch = arch[c.Name]
			}
		default:
			return nil, parse.Clean(line, 200)
		}
		if !g.OK(c.Name, c.Arch, c.From+c.To) || c.From != "" && !g.VersionOK(c.From) || c.To != "" && !g.VersionOK(c.To) {
			return nil, parse.Clean(line, 200)
		}
		changes = append(changes, c)
	}
	return parse.Changes(merge(changes)), ""
}

// merge drops a removal that is followed by an installation of the same package:
// apt takes packages away for a moment to break a loop.
func merge(changes []updates.Change) []updates.Change {
	back := map[string]int{}
	for i, c := range changes {
		if c.Action != updates.ActionRemove {
			back[c.Name+":"+c.Arch] = i
		}
	}
	var merged []updates.Change
	for i, c := range changes {
		j, ok := back[c.Name+":"+c.Arch]
		if c.Action == updates.ActionRemove && ok && j > i {
			changes[j].From, changes[j].Action = c.From, action(c.From, changes[j].To)
		}
	}
	for i, c := range changes {
		if j, ok := back[c.Name+":"+c.Arch]; c.Action != updates.ActionRemove || !ok || j < i {
			merged = append(merged, changes[i])
		}
	}
	return merged
}

// action compares two versions as dpkg does. The same version from another
// build counts as an upgrade.
func action(from, to string) updates.Action {
	if from == "" {
		return updates.ActionInstall
	}
	older, err := debversion.NewVersion(from)
	if err != nil {
		return updates.ActionUpgrade
	}
	newer, err := debversion.NewVersion(to)
	if err == nil && newer.LessThan(older) {
		return updates.ActionDowngrade
	}
	return updates.ActionUpgrade
}

func parseDownload(a framing.Answer) int64 {
	frame, _ := a.Get("apt.download")
	n, err := strconv.ParseInt(strings.TrimSpace(string(frame.Out)), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

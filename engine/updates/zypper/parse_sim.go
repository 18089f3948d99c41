package zypper

import (
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseSimulation reads the install-summary of a dry run.
func (Manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return refuse(parse.Problem(parse.Exit, "the host did not answer what the installation would do"))
	}
	root, err := parseXML(f.Out)
	if p := simProblem(f, root); p != nil {
		return refuse(p)
	}
	summary := root.child("stream").child("install-summary")
	if err != nil || summary.name == "" {
		return refuse(parse.Problem(parse.Exit, "zypper's answer could not be read (exit status %d): %v %s", f.RC, err, complaint(f, root)))
	}
	changes, bad := summaryChanges(summary)
	if bad != "" {
		return refuse(parse.Problem(parse.Exit, "zypper would change %q, which is no package's name or version", bad))
	}
	if p := drift(changes, want); p != nil {
		return refuse(p)
	}
	sim := updates.Simulation{OK: true, Changes: parse.Changes(changes)}
	if size, err := strconv.ParseInt(summary.attr("download-size"), 10, 64); err == nil && size > 0 {
		sim.Download = size
	}
	if frame == "zypper.sim" {
		sim.Undo = parse.Undo(a, "zypper.undo", parse.RPM(), rpm.EVR)
	}
	return sim
}

func refuse(p *inventory.Problem) updates.Simulation { return updates.Simulation{Problem: p} }

// simProblem says why the solver has no answer, or nil.
func simProblem(f framing.Frame, root *node) *inventory.Problem {
	words := complaint(f, root)
	switch {
	case f.RC == exitNotFound:
		return parse.Problem(parse.Exit, "no repository of the host offers a wanted version any more: %s", words)
	case f.RC == 4 && strings.Contains(words, "Problem"):
		return parse.Problem(parse.Exit, "zypper cannot install this: %s", words)
	default:
		return statusProblem(f, root)
	}
}

// summaryChanges reads the to-… lists. A package stands in more than one when it
// changes vendor or architecture, too; the first counts. bad is a word that is
// not believed.
func summaryChanges(summary *node) (changes []updates.Change, bad string) {
	g := parse.RPM()
	seen := map[updates.Change]bool{}
	for _, list := range summary.children {
		action, ok := strings.CutPrefix(list.name, "to-")
		if !ok {
			continue
		}
		for _, s := range list.children {
			if s.name != "solvable" || s.attr("type") != "package" {
				continue
			}
			for _, c := range solvableChanges(action, s) {
				if !g.NameOK(c.Name) || !g.ArchOK(c.Arch) || c.From != "" && !g.VersionOK(c.From) || c.To != "" && !g.VersionOK(c.To) {
					return nil, c.Name + " " + c.From + " " + c.To
				}
				if !seen[c] {
					seen[c] = true
					changes = append(changes, c)
				}
			}
		}
	}
	return changes, ""
}

// solvableChanges turns one solvable of a list to-ACTION into changes. Another
// architecture is a removal and an installation.
func solvableChanges(action string, s *node) []updates.Change {
	c := updates.Change{Name: s.attr("name"), Arch: s.attr("arch"), From: rpm.EVR(s.attr("edition-old")), To: rpm.EVR(s.attr("edition"))}
	old := s.attr("arch-old")
	switch action {
	case "install":
		c.Action, c.From = updates.ActionInstall, ""
		return []updates.Change{c}
	case "remove":
		c.Action, c.From, c.To = updates.ActionRemove, c.To, ""
		return []updates.Change{c}
	case "upgrade", "downgrade", "change-arch", "change-vendor":
		if old != "" && old != c.Arch {
			return []updates.Change{
				{Action: updates.ActionRemove, Name: c.Name, Arch: old, From: c.From},
				{Action: updates.ActionInstall, Name: c.Name, Arch: c.Arch, To: c.To},
			}
		}
		switch order := compareEVR(c.From, c.To); {
		case order < 0:
			c.Action = updates.ActionUpgrade
		case order > 0:
			c.Action = updates.ActionDowngrade
		default:
			return nil // the same version of another vendor
		}
		return []updates.Change{c}
	default: // reinstall
		return nil
	}
}

// drift says which wanted package would get another version than the wanted one.
func drift(changes []updates.Change, want []updates.Want) *inventory.Problem {
	for _, w := range want {
		other, found := "", false
		for _, c := range changes {
			if c.Name == w.Name && c.Arch == w.Arch && c.To != "" {
				found = found || c.To == w.Version
				other = c.To
			}
		}
		if !found && other != "" {
			return parse.Problem(parse.Exit, "the host would install %s %s, not the wanted %s", w.Name, other, w.Version)
		}
	}
	return nil
}

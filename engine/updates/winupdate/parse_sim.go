package winupdate

import (
	"slices"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// ParseSimulation reads what the last search says of the wanted versions.
func (Manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return refuse(parse.Problem(parse.Exit, "the host did not answer what the installation would do"))
	}
	var sim updates.Simulation
	winget := wingetFrame(a).offers()
	var undo []updates.Undo
	var problem *inventory.Problem
	for _, line := range f.Lines() {
		switch w := strings.Split(line, "\t"); {
		case w[0] == "PROBLEM" && len(w) >= 3 && problem == nil:
			problem = parse.Problem(problemCode(w[1]), "%s", orSilent(w[2]))
		case w[0] == "DOWNLOAD" && len(w) == 2:
			if n, err := strconv.ParseInt(w[1], 10, 64); err == nil && n > 0 {
				sim.Download = n
			}
		case w[0] == "WINGET" && len(w) == 4:
			row, ok := winget.byID(w[1])
			if !ok || row.available != w[3] || w[2] != "" || row.id != w[1] {
				return refuse(parse.Problem(parse.Exit, "%s %s is not offered to the host any more", w[1], w[3]))
			}
			sim.Changes = append(sim.Changes, updates.Change{Action: updates.ActionUpgrade, Name: w[1], From: row.version, To: row.available})
			undo = append(undo, updates.Undo{Name: w[1], Version: row.version})
		case w[0] == "CHANGE":
			c, ok := change(w)
			if !ok {
				return refuse(parse.Problem(parse.Exit, "the host would make a change that cannot be read: %q", line))
			}
			if !slices.Contains(sim.Changes, c) {
				sim.Changes = append(sim.Changes, c)
			}
		}
	}
	switch {
	case problem != nil:
		return refuse(problem)
	case f.RC != 0:
		return refuse(parse.Problem(parse.Exit, "the host finds no way to install this, and does not say why (status %d)", f.RC))
	}
	for _, w := range want {
		if !slices.ContainsFunc(sim.Changes, func(c updates.Change) bool { return c.Name == w.Name && c.To == w.Version }) {
			return refuse(parse.Problem(parse.Exit, "the host says nothing of %s %s", w.Name, w.Version))
		}
	}
	sim.OK, sim.Changes = true, parse.Changes(sim.Changes)
	if frame == "winupdate.sim" {
		sim.Undo = append(parse.Undo(a, "winupdate.undo", parse.Windows(), nil), undo...)
	}
	return sim
}

func refuse(p *inventory.Problem) updates.Simulation { return updates.Simulation{Problem: p} }

// change reads a line CHANGE.
func change(w []string) (updates.Change, bool) {
	if len(w) != 6 {
		return updates.Change{}, false
	}
	plain := func(s string) string {
		if s == "-" {
			return ""
		}
		return s
	}
	c := updates.Change{Action: updates.Action(w[1]), Name: w[2], Arch: w[3], From: plain(w[4]), To: plain(w[5])}
	g := parse.Windows()
	if !g.OK(c.Name, c.Arch, c.To) {
		return c, false
	}
	switch c.Action {
	case updates.ActionInstall:
		return c, c.From == "" && identity.MatchString(c.To)
	case updates.ActionUpgrade:
		return c, g.VersionOK(c.From)
	default:
		return c, false
	}
}

// problemCode believes the codes that a manager may use.
func problemCode(s string) string {
	if slices.Contains([]string{parse.Locked, parse.Interrupted, parse.Disk, parse.Unsupported, parse.Sudo}, s) {
		return s
	}
	return parse.Exit
}

func orSilent(words string) string {
	if words = parse.Clean(words, 400); words == "" {
		return "the host gives no reason"
	}
	return words
}

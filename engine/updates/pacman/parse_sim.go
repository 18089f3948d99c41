package pacman

import (
	"regexp"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
	"patchwave/inventory/version"
)

// target is a package in pacman's list of what it would do.
type target struct {
	name, version string
	removal       bool
}

var (
	listHead = regexp.MustCompile(`^Packages \(([0-9]+)\) ?`)
	fullName = regexp.MustCompile(`^(.+)-([^-]+-[^-]+)$`)
)

// nothingTo is what pacman says where nothing would change.
const nothingTo = "there is nothing to do"

// ParseSimulation reads what pacman printed before its question.
func (Manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return refuse(parse.Problem(parse.Exit, "the host did not answer what the installation would do"))
	}
	targets, ok := parseTargets(f.Lines())
	if !ok {
		return refuse(simProblem(f))
	}
	local, _ := a.Get(frame + ".local")
	installed := map[string]updates.Want{}
	for _, p := range parseLocal(local.Lines(), 3) {
		installed[p.Name] = p
	}
	offers := parseOffers(a, frame+".offers")
	sim := updates.Simulation{OK: true}
	for _, t := range targets {
		c, ok := change(t, installed, offers)
		if !ok {
			return refuse(parse.Problem(parse.Exit, "pacman would change %s-%s, of which it does not say more", t.name, t.version))
		}
		if t.removal || c.From != c.To {
			sim.Changes = append(sim.Changes, c)
		}
		if !t.removal {
			sim.Download += offers[t.name].size
		}
	}
	sim.Changes = parse.Changes(sim.Changes)
	if p := drift(sim.Changes, want, f, installed); p != nil {
		return refuse(p)
	}
	if frame == "pacman.sim" {
		sim.Undo = parse.Undo(a, "pacman.undo", parse.Pacman(), nil)
	}
	return sim
}

func refuse(p *inventory.Problem) updates.Simulation { return updates.Simulation{Problem: p} }

// simProblem says why pacman came to no list.
func simProblem(f framing.Frame) *inventory.Problem {
	words := complaint(f)
	if strings.Contains(words, "target not found") {
		return parse.Problem(parse.Exit, "no repository of the host offers a wanted package any more: %s", words)
	}
	if words == "" {
		words = parse.Clean(strings.Join(append(f.ErrLines(), f.Lines()...), " "), 300)
	}
	return parse.Problem(parse.Exit, "pacman cannot install this: %s", words)
}

// parseTargets reads the list "Packages (N) NAME-VERSION  NAME-VERSION [removal] …",
// which may be wrapped. ok is false if there is none and pacman does not say that
// there is nothing to do, or if it is not whole.
func parseTargets(lines []string) (targets []target, ok bool) {
	g := parse.Pacman()
	count, in := "", false
	for _, line := range lines {
		if m := listHead.FindStringSubmatch(line); m != nil && count == "" {
			count, in = m[1], true
			line = line[len(m[0]):]
		}
		if strings.TrimSpace(line) == nothingTo {
			return nil, true
		}
		if !in {
			continue
		}
		if strings.TrimSpace(line) == "" {
			break
		}
		for _, word := range strings.Fields(line) {
			if word == "[removal]" && len(targets) > 0 {
				targets[len(targets)-1].removal = true
				continue
			}
			m := fullName.FindStringSubmatch(word)
			if m == nil || !g.NameOK(m[1]) || !g.VersionOK(m[2]) {
				return nil, false
			}
			targets = append(targets, target{name: m[1], version: m[2]})
		}
	}
	return targets, in && count == strconv.Itoa(len(targets))
}

// change turns a target into a change; ok is false if its architecture is unknown.
func change(t target, installed map[string]updates.Want, offers map[string]offer) (c updates.Change, ok bool) {
	old, had := installed[t.name]
	if t.removal {
		return updates.Change{Action: updates.ActionRemove, Name: t.name, Arch: old.Arch, From: t.version}, had && old.Version == t.version
	}
	o, offered := offers[t.name]
	c = updates.Change{Action: updates.ActionInstall, Name: t.name, Arch: o.arch, To: t.version}
	if had {
		c.From, c.Action = old.Version, updates.ActionUpgrade
		if parse.Compare(version.Pacman, old.Version, t.version) > 0 {
			c.Action = updates.ActionDowngrade
		}
	}
	return c, offered && o.version == t.version && o.arch != ""
}

// drift says which wanted package would not get the wanted version.
func drift(changes []updates.Change, want []updates.Want, f framing.Frame, installed map[string]updates.Want) *inventory.Problem {
	to := map[string]string{}
	for _, c := range changes {
		if c.To != "" {
			to[c.Name] = c.To
		}
	}
	text := string(f.Out) + "\n" + string(f.Err)
	for _, w := range want {
		switch offered, ok := to[w.Name]; {
		case ok && offered != w.Version:
			return parse.Problem(parse.Exit, "the repositories of the host now offer %s %s, not the wanted %s", w.Name, offered, w.Version)
		case ok || installed[w.Name].Version == w.Version:
		case strings.Contains(text, "warning: "+w.Name+"-"+w.Version+" is up to date"):
		case strings.Contains(text, "skipping target: "+w.Name+"\n"):
			return parse.Problem(parse.Exit, "%s is in IgnorePkg or IgnoreGroup of pacman.conf", w.Name)
		default:
			return parse.Problem(parse.Exit, "pacman would not install %s %s", w.Name, w.Version)
		}
	}
	return nil
}

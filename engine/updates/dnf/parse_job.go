package dnf

import (
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/rpm"
	"patchwave/inventory"
)

// ParseSimulation reads dnf.sim or dnf.sim.N, and for the reason of their absence
// dnf.solver.
func (manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	s := updates.Simulation{}
	f, ok := a.Get(frame)
	if !ok {
		return updates.Simulation{Problem: silent(a, frame)}
	}
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		switch {
		case w[0] == "ok" && len(w) == 1:
			s.OK = true
		case w[0] == "problem" && len(w) == 2:
			s.Problem = parse.Problem(parse.Exit, "dnf finds no solution: %s", w[1])
		case w[0] == "change" && len(w) == 7:
			c, ok := change(w)
			if !ok {
				return updates.Simulation{Problem: parse.Problem(parse.Exit, "dnf would change what is not a package: %.200q", line)}
			}
			s.Changes = append(s.Changes, c)
			if size, err := strconv.ParseInt(w[6], 10, 64); err == nil && size > 0 {
				s.Download += size
			}
		}
	}
	if s.Problem != nil || !s.OK {
		if s.Problem == nil {
			s.Problem = silent(a, frame)
		}
		return updates.Simulation{Problem: s.Problem}
	}
	parse.Changes(s.Changes)
	if frame == "dnf.sim" {
		s.Undo = rpm.Undo(a, "dnf.undo")
	}
	return s
}

// silent says why a frame is not there or not whole.
func silent(a framing.Answer, frame string) *inventory.Problem {
	if solver, ok := a.Get("dnf.solver"); ok && solver.RC != 0 {
		return rpm.Complaint("dnf", solver.RC, solver.ErrLines())
	}
	return parse.Problem(parse.Exit, "the host did not answer for %s, or not to the end", frame)
}

func change(w []string) (updates.Change, bool) {
	word := func(s string) string {
		if s == "-" {
			return ""
		}
		return rpm.EVR(s)
	}
	c := updates.Change{Action: updates.Action(w[1]), Name: w[2], Arch: w[3], From: word(w[4]), To: word(w[5])}
	return c, rpm.ChangeOK(c)
}

// ParseInstall reads dnf.install, dnf.rollback or dnf.repair, whichever is there.
func (manager) ParseInstall(a framing.Answer) updates.Outcome {
	for _, name := range []string{"dnf.install", "dnf.rollback", "dnf.repair"} {
		if f, ok := a.Get(name); ok {
			return rpm.Outcome("dnf", f)
		}
	}
	return updates.Outcome{Problem: parse.Problem(parse.Exit, "the job's log holds no output of dnf")}
}

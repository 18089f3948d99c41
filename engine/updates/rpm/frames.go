package rpm

import (
	"regexp"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

// advisoryID is the shape of an advisory's id: RHSA-2026:0001,
// FEDORA-EPEL-2026-0a1b2c3d4e, ALAS2023-2026-123, openSUSE-SU-2026:0001-1.
var advisoryID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:+-]{0,119}$`)

// AdvisoryOK says whether s may be an advisory's id.
func AdvisoryOK(s string) bool { return advisoryID.MatchString(s) }

// Installed reads a frame of lines NAME, ARCH, VERSION, STATE with tabs between;
// other lines are passed over. It is nil if there is no such frame.
func Installed(a framing.Answer, frame string) []updates.Installed {
	f, ok := a.Get(frame)
	if !ok {
		return nil
	}
	list := []updates.Installed{}
	for _, line := range f.Lines() {
		w := strings.Split(line, "\t")
		if len(w) != 4 {
			continue
		}
		p := updates.Installed{Name: w[0], Arch: w[1], Version: EVR(w[2]), State: parse.Clean(w[3], 40)}
		if parse.RPM().OK(p.Name, p.Arch, p.Version) {
			list = append(list, p)
		}
	}
	return list
}

// RestartReasons reads the packages that needs-restarting names: "  * NAME".
func RestartReasons(f framing.Frame) []string {
	var reasons []string
	for _, line := range f.Lines() {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "* "); ok && parse.RPM().NameOK(name) {
			reasons = append(reasons, name+" was updated since the host started")
		}
	}
	return parse.Set(reasons...)
}

// Outcome reads the frame of an installation or a rollback: what, in words, ended
// with which status, and the packages whose scriptlets failed although the manager
// may say that all is well.
func Outcome(what string, f framing.Frame) updates.Outcome {
	o := updates.Outcome{Claimed: f.RC == 0, Failed: Failures(f.Lines(), f.ErrLines())}
	if f.RC != 0 {
		o.Problem = Complaint(what, f.RC, f.ErrLines(), f.Lines())
	}
	return o
}

// Undo reads a frame of lines NAME, ARCH, VERSION, yes|no.
func Undo(a framing.Answer, frame string) []updates.Undo {
	return parse.Undo(a, frame, parse.RPM(), EVR)
}

// ChangeOK says whether a change is a whole one: a known action, a name, an
// architecture, and the versions that the action needs and no other.
func ChangeOK(c updates.Change) bool {
	g := parse.RPM()
	from, to := g.VersionOK(c.From), g.VersionOK(c.To)
	switch c.Action {
	case updates.ActionInstall:
		from = c.From == ""
	case updates.ActionRemove:
		to = c.To == ""
	case updates.ActionUpgrade, updates.ActionDowngrade:
	default:
		return false
	}
	return from && to && g.NameOK(c.Name) && g.ArchOK(c.Arch)
}

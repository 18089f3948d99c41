package updatestest

import (
	"cmp"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// maxText bounds what a manager says in one message, in bytes.
const maxText = 700

var codes = []string{parse.Locked, parse.Interrupted, parse.Disk, parse.Exit, parse.Unsupported, parse.Sudo}

// verdict collects what is wrong with a value.
type verdict struct {
	opt   Options
	wrong []string
}

func (v *verdict) expect(ok bool, format string, args ...any) {
	if !ok {
		v.wrong = append(v.wrong, fmt.Sprintf(format, args...))
	}
}

// text expects words that may stand on an operator's terminal, on one line.
func (v *verdict) text(what string, words ...string) {
	for _, s := range words {
		clean := utf8.ValidString(s)
		for _, r := range s {
			clean = clean && !unicode.IsControl(r)
		}
		v.expect(s != "" && len(s) <= maxText && clean, "%s %q is not a short line of text", what, s)
	}
}

func (v *verdict) problem(p *inventory.Problem) {
	if p == nil {
		return
	}
	v.expect(slices.Contains(codes, p.Code), "the code of %+v is none of %q", p, codes)
	v.text("problem", p.Message)
}

// version expects a version, or "" where absent says that there is none.
func (v *verdict) version(what any, s string, absent bool) {
	if absent {
		v.expect(s == "", "%+v has version %q where it has none", what, s)
		return
	}
	v.expect(v.opt.Grammar.VersionOK(s), "%+v has version %q", what, s)
}

func (v *verdict) pkg(what any, name, arch string) {
	v.expect(v.opt.Grammar.NameOK(name) && v.opt.Grammar.ArchOK(arch), "%+v is no package", what)
}

// checkListing says what is wrong with any listing, whatever the host said.
func checkListing(l updates.Listing, opt Options) []string {
	v := &verdict{opt: opt}
	v.expect(slices.Contains([]inventory.ScanState{inventory.ScanOK, inventory.ScanStale, inventory.ScanFailed}, l.State), "state %q", l.State)
	v.expect((l.State == inventory.ScanOK) == (l.Problem == nil), "state %s with problem %+v", l.State, l.Problem)
	v.problem(l.Problem)
	for _, u := range l.Updates {
		v.pkg(u, u.Name, u.Arch)
		v.version(u, u.To, false)
		v.version(u, u.From, opt.NewPackages && u.From == "")
		v.expect(u.Origins != nil && u.Advisories != nil && u.CVEs != nil && u.KBs != nil, "nil slices: %+v", u)
		v.expect(u.Classification != "" && u.Severity != "" && u.Size >= 0, "not in form: %+v", u)
		v.text("origin", u.Origins...)
		v.text("advisory", u.Advisories...)
	}
	v.expect(slices.IsSortedFunc(l.Updates, func(a, b inventory.Update) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch))
	}), "the updates are not sorted")
	for _, p := range l.Installed {
		v.pkg(p, p.Name, p.Arch)
		v.version(p, p.Version, false)
		v.text("state of a package", p.State)
	}
	v.text("note", l.Notes...)
	v.text("reason for a reboot", l.RebootReasons...)
	v.expect(len(l.RebootReasons) == 0 || l.RebootRequired != nil && *l.RebootRequired, "a reboot is not required for %q", l.RebootReasons)
	return v.wrong
}

// checkSimulation says what is wrong with any simulation.
func checkSimulation(s updates.Simulation, opt Options) []string {
	v := &verdict{opt: opt}
	v.expect(s.OK == (s.Problem == nil), "ok %v with problem %+v", s.OK, s.Problem)
	v.problem(s.Problem)
	v.expect(s.OK || len(s.Changes) == 0, "changes without a solution: %+v", s.Changes)
	v.expect(s.Download >= 0, "download of %d bytes", s.Download)
	actions := []updates.Action{updates.ActionInstall, updates.ActionUpgrade, updates.ActionDowngrade, updates.ActionRemove}
	for _, c := range s.Changes {
		v.expect(slices.Contains(actions, c.Action), "unknown action: %+v", c)
		v.pkg(c, c.Name, c.Arch)
		v.version(c, c.From, c.Action == updates.ActionInstall)
		v.version(c, c.To, c.Action == updates.ActionRemove)
	}
	v.expect(slices.IsSortedFunc(s.Changes, func(a, b updates.Change) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.Action, b.Action))
	}), "the changes are not sorted")
	for _, u := range s.Undo {
		v.pkg(u, u.Name, u.Arch)
		v.version(u, u.Version, false)
	}
	return v.wrong
}

// checkOutcome says what is wrong with any outcome.
func checkOutcome(o updates.Outcome, opt Options) []string {
	v := &verdict{opt: opt}
	v.expect(o.Claimed || o.Problem != nil, "neither success nor a problem")
	v.expect(opt.ComplainsOfSuccess || !o.Claimed || o.Problem == nil, "success with problem %+v", o.Problem)
	v.problem(o.Problem)
	v.expect(o.Duration >= 0, "it took %s", o.Duration)
	for name, why := range o.Failed {
		v.expect(opt.Grammar.NameOK(name), "%q failed, which is no package", name)
		v.text("words about "+name, why)
	}
	return v.wrong
}

// frames are those that ParseSimulation is asked for: the one of mode "set", a
// few of mode "each", and one that is never there.
func frames(m updates.Manager) []string {
	return []string{m.Name() + ".sim", m.Name() + ".sim.1", m.Name() + ".sim.2", m.Name() + ".sim.5", m.Name() + ".sim.999"}
}

// checkAnswer says what is wrong with what a manager makes of an answer.
func checkAnswer(m updates.Manager, a framing.Answer, opt Options) []string {
	wrong := checkListing(m.ParseScan(a), opt)
	for _, frame := range frames(m) {
		wrong = append(wrong, checkSimulation(m.ParseSimulation(a, frame, nil), opt)...)
	}
	return append(wrong, checkOutcome(m.ParseInstall(a), opt)...)
}

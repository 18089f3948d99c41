package health

import (
	"regexp"
	"slices"
	"strings"
)

// passing are services that come and go with people, consoles and connections, or
// with patchwave itself.
var passing = regexp.MustCompile(`^(patchwave-.*|user@.*|user-runtime-dir@.*|session-.*|([a-z]+-)?getty@.*|console-getty|autovt@.*|run-.*|sshd?@.*|` +
	`systemd-coredump@.*|apt-daily.*|dnf-makecache|packagekit|fwupd|plymouth-.*|needrestart.*)(\.[a-z]+)?$`)

// unit is what systemd says of a service.
type unit map[string]string

func (u unit) name() string { return clean(strings.TrimSuffix(u["Id"], ".service")) }

func (u unit) runs() bool {
	return (u["ActiveState"] == "active" || u["ActiveState"] == "reloading") && u["SubState"] != "exited" && u["SubState"] != "dead"
}

// word is the state in which it is, for the operator.
func (u unit) word() string {
	if a, s := u["ActiveState"], u["SubState"]; s != "" && s != a && s != "dead" {
		return clean(a + " (" + s + ")")
	}
	return clean(u["ActiveState"])
}

// onDemand says that it runs only while something wants it: that it does not run
// later says nothing.
func (u unit) onDemand() bool {
	if u["UnitFileState"] == "enabled" || u["UnitFileState"] == "enabled-runtime" {
		return false
	}
	return u["Transient"] == "yes" || u["Type"] == "dbus" || u["TriggeredBy"] != ""
}

// services reads which services run, and what the others do.
func (r *reader) services() {
	if r.f.Init == "" {
		return
	}
	lines, ok := r.lines(partServices)
	if !ok {
		return
	}
	var running []string
	note := func(name, state string, runs, counts bool) {
		switch {
		case name == "":
		case !runs:
			r.f.States[name] = state
		default:
			r.f.Runs[name] = true
			if counts && !passing.MatchString(name) {
				running = append(running, name)
			}
		}
	}
	switch r.f.Init {
	case "systemd":
		for _, u := range units(lines) {
			note(u.name(), u.word(), u.runs(), !u.onDemand())
		}
	case "openrc":
		for _, line := range lines {
			name, state := openrcLine(line)
			note(name, state, state == "started", true)
		}
	default:
		for _, line := range lines {
			if m := sysvLine.FindStringSubmatch(line); m != nil {
				note(clean(m[2]), "stopped", m[1] == "+", true)
			}
		}
	}
	if r.f.Init == "systemd" && len(running) == 0 {
		r.miss(partServices, "the host names no service that runs")
		return
	}
	r.f.Services = r.list(partServices, running)
}

// units splits the answer of systemctl show: a block a unit.
func units(lines []string) []unit {
	var out []unit
	u := unit{}
	for _, line := range append(slices.Clip(lines), "") {
		key, value, ok := strings.Cut(line, "=")
		switch {
		case ok:
			u[key] = value
		case len(u) > 0:
			out = append(out, u)
			u = unit{}
		}
	}
	return out
}

var (
	sysvLine    = regexp.MustCompile(`^ *\[ ([+-]) \] +(\S+)$`)
	openrcPlain = regexp.MustCompile(`^ *(\S+) +\[ *([a-z]+)[^\]]*\]$`)
	openrcINI   = regexp.MustCompile(`^ *(\S+) *= *([a-z]+)`)
)

// openrcLine reads a line of rc-status, in either of its forms.
func openrcLine(line string) (name, state string) {
	for _, form := range []*regexp.Regexp{openrcPlain, openrcINI} {
		if m := form.FindStringSubmatch(line); m != nil {
			return clean(m[1]), m[2]
		}
	}
	return "", ""
}

// failed reads which units have failed.
func (r *reader) failed() {
	if r.f.Init == "" {
		return
	}
	lines, ok := r.lines(partFailed)
	if !ok {
		return
	}
	var names []string
	for _, line := range lines {
		f := strings.Fields(strings.TrimLeft(line, " ●*×"))
		if len(f) > 0 && !strings.HasSuffix(line, ":") && !passing.MatchString(f[0]) {
			names = append(names, clean(f[0]))
		}
	}
	r.f.FailedUnits = r.list(partFailed, names)
}

// broken reads which packages are not wholly installed.
func (r *reader) broken() {
	if r.f.Manager == "" {
		return
	}
	lines, ok := r.lines(partBroken)
	if !ok {
		return
	}
	var names []string
	for _, line := range lines {
		if name, state, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			names = append(names, clean(name+" "+state))
		}
	}
	r.f.BrokenPackages = r.list(partBroken, names)
}

// kernel reads what runs and what can be booted.
func (r *reader) kernel(running string) {
	lines, ok := r.lines("kernels")
	if !ok || running == "" {
		delete(r.f.Missing, "kernels")
		r.miss(partKernel, "the host does not tell")
		return
	}
	r.f.Kernel = running
	for _, line := range lines {
		if line != "" {
			r.f.Kernels = append(r.f.Kernels, clean(line))
		}
	}
	r.f.Kernels = r.list(partKernel, r.f.Kernels)
}

// time reads whether a time server holds the clock.
func (r *reader) time() {
	lines, ok := r.lines(partTime)
	if !ok {
		return
	}
	switch word := strings.TrimSpace(strings.Join(lines, " ")); word {
	case "yes", "no":
		r.f.Time = word
	}
}

package sim

import (
	"fmt"
	"strings"
)

// simulate answers the question what installing some versions would do:
// engine/updates/apt/simulate.sh.
func (debian) simulate(h *Host, a frames, args map[string]string) {
	if args["mode"] == "each" {
		for i, line := range strings.Split(args["want"], "\n") {
			h.simulated(a, fmt.Sprintf("apt.sim.%d", i+1), line)
		}
		return
	}
	s := h.simulated(a, "apt.sim", args["want"])
	a.run("apt.undo", h.undo(s), "", 0)
	download := ""
	if len(s.install)+len(s.remove) > 0 {
		sum := int64(0)
		for _, t := range s.install {
			sum += t.offer.size()
		}
		download = fmt.Sprintf("%d\n", sum)
	}
	a.run("apt.download", download, "", 0)
}

// wanted reads NAME, ARCH, VERSION with tabs between, a line each.
func wanted(lines string) (list []want, ok bool) {
	for _, line := range strings.Split(lines, "\n") {
		f := strings.Split(line, "\t")
		switch {
		case line == "":
		case len(f) != 3:
			return nil, false
		default:
			list = append(list, want{name: f[0], arch: f[1], version: f[2]})
		}
	}
	return list, true
}

// undo are the old versions of what a solution replaces or removes, and whether
// they can be had again.
func (h *Host) undo(s solution) string {
	var b strings.Builder
	for _, t := range append(append([]step{}, s.install...), s.remove...) {
		if t.from == "" {
			continue
		}
		word := "no"
		if h.has(t.shown(), t.from) {
			word = "yes"
		}
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\n", t.name, t.arch, t.from, word)
	}
	return b.String()
}

// aptRefusal is the complaint of apt.
func aptRefusal(r refusal) string {
	switch r.why {
	case unknownPackage:
		return "E: Unable to locate package " + shown(r.name, r.arch)
	case unknownVersion:
		return fmt.Sprintf("E: Version '%s' for '%s' was not found", r.version, shown(r.name, r.arch))
	case heldPackage:
		return "E: Held packages were changed and -y was used without --allow-change-held-packages."
	default:
		return "E: Unable to correct problems, you have held broken packages."
	}
}

func (h *Host) simulated(a frames, frame, lines string) solution {
	wants, ok := wanted(lines)
	if !ok {
		a.run(frame, "", "E: patchwave: a wanted package is not spelled as apt spells it\n", 100)
		return solution{}
	}
	s := h.solve(wants)
	if s.refused != nil {
		a.run(frame, "", aptRefusal(*s.refused)+"\n", 100)
		return solution{}
	}
	var b strings.Builder
	for _, t := range s.remove {
		fmt.Fprintf(&b, "Remv %s [%s]\n", t.shown(), t.from)
	}
	for _, t := range s.install {
		b.WriteString(instRow(t))
	}
	for _, t := range s.remove {
		fmt.Fprintf(&b, "Arch %s %s\n", t.shown(), t.arch)
	}
	a.run(frame, b.String(), "", 0)
	return s
}

// instRow is a row "Inst" of apt-get -s.
func instRow(t step) string {
	old := ""
	if t.from != "" {
		old = "[" + t.from + "] "
	}
	var origins []string
	for _, from := range t.offer.from() {
		origins = append(origins, from.shown())
	}
	return fmt.Sprintf("Inst %s %s(%s %s [%s])\n", t.shown(), old, t.to, strings.Join(origins, ", "), t.arch)
}

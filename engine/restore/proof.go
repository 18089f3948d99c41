package restore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
)

// The frames of the scripts keep, rollback and prove; see updates.KeepScript.
const (
	frameRoom    = "point.room"
	frameSize    = "point.size"
	frameProof   = "point.prove"
	frameRunning = "point.running"
	frameMarks   = "point.marks"
)

// mostNamed bounds how many differences a proof names.
const mostNamed = 12

// noRoom says that there is no room for the old packages; "" if there is.
func noRoom(a framing.Answer) string {
	f, ok := a.Get(frameRoom)
	if !ok || f.RC == 0 {
		return ""
	}
	need, free := int64(0), int64(0)
	if w := strings.Fields(string(f.Out)); len(w) == 2 {
		need, free = kib(w[0]), kib(w[1])
	}
	return fmt.Sprintf("the old packages need about %d MiB below /var/lib/patchwave-host, and %d MiB are free; make room, or use another provider", need>>20, free>>20)
}

// pointSize is what a point takes on the host, in bytes; 0 if it is not said.
func pointSize(a framing.Answer) int64 {
	f, ok := a.Get(frameSize)
	if !ok {
		return 0
	}
	w := strings.Fields(string(f.Out))
	if len(w) == 0 {
		return 0
	}
	return kib(w[0])
}

// kib is a number of KiB in bytes; 0 for what is none.
func kib(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > 1<<50 {
		return 0
	}
	return n << 10
}

// ParseProof reads how the host differs from the manifest of its point. NotRestored:
// packages of the changes are not as they were. Restored, with Why: they are, and Why
// names what else differs: marks, holds, files of these packages, other packages.
// Pending: there is nothing to tell by, and Why says why if the host did.
func ParseProof(changes []updates.Change, a framing.Answer) Said {
	f, ok := a.Get(frameProof)
	if !ok {
		return Said{State: Pending}
	}
	lines := f.Lines()
	if f.RC != 0 || len(lines) == 0 || !strings.HasPrefix(lines[0], "total\t") {
		return Said{State: Pending, Why: Line(string(f.Err))}
	}
	total, err := strconv.Atoi(strings.TrimPrefix(lines[0], "total\t"))
	if err != nil || total < len(lines)-1 {
		return Said{State: Pending, Why: "the proof of the host cannot be read"}
	}
	var bad, other []string
	for _, line := range lines[1:] {
		words, ours := difference(line, changes)
		if ours {
			bad = append(bad, words)
		} else {
			other = append(other, words)
		}
	}
	if len(bad) > 0 {
		return Said{State: NotRestored, Why: naming(bad, len(bad))}
	}
	return Said{State: Restored, Why: naming(other, total)}
}

// difference is one line of a proof in words. ours: it is a package of the changes.
func difference(line string, changes []updates.Change) (words string, ours bool) {
	w := strings.Split(line, "\t")
	verb := map[string]string{"+": "now ", "-": "before "}[w[0]]
	if verb == "" || len(w) < 3 {
		return Line(line), false
	}
	if w[1] == "pkg" {
		ours = slices.ContainsFunc(changes, func(c updates.Change) bool { return c.Name == w[2] })
	}
	kind := map[string]string{"pkg": "package", "auto": "automatic", "held": "held", "file": "file", "stat": "mode or owner of"}[w[1]]
	if kind == "" {
		kind = w[1]
	}
	rest := w[2:]
	if w[1] == "file" {
		rest = []string{w[2]} // nobody reads a checksum
	}
	return Line(verb + kind + " " + strings.Join(rest, " ")), ours
}

// naming joins the first differences and says how many more there are of total.
func naming(all []string, total int) string {
	if len(all) == 0 {
		return ""
	}
	shown := all[:min(len(all), mostNamed)]
	text := strings.Join(shown, "; ")
	if total > len(shown) {
		text += fmt.Sprintf(" and %d more", total-len(shown))
	}
	return text
}

// Running are the packages of the kernel that runs, which a rollback was to remove and
// did not.
func Running(changes []updates.Change, a framing.Answer) []string {
	f, ok := a.Get(frameRunning)
	if !ok {
		return nil
	}
	var names []string
	for _, line := range f.Lines() {
		name, _, _ := strings.Cut(line, "\t")
		if slices.ContainsFunc(changes, func(c updates.Change) bool { return c.Name == name && c.Action == updates.ActionInstall }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SetAgain names the marks, holds and locks that the host had lost since its point was
// made and that a rollback has set again; "" if there are none.
func SetAgain(a framing.Answer) string {
	f, ok := a.Get(frameMarks)
	if !ok {
		return ""
	}
	kinds := map[string]string{"auto": "automatic", "manual": "not automatic", "held": "held"}
	var all []string
	for _, line := range f.Lines() {
		w := strings.SplitN(line, "\t", 3)
		if kind := kinds[w[0]]; kind != "" && len(w) > 1 && w[1] != "" {
			all = append(all, Line(w[1]+" ("+kind+")"))
		}
	}
	return naming(all, len(all))
}

// Missing says what can be done about old packages that are nowhere to be had.
const Missing = "neither the host nor its repositories have it; give the host a repository that keeps old versions (a snapshot or a mirror of your own), or use a provider that holds the whole system, or take the package out of the baseline"

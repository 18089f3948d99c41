package stage

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Parsed is what a job said.
type Parsed struct {
	Result
	// Yielded says that it ended because somebody else wanted the host.
	Yielded bool
}

// Parse reads the log of a job that has ended. That files are there is believed only
// of the versions that were wanted; what the manager says is for the words of a
// problem. It is pure.
func Parse(a framing.Answer, h Host) Parsed {
	p := Parsed{Result: Result{Host: h.Name, Total: total(h.Changes)}}
	if f, ok := a.Get("stage.room"); ok && f.RC != 0 {
		p.Problem = problem(connectors.CodeDisk, "%s; nothing was downloaded", strings.Join(shortOf(f), "; "))
		return p
	}
	files, _ := a.Get("stage.files")
	there := files.Lines()
	var missing []string
	for _, c := range h.Changes {
		switch {
		case c.To == "":
		case slices.Contains(there, strings.Join([]string{c.Name, c.Arch, c.To, "staged"}, "\t")):
			p.Staged++
		default:
			missing = append(missing, c.Name+" "+c.To)
		}
	}
	end, _ := a.Get("stage.end")
	word := strings.TrimSpace(string(end.Out))
	manager, _ := a.Get(h.Manager.Name() + ".stage")
	switch {
	case len(missing) == 0:
		if old := notKept(a, h); len(old) > 0 {
			p.Problem = problem(connectors.CodeGuard, "the old versions that the restore point needs: %s: %s", some(old), restore.Missing)
		}
	case word == "yielded":
		p.Yielded = true
		p.Problem = problem(connectors.CodeLocked, "it gave way to a run on this host")
	case word == "late":
		p.Problem = problem(connectors.CodeTimeout, "not all was downloaded before the window opened: %s", some(missing))
	default:
		p.Problem = complaint(manager, missing)
	}
	return p
}

// notKept are the old versions that the host could not fetch; those that it was asked for.
func notKept(a framing.Answer, h Host) (old []string) {
	f, ok := a.Get("stage.old")
	if !h.Old || !ok {
		return nil
	}
	rows := f.Lines()
	for _, c := range h.Changes {
		if c.From != "" && slices.Contains(rows, strings.Join([]string{c.Name, c.Arch, c.From, "missing"}, "\t")) {
			old = append(old, c.Name+" "+c.From)
		}
	}
	return old
}

// shortOf says where there is too little space.
func shortOf(f framing.Frame) (out []string) {
	for _, line := range f.Lines() {
		w := strings.SplitN(line, "\t", 3)
		if len(w) != 3 || len(out) > 9 {
			continue
		}
		wanted, err := strconv.ParseInt(w[1], 10, 64)
		left, none := strconv.ParseInt(w[0], 10, 64)
		switch {
		case err != nil:
		case none != nil:
			out = append(out, "the free space on "+w[2]+" cannot be told")
		case left < 0:
			out = append(out, fmt.Sprintf("%s lacks %s for the download", w[2], sizeText(-left)))
		default:
			out = append(out, fmt.Sprintf("the download would leave %s on %s, %s wanted", sizeText(left), w[2], sizeText(wanted)))
		}
	}
	if len(out) == 0 {
		out = append(out, "there is too little space")
	}
	return out
}

// sizeText shows KiB.
func sizeText(kib int64) string {
	if kib >= 1<<20 {
		return strconv.FormatFloat(float64(kib)/(1<<20), 'f', 1, 64) + " GiB"
	}
	if kib >= 1<<10 {
		return strconv.FormatInt(kib>>10, 10) + " MiB"
	}
	return strconv.FormatInt(kib, 10) + " KiB"
}

// errorLine is how the managers begin what they complain of.
var errorLine = regexp.MustCompile(`(?i)^(e:|err(or)?:|problem:|refused:|error )`)

// complaint is the manager's own word about what is missing.
func complaint(f framing.Frame, missing []string) *inventory.Problem {
	why := ""
	for _, line := range slices.Concat(f.Lines(), f.ErrLines()) {
		if errorLine.MatchString(strings.TrimSpace(line)) {
			why = ": " + clean(line, 300)
			break
		}
	}
	code := connectors.CodeExit
	if regexp.MustCompile(`(?i)no space left|enough free space|disk full|more space|0x80070070`).MatchString(why) {
		code = connectors.CodeDisk
	}
	return problem(code, "%d not downloaded (%s)%s", len(missing), some(missing), why)
}

// some names the first few.
func some(list []string) string {
	if n := len(list); n > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:3], ", "), n-3)
	}
	return strings.Join(list, ", ")
}

func total(changes []updates.Change) (n int) {
	for _, c := range changes {
		if c.To != "" {
			n++
		}
	}
	return n
}

func problem(code connectors.Code, format string, args ...any) *inventory.Problem {
	return &inventory.Problem{Code: string(code), Message: clean(fmt.Sprintf(format, args...), 600)}
}

// clean makes words of a host one short line that may stand on a terminal.
func clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	if s = strings.Join(strings.Fields(s), " "); len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}

func problemOf(err error) *inventory.Problem {
	code := connectors.CodeOf(err)
	if code == "" {
		code = connectors.CodeExit
	}
	return problem(code, "%s", err.Error())
}

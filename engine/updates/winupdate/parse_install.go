package winupdate

import (
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// ParseInstall reads the frame winupdate.install or winupdate.rollback, the last
// that there is.
func (Manager) ParseInstall(a framing.Answer) updates.Outcome {
	out := updates.Outcome{Failed: map[string]string{}}
	var last framing.Frame
	found := false
	for _, f := range a.Frames {
		switch f.Name {
		case "winupdate.install", "winupdate.rollback", "winupdate.repair":
			last, found = f, true
		}
	}
	if !found {
		out.Problem = parse.Problem(parse.Exit, "Windows Update did not come to its end; look at the host, then scan it")
		if f, ok := a.Get("error"); ok {
			var e fault
			if err := decode(f.Out, &e); err == nil {
				out.Problem = faultProblem("Windows Update could not be run", e)
			}
		}
		return out
	}
	var first *inventory.Problem
	winget := wingetFrame(a).installed()
	for _, line := range last.Lines() {
		switch w := strings.Split(line, "\t"); {
		case w[0] == "RESULT" && len(w) >= 8:
			out.RebootSuggested = out.RebootSuggested || w[6] == "1"
			if p := result(w, out.Failed); first == nil {
				first = p
			}
		case w[0] == "WINGET" && len(w) == 3:
			if p := winget.verify(w[1], w[2], out.Failed); first == nil {
				first = p
			}
		case w[0] == "REBOOT" && len(w) == 2:
			out.RebootSuggested = out.RebootSuggested || w[1] == "1"
		case w[0] == "PROBLEM" && len(w) >= 4 && out.Problem == nil:
			out.Problem = parse.Problem(problemCode(w[1]), "%s", explained(w[3], w[2]))
		}
	}
	if out.Problem == nil {
		out.Problem = first
	}
	if out.Problem == nil && last.RC != 0 {
		out.Problem = parse.Problem(parse.Exit, "Windows Update failed with status %d and does not say why", last.RC)
	}
	out.Claimed = out.Problem == nil
	return out
}

// result reads a line RESULT: what failed goes into failed, and is returned.
func result(w []string, failed map[string]string) *inventory.Problem {
	name, state, code, words := w[1], w[3], w[5], w[7]
	r, known := Lookup(code)
	switch {
	case !parse.Windows().NameOK(name) || len(failed) >= 1000:
		return nil
	case state == "installed", state == "removed", state == "already":
		return nil
	case state == "failed" && known && r.Class == ClassSuccess:
		return nil
	}
	why := explained(words, code)
	failed[name] = parse.Clean(why, 500)
	if known {
		return parse.Problem(r.problemCode(), "%s: %s", name, why)
	}
	return parse.Problem(parse.Exit, "%s: %s", name, why)
}

// explained adds the meaning of an HRESULT to the host's words.
func explained(words, code string) string {
	words = parse.Clean(words, 300)
	switch r, known := Lookup(code); {
	case known && words == "":
		return r.String()
	case known:
		return words + ": " + r.String()
	case code != "0x00000000" && hresult.MatchString(code):
		return orSilent(words) + " (" + code + ")"
	default:
		return orSilent(words)
	}
}

package zypper

import (
	"regexp"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

var (
	scriptletFailed = regexp.MustCompile(`%(pre|post|preun|postun|pretrans|posttrans|triggerin|triggerun|triggerpostun|filetrigger[a-z]*)\((\S+?)\) scriptlet failed, (.{1,100})$`)
	installFailed   = regexp.MustCompile(`^(?:Installation|Removal) of (?:\(\d+\))?(\S+?)(?:\([^)]*\))? failed:?$`)
	nevra           = regexp.MustCompile(`^(.+)-[^-]+-[^-]+\.[a-z0-9_]+$`)
)

// ParseInstall reads the frames zypper.install and zypper.rollback, or those of a
// repair. After 103 there are two: the last one counts, what failed in any counts.
func (Manager) ParseInstall(a framing.Answer) updates.Outcome {
	out := updates.Outcome{Failed: map[string]string{}}
	last, found := framing.Frame{}, false
	for _, f := range a.Frames {
		switch f.Name {
		case "zypper.install", "zypper.rollback", "zypper.repair", "zypper.verify":
		default:
			continue
		}
		last, found = f, true
		lines := append(f.Lines(), f.ErrLines()...)
		readFailures(lines, out.Failed)
		if f.RC == exitReboot || strings.Contains(strings.Join(lines, "\n"), "\nReboot is required") {
			out.RebootSuggested = true
		}
	}
	if !found {
		out.Problem = parse.Problem(parse.Exit, "zypper was not run")
		return out
	}
	out.Claimed = last.RC == 0 || last.RC == exitReboot || last.RC == exitRestart || last.RC == exitSkipped
	out.Problem = installProblem(last, out.Failed)
	return out
}

// readFailures collects the packages that zypper or rpm names as failed.
func readFailures(lines []string, failed map[string]string) {
	g := parse.RPM()
	for _, line := range lines {
		line = strings.TrimSpace(line)
		var name string
		words := line
		if m := scriptletFailed.FindStringSubmatch(line); m != nil {
			name, words = m[2], "%"+m[1]+" scriptlet failed, "+m[3]
		} else if m := installFailed.FindStringSubmatch(line); m != nil {
			name = m[1]
		} else {
			continue
		}
		if m := nevra.FindStringSubmatch(name); m != nil {
			name = m[1]
		}
		if g.NameOK(name) && len(failed) < 1000 {
			failed[name] = parse.Clean(words, 300)
		}
	}
}

// installProblem is the main complaint of the last run, or nil.
func installProblem(f framing.Frame, failed map[string]string) *inventory.Problem {
	words := parse.Clean(strings.Join(errorLines(f), "; "), 400)
	switch f.RC {
	case 0, exitReboot, exitRestart, exitSkipped:
		if len(failed) > 0 {
			return parse.Problem(parse.Exit, "scriptlets failed, the packages are installed")
		}
		return nil
	case exitScriptlet:
		return parse.Problem(parse.Exit, "scriptlets failed, the packages are installed")
	case exitLocked:
		return parse.Problem(parse.Locked, "%s", firstOf(words, "another program holds zypper's lock"))
	case exitPrivileges:
		return parse.Problem(parse.Sudo, "zypper needs root")
	case exitNotFound:
		return parse.Problem(parse.Exit, "no repository of the host offers a wanted version any more: %s", words)
	}
	if strings.Contains(words, "No space left") || strings.Contains(words, "disk space") {
		return parse.Problem(parse.Disk, "zypper: %s", words)
	}
	return parse.Problem(parse.Exit, "zypper failed with exit status %d: %s", f.RC, words)
}

// errorLines picks the lines that say why, out of a plain log.
func errorLines(f framing.Frame) []string {
	marks := []string{"error", "Error", "Problem:", "failed", "locked by", "No provider of", "No space left", "disk space", "nothing provides", "Close this application"}
	var picked []string
	for _, line := range append(f.ErrLines(), f.Lines()...) {
		for _, m := range marks {
			if strings.Contains(line, m) && !strings.HasPrefix(line, "@@") {
				picked = append(picked, strings.TrimSpace(line))
				break
			}
		}
		if len(picked) == 8 {
			break
		}
	}
	return picked
}

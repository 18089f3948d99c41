package pacman

import (
	"regexp"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

var (
	working = regexp.MustCompile(`^(?:\([ 0-9]+/[0-9]+\) )?(?:upgrading|installing|reinstalling|downgrading|removing) (\S+?)\.\.\.`)
	hooking = regexp.MustCompile(`^\([ 0-9]+/[0-9]+\) (.{1,200}?)(?:\.\.\.)?$`)
)

// scriptFailed is what pacman says, with status 0, when an install script or a
// hook failed.
const scriptFailed = "error: command failed to execute correctly"

// ParseInstall reads the frames pacman.install, pacman.rollback, pacman.repair
// and pacman.download.
func (Manager) ParseInstall(a framing.Answer) updates.Outcome {
	out := updates.Outcome{Failed: map[string]string{}}
	last, found := framing.Frame{}, false
	var hooks []string
	for _, f := range a.Frames {
		switch f.Name {
		case "pacman.download":
			if f.RC != 0 || !found {
				last, found = f, true
			}
		case "pacman.install", "pacman.rollback", "pacman.repair":
			last, found = f, true
			hooks = append(hooks, readFailures(append(f.Lines(), f.ErrLines()...), out.Failed)...)
		}
	}
	if !found {
		out.Problem = parse.Problem(parse.Exit, "pacman was not run")
		return out
	}
	out.Claimed = last.RC == 0 && last.Name != "pacman.download"
	out.Problem = installProblem(last, hooks, out.Failed)
	if !out.Claimed && out.Problem == nil {
		out.Problem = parse.Problem(parse.Exit, "the packages were downloaded, and there is no word of how the installation ended")
	}
	return out
}

// readFailures collects the packages whose script failed, and the hooks that did.
func readFailures(lines []string, failed map[string]string) (hooks []string) {
	g := parse.Pacman()
	name, hook, words := "", "", []string(nil)
	for _, line := range lines {
		line = strings.TrimSpace(line)
		switch m, h := working.FindStringSubmatch(line), hooking.FindStringSubmatch(line); {
		case m != nil:
			name, hook, words = m[1], "", nil
		case h != nil:
			name, hook, words = "", h[1], nil
		case strings.HasPrefix(line, ":: "):
			name, hook, words = "", "", nil
		case line == scriptFailed && name != "" && g.NameOK(name) && len(failed) < 1000:
			failed[name] = parse.Clean("its install script failed: "+strings.Join(words, " "), 300)
		case line == scriptFailed:
			hooks = append(hooks, parse.Clean(hook, 200))
		case len(words) < 20 && !strings.HasPrefix(line, "@@"):
			words = append(words, line)
		}
	}
	return hooks
}

// installProblem is the main complaint, or nil.
func installProblem(f framing.Frame, hooks []string, failed map[string]string) *inventory.Problem {
	words := complaint(f)
	refused := ownWords(f, "refused: ")
	switch {
	case f.RC == exitLocked, strings.Contains(words, "unable to lock database"):
		return parse.Problem(parse.Locked, "another package manager is at work on the host: %s%s", refused, words)
	case f.RC == exitStale:
		return parse.Problem(parse.Interrupted, "an earlier pacman was killed: %s", refused)
	case f.RC == exitDrift, f.RC == exitMissing:
		return parse.Problem(parse.Exit, "nothing was changed: %s", refused)
	case f.RC == exitPartly:
		return parse.Problem(parse.Exit, "%s", ownWords(f, "partly: "))
	case strings.Contains(words, "disk space") || strings.Contains(words, "No space left"):
		return parse.Problem(parse.Disk, "pacman: %s", words)
	case strings.Contains(words, "unless you are root"):
		return parse.Problem(parse.Sudo, "pacman needs root")
	case f.RC != 0:
		return parse.Problem(parse.Exit, "pacman failed with exit status %d: %s", f.RC, words)
	case len(hooks) > 0:
		return parse.Problem(parse.Exit, "the packages are installed, but a hook failed: %s", strings.Join(parse.Set(hooks...), ", "))
	case len(failed) > 0:
		return parse.Problem(parse.Exit, "the packages are installed, but install scripts failed")
	default:
		return nil
	}
}

// ownWords returns what our own shell says after a mark. In a job's log, where
// both streams are one, the marks of the frame stand in it, too.
func ownWords(f framing.Frame, mark string) string {
	_, words, found := strings.Cut("\n"+strings.Join(f.Lines(), "\n"), "\n"+mark)
	if !found {
		return ""
	}
	return strings.ReplaceAll(words, "\n", " ")
}

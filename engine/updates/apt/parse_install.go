package apt

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
)

var (
	dpkgFailed = regexp.MustCompile(`^dpkg: error processing (?:package|archive) (\S+) \(-{1,2}[a-z-]+\):$`)
	took       = regexp.MustCompile(`^patchwave: took ([0-9]{1,7}) s$`)
	rebootHint = regexp.MustCompile(`^\*{3} System restart required \*{3}$|^patchwave: reboot required$`)
)

// ParseInstall reads frame apt.install, apt.rollback or apt.repair, whichever
// is there, the last of them if more than one is.
func (Manager) ParseInstall(a framing.Answer) updates.Outcome {
	frame, ok := lastOf(a, "apt.install", "apt.rollback", "apt.repair")
	if !ok {
		return updates.Outcome{Problem: parse.Problem(parse.Exit, "the job's log does not say how the installation ended")}
	}
	out := updates.Outcome{Claimed: frame.RC == 0, Failed: failures(frame)}
	for _, line := range frame.Lines() {
		if m := took.FindStringSubmatch(line); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				out.Duration = time.Duration(n) * time.Second
			}
		}
		out.RebootSuggested = out.RebootSuggested || rebootHint.MatchString(line)
	}
	switch {
	case len(out.Failed) > 0:
		out.Claimed = false
		out.Problem = parse.Problem(parse.Exit, "%s failed: %s", firstKey(out.Failed), out.Failed[firstKey(out.Failed)])
	case !out.Claimed && slices.Contains(frame.Lines(), "patchwave: nothing was changed"):
		out.Problem = complaint(frame, "nothing was changed")
	case !out.Claimed:
		out.Problem = complaint(frame, "apt failed")
	}
	return out
}

func lastOf(a framing.Answer, names ...string) (framing.Frame, bool) {
	for _, f := range slices.Backward(a.Frames) {
		if slices.Contains(names, f.Name) {
			return f, true
		}
	}
	return framing.Frame{}, false
}

func firstKey(m map[string]string) string {
	first := ""
	for k := range m {
		if first == "" || k < first {
			first = k
		}
	}
	return first
}

// failures reads dpkg's
//
//	dpkg: error processing package NAME (--configure):
//	 installed NAME package post-installation script subprocess returned error exit status 3
func failures(f framing.Frame) map[string]string {
	var failed map[string]string
	lines := slices.Concat(lastStep(f.Lines()), lastStep(f.ErrLines()))
	for i, line := range lines {
		m := dpkgFailed.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		pkg := packageOf(m[1])
		if !parse.Deb().NameOK(pkg) {
			continue
		}
		why := "dpkg reported an error"
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], " ") {
			why = parse.Clean(lines[i+1], 300)
		}
		if failed == nil {
			failed = map[string]string{}
		}
		if failed[pkg] == "" {
			failed[pkg] = why
		}
	}
	return failed
}

// lastStep drops what stands before the last "patchwave: next step": what failed
// in an earlier step was put right or fails again.
func lastStep(lines []string) []string {
	for i, line := range slices.Backward(lines) {
		if line == "patchwave: next step" {
			return lines[i+1:]
		}
	}
	return lines
}

// packageOf takes the name out of "NAME", "NAME:ARCH" or "/path/NAME_VERSION_ARCH.deb".
func packageOf(word string) string {
	if strings.HasSuffix(word, ".deb") {
		word = word[strings.LastIndexByte(word, '/')+1:]
		word, _, _ = strings.Cut(word, "_")
	}
	word, _, _ = strings.Cut(word, ":")
	return word
}

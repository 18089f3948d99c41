package apk

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchwave/connectors/framing"
	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

var (
	unsolved  = regexp.MustCompile(`^ERROR: `)
	countErrs = regexp.MustCompile(`^[0-9]+ errors?; .* in [0-9]+ packages$`)
	// apk 2.14, and apk 3:
	//	ERROR: broken-1.1-r0.post-upgrade: script exited with error 3
	//	ERROR: lib/apk/exec/broken-1.1-r0.post-upgrade: exited with error 3
	scriptFailed = regexp.MustCompile(`^ERROR: (?:\S*/)?(\S+)\.(?:pre|post)-[a-z]+: (?:script )?exited with error`)
	took         = regexp.MustCompile(`^patchwave: took ([0-9]{1,7}) s$`)
)

// ParseSimulation reads a frame apk.sim or apk.sim.N; with the former also
// apk.undo. The exit status alone says nothing: it counts packages that were
// broken before.
func (Manager) ParseSimulation(a framing.Answer, frame string, want []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return updates.Simulation{Problem: parse.Problem(parse.Exit, "the host did not say what the installation would do")}
	}
	all := slices.Concat(f.Lines(), f.ErrLines())
	counted := slices.ContainsFunc(all, countErrs.MatchString)
	if slices.ContainsFunc(all, unsolved.MatchString) || f.RC != 0 && !counted {
		return updates.Simulation{Problem: complaint(f, "apk cannot install "+strconv.Itoa(max(len(want), 1))+" package(s) as wanted")}
	}
	arch := map[string]string{}
	for _, line := range f.Lines() {
		if o, ok := parseOffer(line); ok {
			arch[o.name+"="+o.version] = o.arch
		}
	}
	s := updates.Simulation{OK: true}
	for _, line := range f.Lines() {
		c, ok, bad := parseCommit(line)
		if ok {
			where := cmp.Or(arch[c.name+"="+c.to], arch[c.name+"="+c.from])
			bad = !parse.Apk().ArchOK(where)
			s.Changes = append(s.Changes, updates.Change{Action: c.action, Name: c.name, Arch: where, From: c.from, To: c.to})
		}
		if bad {
			return updates.Simulation{Problem: parse.Problem(parse.Exit, "a line of apk's simulation is not understood: %q", line)}
		}
	}
	parse.Changes(s.Changes)
	if frame == name+".sim" {
		s.Undo = parse.Undo(a, "apk.undo", parse.Apk(), nil)
	}
	return s
}

// ParseInstall reads frame apk.install, apk.rollback or apk.repair.
func (Manager) ParseInstall(a framing.Answer) updates.Outcome {
	var frame framing.Frame
	for _, f := range a.Frames {
		if f.Name == "apk.install" || f.Name == "apk.rollback" || f.Name == "apk.repair" {
			frame = f
		}
	}
	if frame.Name == "" {
		return updates.Outcome{Problem: parse.Problem(parse.Exit, "the job's log does not say how the installation ended")}
	}
	lines := slices.Concat(frame.Lines(), frame.ErrLines())
	out := updates.Outcome{Claimed: frame.RC == 0}
	first := ""
	for _, line := range lines {
		if m := took.FindStringSubmatch(line); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil {
				out.Duration = time.Duration(n) * time.Second
			}
		}
		m := scriptFailed.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		full := fullName.FindStringSubmatch(m[1])
		if full == nil || !parse.Apk().NameOK(full[1]) {
			continue
		}
		if out.Failed == nil {
			out.Failed, first = map[string]string{}, full[1]
		}
		out.Failed[full[1]] = parse.Clean(strings.TrimPrefix(line, "ERROR: "), 300)
	}
	switch {
	case first != "":
		out.Claimed = false
		out.Problem = parse.Problem(parse.Exit, "%s failed: %s", first, out.Failed[first])
	case !out.Claimed && slices.Contains(lines, "patchwave: nothing was changed"):
		out.Problem = complaint(frame, "nothing was changed")
	case !out.Claimed:
		out.Problem = complaint(frame, "apk failed")
	}
	return out
}

// complaints are the classes of messages, the gravest first.
var complaints = []struct {
	text *regexp.Regexp
	code string
	hint string
}{
	{regexp.MustCompile(`[Uu]nable to lock database|Failed to open apk database: .*temporarily`), parse.Locked, "another apk is at work: try again when it is done"},
	{regexp.MustCompile(`Permission denied`), parse.Sudo, "let patchwave become root (become) on this host"},
	{regexp.MustCompile(`No space left on device`), parse.Disk, "make room on the host"},
	{regexp.MustCompile(`UNTRUSTED signature|BAD signature|BAD archive`), parse.Exit, "the repository's signature cannot be checked: install its key in /etc/apk/keys"},
	{regexp.MustCompile(`could not connect|[Cc]onnection (refused|timed out)|DNS|temporary error|network error|Host is unreachable`), parse.Exit,
		"the repository cannot be reached: see that it is up, or take it out of /etc/apk/repositories"},
	{regexp.MustCompile(`No such file or directory`), parse.Exit, "run `apk update`, or correct /etc/apk/repositories"},
}

// complaint makes a problem of what apk said in a frame: its errors, or else its
// warnings, with the lines that belong to the first.
func complaint(f framing.Frame, what string) *inventory.Problem {
	lines := slices.Concat(f.ErrLines(), f.Lines())
	start := slices.IndexFunc(lines, func(s string) bool { return strings.HasPrefix(s, "ERROR: ") })
	if start < 0 {
		start = slices.IndexFunc(lines, func(s string) bool { return strings.HasPrefix(s, "WARNING: ") })
	}
	if start < 0 {
		return parse.Problem(parse.Exit, "%s (exit status %d)", what, f.RC)
	}
	end := start + 1
	for end < len(lines) && strings.HasPrefix(lines[end], " ") {
		end++
	}
	text := strings.Join(lines[start:end], " ")
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(text, "ERROR: "), "WARNING: "), "patchwave: ")
	for _, c := range complaints {
		if c.text.MatchString(text) {
			return parse.Problem(c.code, "%s: %s; %s", what, parse.Clean(text, 300), c.hint)
		}
	}
	return parse.Problem(parse.Exit, "%s: %s", what, parse.Clean(text, 300))
}

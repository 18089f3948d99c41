package apt

import (
	"regexp"
	"slices"
	"strings"

	"patchwave/connectors/framing"
	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// said are the messages of apt in a frame, without their first letter, by that
// letter: E, W, N. Both streams count: a job's log holds them merged.
func said(f framing.Frame) map[string][]string {
	messages := map[string][]string{}
	for _, line := range slices.Concat(f.Lines(), f.ErrLines()) {
		if m := message.FindStringSubmatch(line); m != nil {
			letter := strings.ToUpper(m[1][:1])
			messages[letter] = append(messages[letter], strings.TrimRight(strings.TrimPrefix(m[2], "patchwave: "), ". "))
		}
	}
	return messages
}

// message is "E: text"; the apt of 2.9 and later writes "Error: text" in places.
var message = regexp.MustCompile(`^(E|W|N|Error|Warning|Notice): (.+)$`)

var heldBy = regexp.MustCompile(`held by process ([0-9]+) \(([^)]*)\)|locked by another process with pid ([0-9]+)`)

// complaints are the classes of messages, the gravest first; hint says what to do.
var complaints = []struct {
	text *regexp.Regexp
	code string
	hint string
}{
	{regexp.MustCompile(`dpkg was interrupted`), parse.Interrupted, "run `dpkg --configure -a` on the host"},
	{regexp.MustCompile(`Permission denied|are you root\?|requires superuser`), parse.Sudo, "let patchwave become root (become) on this host"},
	{regexp.MustCompile(`Could not get lock|Unable to lock|frontend lock was locked|Unable to acquire the dpkg frontend lock`), parse.Locked, "try again when it is done"},
	{regexp.MustCompile(`No space left on device|enough free space|Disk quota exceeded`), parse.Disk, "make room on the host"},
	{regexp.MustCompile(`Unmet dependencies|Broken packages|held broken packages`), parse.Interrupted, "run `apt-get -f install` on the host"},
	{regexp.MustCompile(`Read-only file system`), parse.Exit, "the file system is mounted read-only: look at dmesg on the host"},
	{regexp.MustCompile(`is not valid yet|Not live until`), parse.Exit, "the clock of the host is behind: compare `date` there with the right time"},
	{regexp.MustCompile(`is expired|invalid since`), parse.Exit, "the mirror is not kept up, or the clock of the host is ahead: compare `date` there with the right time"},
	{regexp.MustCompile(`changed its '[A-Za-z-]+' value`), parse.Exit, "if that is right, run `apt-get update --allow-releaseinfo-change` on the host"},
	{regexp.MustCompile(`NO_PUBKEY|is not signed|is no longer signed|[Mm]issing key|EXPKEYSIG|REVKEYSIG|signature verification|couldn't be verified|BADSIG`), parse.Exit,
		"the repository's signature cannot be checked: renew its key on the host"},
	{regexp.MustCompile(`does not have a Release file|no longer has a Release file|404 `), parse.Exit,
		"the repository is gone from there: correct the sources of apt on the host"},
	{regexp.MustCompile(`Failed to fetch|Could not resolve|Could not connect|Connection (failed|timed out)|Some index files failed`), parse.Exit,
		"the repository cannot be reached: see that it is up, or take it out of the sources"},
}

// complaint makes a problem of what apt said in a frame: the gravest class of
// message, with the first message of that class. what is said before it.
func complaint(f framing.Frame, what string) *inventory.Problem {
	messages := said(f)
	all := slices.Concat(messages["E"], messages["W"])
	for _, c := range complaints {
		for _, text := range all {
			if !c.text.MatchString(text) {
				continue
			}
			if m := heldBy.FindStringSubmatch(string(f.Out) + "\n" + string(f.Err)); m != nil && c.code == parse.Locked {
				return parse.Problem(parse.Locked, "%s: %s; %s", what, holder(strings.TrimSpace(m[1]+m[3]+" "+m[2])), c.hint)
			}
			return parse.Problem(c.code, "%s: %s; %s", what, parse.Clean(text, 300), c.hint)
		}
	}
	if len(all) > 0 {
		return parse.Problem(parse.Exit, "%s: %s", what, parse.Clean(all[0], 300))
	}
	return parse.Problem(parse.Exit, "%s (exit status %d)", what, f.RC)
}

// refreshFailed are warnings after which apt before 2.1 exits 0 with the old
// index in place.
var refreshFailed = regexp.MustCompile(`Failed to fetch|Some index files failed to download|error occurred during the signature verification`)

// parseRefresh reads frame apt.refresh. The problem is nil if the index was
// refreshed; the notes are apt's other warnings, the first three.
func parseRefresh(f framing.Frame) (*inventory.Problem, []string) {
	warnings := said(f)["W"]
	if f.RC != 0 || slices.ContainsFunc(warnings, refreshFailed.MatchString) {
		return complaint(f, "the package index could not be refreshed"), nil
	}
	var notes []string
	for _, w := range warnings[:min(len(warnings), 3)] {
		notes = append(notes, parse.Note("apt-get update: %s", w))
	}
	return nil, notes
}

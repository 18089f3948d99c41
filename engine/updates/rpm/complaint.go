package rpm

import (
	"regexp"
	"strings"

	"patchwave/engine/updates/parse"
	"patchwave/inventory"
)

// complaints are words of rpm, librepo and dnf and what they mean, most telling
// first.
var complaints = []struct {
	words *regexp.Regexp
	code  string
	hint  string
}{
	{regexp.MustCompile(`No space left on device|At least [0-9.]+ ?[kKMG]?i?B more space needed|needs [0-9.]+ ?[kKMG]?i?B more space|insufficient disk space`),
		parse.Disk, "make room on that file system"},
	{regexp.MustCompile(`already locked by|can't create transaction lock|Waiting for (process|a lock)|Failed to obtain .*lock`),
		parse.Locked, "another package manager is at work; try again later"},
	{regexp.MustCompile(`has to be run with superuser privileges|requires superuser privileges|Permission denied`),
		parse.Sudo, "let patchwave become root on this host"},
	{regexp.MustCompile(`is a duplicate with|found [0-9]+ error\(s\) in package database|rpmdb.*(damaged|corrupt)|DB_RUNRECOVERY`),
		parse.Interrupted, "a transaction was interrupted; look at `dnf check`, then run `dnf remove --duplicates`"},
	{regexp.MustCompile(`No module named '?(dnf|hawkey|libdnf|rpm)`),
		parse.Unsupported, "dnf's own Python modules were not found"},
}

// Complaint finds in what a command printed what it complains about; streams that
// tell more stand first. The code is exit if nothing is known. It never returns
// nil: without any words the status itself is the message.
func Complaint(what string, rc int, streams ...[]string) *inventory.Problem {
	last, marked := "", ""
	for _, stream := range streams {
		tail := ""
		for _, line := range stream {
			line = strings.TrimSpace(line)
			for _, c := range complaints {
				if c.words.MatchString(line) {
					return parse.Problem(c.code, "%s: %s; %s", what, parse.Clean(line, 300), c.hint)
				}
			}
			if strings.HasPrefix(line, "You can try") { // advice is the end of a complaint
				break
			}
			if line == "" || isNoise(line) {
				continue
			}
			tail = line
			if marked == "" && isComplaint(line) {
				marked = line
			}
		}
		if last == "" {
			last = tail
		}
	}
	if marked != "" {
		last = marked
	}
	if last == "" {
		return parse.Problem(parse.Exit, "%s ended with status %d and said nothing", what, rc)
	}
	return parse.Problem(parse.Exit, "%s ended with status %d: %s", what, rc, last)
}

func isNoise(line string) bool {
	return strings.HasPrefix(line, "(try to add") || strings.HasPrefix(line, "rpm: ") ||
		strings.HasPrefix(line, "Updating Subscription Management")
}

var (
	scriptlet  = regexp.MustCompile(`%?(?:pre|post|preun|postun|pretrans|posttrans|triggerin|triggerun|transfiletriggerin|filetriggerin)[a-z]*\(([^()\s]+)\) scriptlet failed(?:, (?:exit status|signal) [0-9]+)?`)
	notToBeHad = regexp.MustCompile(`^Error: (.+) is not to be had`)
	inPackage  = regexp.MustCompile(`^Error in ([A-Z<>a-z]+) scriptlet in rpm package ([^\s]+)`)
	unpackName = regexp.MustCompile(`([A-Za-z0-9_][A-Za-z0-9+._-]*-[0-9][^\s:]*\.[a-z0-9_]+): (?:install|erase) failed`)
)

// Failures finds the packages whose scriptlets or files failed, with rpm's
// words. Keys are package names.
func Failures(lines ...[]string) map[string]string {
	failed := map[string]string{}
	put := func(name, words string) {
		if _, known := failed[name]; !known && parse.RPM().NameOK(name) {
			failed[name] = parse.Clean(words, 300)
		}
	}
	for _, stream := range lines {
		for _, line := range stream {
			if m := scriptlet.FindStringSubmatch(line); m != nil {
				put(nameOf(m[1]), m[0])
			} else if m := inPackage.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				put(nameOf(m[2]), line)
			} else if m := notToBeHad.FindStringSubmatch(line); m != nil {
				for _, nevra := range strings.Split(m[1], ", ") {
					put(nameOf(nevra), nevra+" is not to be had")
				}
			} else if m := unpackName.FindStringSubmatch(line); m != nil {
				put(nameOf(m[1]), line)
			}
		}
	}
	return failed
}

func nameOf(s string) string {
	if n, ok := ParseNEVRA(s); ok {
		return n.Name
	}
	return s
}

// isComplaint knows the line that says what is wrong: not a bare "Error:", after
// which the problems follow.
func isComplaint(line string) bool {
	word, rest, _ := strings.Cut(line, " ")
	word = strings.ToLower(strings.TrimSuffix(word, ":"))
	return strings.TrimSpace(rest) != "" && (word == "error" || word == "problem") || strings.HasPrefix(line, "Transaction failed")
}

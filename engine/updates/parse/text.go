package parse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchwave/inventory"
)

// Codes of the problems that a manager may report; see updates.Listing.
const (
	Locked      = "locked"
	Interrupted = "interrupted"
	Disk        = "disk"
	Exit        = "exit"
	Unsupported = "unsupported"
	Sudo        = "sudo"
)

// maxMessage bounds a problem's message and a note, in bytes.
const maxMessage = 600

// Problem makes a problem of a code. The message is cleaned and shortened, so
// that the host's own words may be part of it.
func Problem(code, format string, args ...any) *inventory.Problem {
	return &inventory.Problem{Code: code, Message: Clean(fmt.Sprintf(format, args...), maxMessage)}
}

// Note makes a warning for the operator, cleaned and shortened like a problem.
func Note(format string, args ...any) string {
	return Clean(fmt.Sprintf(format, args...), maxMessage)
}

// Clean makes text of a host fit to print on one line: control and unprintable
// characters become spaces, runs of white space one space, and what is longer
// than limit bytes is cut at a character and ends with "…".
func Clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= limit {
		return s
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.TrimSpace(s[:cut]) + "…"
}

// Set returns the words sorted, without duplicates and empty ones, never nil.
func Set(words ...string) []string {
	set := make([]string, 0, len(words))
	for _, w := range words {
		if w != "" {
			set = append(set, w)
		}
	}
	slices.Sort(set)
	return slices.Compact(set)
}

var cve = regexp.MustCompile(`CVE-[0-9]{4}-[0-9]{4,9}`)

// CVEs returns the CVE identifiers that stand in text, as Set does.
func CVEs(text string) []string { return Set(cve.FindAllString(text, -1)...) }

// Severity reads a vendor's word for a severity.
func Severity(word string) inventory.Severity {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "critical":
		return inventory.Critical
	case "important", "high":
		return inventory.Important
	case "moderate", "medium":
		return inventory.Moderate
	case "low":
		return inventory.Low
	default:
		return inventory.UnknownSeverity
	}
}

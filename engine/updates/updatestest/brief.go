package updatestest

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"patchwave/engine/updates"
	"patchwave/inventory"
)

// Updates puts each update on one line, so that a whole listing can be read.
func Updates(list []inventory.Update) []string {
	lines := []string{}
	for _, u := range list {
		words := []string{u.Name + "." + u.Arch, dash(u.From) + ">" + u.To, string(u.Classification) + "/" + string(u.Severity)}
		words = append(words, u.Advisories...)
		words = append(words, u.CVEs...)
		if !u.Published.IsZero() {
			words = append(words, u.Published.Format("2006-01-02"))
		}
		if u.Reboot {
			words = append(words, "reboot:"+u.RebootSource)
		}
		if u.BlockedBy != "" {
			words = append(words, "BLOCKED:"+string(u.BlockedBy))
		}
		lines = append(lines, strings.Join(words, " "))
	}
	return lines
}

// Changes puts each change on one line.
func Changes(list []updates.Change) []string {
	lines := []string{}
	for _, c := range list {
		lines = append(lines, fmt.Sprintf("%s %s.%s %s>%s", c.Action, c.Name, c.Arch, dash(c.From), dash(c.To)))
	}
	return lines
}

func dash(s string) string { return cmp.Or(s, "-") }

// Code is the code of a problem, or "".
func Code(p *inventory.Problem) string {
	if p == nil {
		return ""
	}
	return p.Code
}

// ExpectProblem expects a problem of a code whose message holds the words, or
// none if code is "".
func ExpectProblem(t testing.TB, name string, p *inventory.Problem, code string, words ...string) {
	t.Helper()
	if Code(p) != code {
		t.Errorf("%s: problem %+v, want code %q", name, p, code)
		return
	}
	for _, w := range words {
		if p != nil && !strings.Contains(p.Message, w) {
			t.Errorf("%s: %q does not say %q", name, p.Message, w)
		}
	}
}

// ExpectListing expects a state, a problem as ExpectProblem does, and a number of
// updates.
func ExpectListing(t testing.TB, name string, l updates.Listing, state inventory.ScanState, count int, code string, words ...string) {
	t.Helper()
	if l.State != state || len(l.Updates) != count {
		t.Errorf("%s: %s with %d updates, want %s with %d:\n%s", name, l.State, len(l.Updates), state, count, strings.Join(Updates(l.Updates), "\n"))
	}
	ExpectProblem(t, name, l.Problem, code, words...)
}

package updatestest

import (
	"cmp"
	"fmt"
	"strings"

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

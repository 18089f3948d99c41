package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// The names in the library's reports about what does not belong into a block.
var unexpectedName = regexp.MustCompile(`(?:named|of type) "([^"]+)"`)

// reword says what the library reports about the header and the content of a block
// in terms of the language. kind is the type of the block around, "" for a file.
func reword(kind string, diags hcl.Diagnostics) hcl.Diagnostics {
	// JSON that is no object is reported again as an object without a name.
	out := slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool {
		return d.Summary == "Missing block label" && slices.ContainsFunc(diags, func(other *hcl.Diagnostic) bool {
			return other != d && other.Subject != nil && d.Subject != nil && other.Subject.Start == d.Subject.Start
		})
	})
	for i, d := range out {
		name := ""
		if m := unexpectedName.FindStringSubmatch(d.Detail); m != nil {
			name = m[1]
		}
		advice := ""
		switch {
		case strings.HasPrefix(d.Summary, "Missing name for "):
			advice = "Write " + headerOf(strings.TrimPrefix(d.Summary, "Missing name for "), d.Detail) + "."
		case strings.HasPrefix(d.Summary, "Extraneous label for "):
			advice = "Write " + headerOf(strings.TrimPrefix(d.Summary, "Extraneous label for "), d.Detail) + "."
		case name == "count" || name == "for_each" || name == "dynamic":
			advice = fmt.Sprintf("%s is not part of this language. A host named \"web-[01:50]\" stands for fifty.", name)
		case name != "" && kind == "" && d.Summary == "Unsupported argument" && slices.Contains(patchwaveShape().optional, name):
			advice = fmt.Sprintf("Put %s into a patchwave block: patchwave { … }.", name)
		}
		if advice != "" {
			copied := *d
			copied.Detail = advice
			out[i] = &copied
		}
	}
	return out
}

// headerOf is how a block begins, after what the library says about its labels.
func headerOf(kind, detail string) string {
	switch {
	case strings.HasPrefix(detail, "No labels"):
		return kind + " { … }, without a name"
	case kind == "source":
		return `source "TYPE" "NAME" { … }`
	default:
		return kind + ` "NAME" { … }`
	}
}

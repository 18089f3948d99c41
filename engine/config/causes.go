package config

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// badText reports a file that is no text, at the first byte that is none; nil if
// all of it may be read. The parser would report every such byte, and the rest of
// its line too.
func badText(name string, text []byte) *hcl.Diagnostic {
	bad, detail := firstInvalid(text), "This is not UTF-8. Save the file in that encoding."
	if zero := bytes.IndexByte(text, 0); zero >= 0 && (bad < 0 || zero < bad) {
		bad, detail = zero, "There is a zero byte here, which no text has. Write the file anew."
	}
	if bad < 0 {
		return nil
	}
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		detail = "This is UTF-16. Save the file in UTF-8."
	}
	at := placeIn(text, bad)
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "this file is not text", Detail: detail,
		Subject: &hcl.Range{Filename: name, Start: at, End: at}}
}

// placeIn turns an offset into a place.
func placeIn(text []byte, offset int) hcl.Pos {
	lineStart := bytes.LastIndexByte(text[:offset], '\n') + 1
	return hcl.Pos{Byte: offset, Line: 1 + bytes.Count(text[:offset], []byte("\n")), Column: 1 + utf8.RuneCount(text[lineStart:offset])}
}

// firstInvalid is the offset of the first byte that is not UTF-8, or -1.
func firstInvalid(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// causes leaves out what the parser reports because of something it reported
// before. A quote that is not closed, or a character that does not belong there,
// makes everything behind it unreadable, so that only the first is told; of what
// else is wrong, the first in each line.
func causes(diags hcl.Diagnostics) hcl.Diagnostics {
	placed := slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool { return d.Subject == nil })
	if len(placed) < 2 {
		return diags
	}
	slices.SortStableFunc(placed, func(a, b *hcl.Diagnostic) int { return a.Subject.Start.Byte - b.Subject.Start.Byte })
	if i := slices.IndexFunc(placed, breaksText); i >= 0 {
		kept := slices.DeleteFunc(placed[:i:i], func(d *hcl.Diagnostic) bool { return d.Subject.Start.Line == placed[i].Subject.Start.Line })
		return append(kept, placed[i])
	}
	return slices.CompactFunc(placed, func(a, b *hcl.Diagnostic) bool { return a.Subject.Start.Line == b.Subject.Start.Line })
}

// breaksText reports whether the parser lost its way in the text itself.
func breaksText(d *hcl.Diagnostic) bool {
	return slices.Contains([]string{
		"Invalid character", "Invalid multi-line string", "Unterminated template string", "Unbalanced parentheses",
	}, d.Summary) && !strings.Contains(d.Detail, "operator")
}

// jsonCauses is causes for JSON: the text ends where it cannot be read on, and
// everything around that place is wrong because of it.
func jsonCauses(diags hcl.Diagnostics) hcl.Diagnostics {
	inner := slices.DeleteFunc(slices.Clone(diags), func(d *hcl.Diagnostic) bool { return d.Summary == "Root value must be object" })
	if len(inner) > 0 {
		return inner[:1]
	}
	return diags
}

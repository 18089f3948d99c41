package config

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"patchwave/engine/config/diag"
	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
)

// position turns a range into the place of its first character.
func position(r hcl.Range) inventory.Position {
	return inventory.Position{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
}

func positions(ranges []hcl.Range) []inventory.Position {
	var out []inventory.Position
	for _, r := range ranges {
		out = append(out, position(r))
	}
	return out
}

// diagnostic makes a diagnostic whose snippet still lacks its line; the offsets
// in it are those of the range.
func diagnostic(severity diag.Severity, at hcl.Range, summary, detail string, related ...hcl.Range) Diagnostic {
	d := Diagnostic{Severity: severity, Summary: summary, Detail: detail, Pos: position(at), Related: positions(related)}
	d.Snippet.Start, d.Snippet.End = at.Start.Byte, at.End.Byte
	return d
}

// fail reports an error.
func (l *loader) fail(at hcl.Range, summary, detail string, related ...hcl.Range) {
	l.diags = append(l.diags, diagnostic(diag.Error, at, summary, detail, related...))
}

// warn reports a warning.
func (l *loader) warn(at hcl.Range, summary, detail string) {
	l.diags = append(l.diags, diagnostic(diag.Warning, at, summary, detail))
}

// failSecret reports an error whose source line is left out.
func (l *loader) failSecret(at hcl.Range, summary, detail string) {
	l.fail(at, summary, detail)
	l.sensitive[position(at)] = true
}

// adopt takes over diagnostics of the HCL library in the voice of patchwave.
func (l *loader) adopt(diags hcl.Diagnostics) {
	for _, d := range diags {
		severity := diag.Error
		if d.Severity == hcl.DiagWarning {
			severity = diag.Warning
		}
		var at hcl.Range
		switch {
		case d.Subject != nil:
			at = *d.Subject
		case d.Context != nil:
			at = *d.Context
		}
		l.diags = append(l.diags, diagnostic(severity, at, lowerFirst(d.Summary), d.Detail))
	}
}

// lowerFirst makes the first letter small unless the word is an acronym.
func lowerFirst(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	second, _ := utf8.DecodeRuneInString(s[n:])
	if unicode.IsUpper(first) && !unicode.IsUpper(second) {
		return string(unicode.ToLower(first)) + s[n:]
	}
	return s
}

// texts keeps the source of every file while Load runs, and finds lines in it.
type texts struct {
	bytes map[string][]byte
	// starts are the offsets at which lines begin, made when first asked for.
	starts map[string][]int
	// lines are those that were asked for: a thousand mistakes may stand in one.
	lines map[lineKey]line
}

type lineKey struct {
	file   string
	number int
}

// line is a line of a file.
type line struct {
	text string
	// begin is its offset in the file.
	begin int
	// secret says that a secret may be written out in it.
	secret bool
}

func newTexts() *texts {
	return &texts{bytes: map[string][]byte{}, starts: map[string][]int{}, lines: map[lineKey]line{}}
}

// line returns a line of a file, its number counted from one.
func (t *texts) line(file string, number int) line {
	key := lineKey{file, number}
	if found, ok := t.lines[key]; ok {
		return found
	}
	text, begin := t.cut(file, number)
	found := line{text, begin, secretLine.MatchString(text)}
	t.lines[key] = found
	return found
}

// cut returns the text of a line and the offset at which it begins.
func (t *texts) cut(file string, number int) (string, int) {
	src, ok := t.bytes[file]
	if !ok || number < 1 {
		return "", 0
	}
	starts, ok := t.starts[file]
	if !ok {
		starts = lineStarts(src)
		t.starts[file] = starts
	}
	if number > len(starts) {
		return "", 0
	}
	begin := starts[number-1]
	rest := src[begin:]
	if end := bytes.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimSuffix(string(rest), "\r"), begin
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// snippets fills in the source lines. A line in which a secret may stand is left
// out, whatever the diagnostic is about.
func (l *loader) snippets(diags Diagnostics) Diagnostics {
	out := make(Diagnostics, len(diags))
	for i, d := range diags {
		at := l.text.line(d.Pos.File, d.Pos.Line)
		from, to := d.Snippet.Start-at.begin, d.Snippet.End-at.begin
		d.Snippet = diag.Snippet{}
		switch {
		case l.sensitive[d.Pos] || at.secret:
			d.Snippet.Hidden = true
		case at.text != "":
			d.Snippet = diag.Snippet{Line: at.text, Start: min(max(from, 0), len(at.text)), End: min(max(to, 0), len(at.text))}
		}
		out[i] = d
	}
	return out
}

// secretLine matches a line that sets something like a password to a literal. It
// serves mistakes that are found before the argument is known for one.
var secretLine = regexp.MustCompile(`(?i)(password|passwd|passphrase|token|secret)"?\s*[=:]\s*("|<<)`)

// fingerprints names diagnostics, so that one is not reported twice.
func fingerprints(diags Diagnostics) map[string]bool {
	out := make(map[string]bool, len(diags))
	for _, d := range diags {
		out[fingerprint(d)] = true
	}
	return out
}

func fingerprint(d Diagnostic) string {
	return diag.Place(d.Pos) + "\x00" + string(d.Severity) + "\x00" + d.Summary
}

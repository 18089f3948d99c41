package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxShown is how many diagnostics WriteText prints in full; the rest is
// counted. A screen full is read, a thousand are not.
const MaxShown = 20

// The escapes of a terminal that the writer uses.
const (
	escReset  = "\x1b[0m"
	escBold   = "\x1b[1m"
	escRed    = "\x1b[1;31m"
	escYellow = "\x1b[1;33m"
	escDim    = "\x1b[2m"
)

// WriteText prints diagnostics for people: errors first, then warnings, each in
// the order of their places, MaxShown altogether, then a line that counts what
// was not shown. Control characters in source lines never reach w. With color
// it uses ANSI escapes. The error is that of w.
func WriteText(w io.Writer, ds Diagnostics, color bool) error {
	t := textWriter{w: bufio.NewWriter(w), color: color}
	shown := 0
	for _, severity := range []Severity{Error, Warning} {
		for _, d := range ds {
			if d.Severity != severity || shown == MaxShown {
				continue
			}
			t.one(d)
			shown++
		}
	}
	if rest := len(ds) - shown; rest > 0 {
		errors, warnings := ds.Counts()
		t.printf("… and %d more; %s and %s in all\n", rest, plural(errors, "error"), plural(warnings, "warning"))
	}
	return t.w.Flush()
}

type textWriter struct {
	w     *bufio.Writer
	color bool
}

// printf ignores the error: a bufio.Writer keeps the first one for Flush.
func (t *textWriter) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.w, format, args...)
}

func (t *textWriter) paint(escape, s string) string {
	if !t.color {
		return s
	}
	return escape + s + escReset
}

func (t *textWriter) one(d Diagnostic) {
	word := t.paint(escRed, "error")
	if d.Severity == Warning {
		word = t.paint(escYellow, "warning")
	}
	if d.Pos.File != "" {
		t.printf("%s: ", t.paint(escBold, clean(Place(d.Pos))))
	}
	t.printf("%s: %s\n", word, clean(d.Summary))
	t.snippet(d)
	if d.Detail != "" {
		for line := range strings.Lines(d.Detail) {
			t.printf("  %s\n", clean(strings.TrimRight(line, "\n")))
		}
	}
	for _, p := range d.Related {
		t.printf("  %s\n", t.paint(escDim, "see also "+clean(Place(p))))
	}
	t.printf("\n")
}

func (t *textWriter) snippet(d Diagnostic) {
	number := fmt.Sprintf("%5d", d.Pos.Line)
	if d.Snippet.Hidden {
		t.printf("%s │ %s\n", t.paint(escDim, number), "(sensitive)")
		return
	}
	line := d.Snippet.Line
	if strings.TrimSpace(line) == "" {
		return
	}
	start, end := clamp(d.Snippet.Start, len(line)), clamp(d.Snippet.End, len(line))
	text, lead, width := window(line, start, end)
	t.printf("%s │ %s\n", t.paint(escDim, number), text)
	t.printf("      │ %s%s\n", lead, t.paint(escRed, strings.Repeat("^", max(1, width))))
}

// maxLine is how many characters of a source line are shown.
const maxLine = 160

// window returns the part of line that is shown, the blanks before the caret
// (tabs kept, so that the caret stands under its character whatever a tab's
// width) and how many characters are underlined.
func window(line string, start, end int) (text, lead string, width int) {
	prefix := ""
	if utf8.RuneCountInString(line[:start]) > maxLine/2 {
		cut := start
		for range maxLine / 4 {
			_, n := utf8.DecodeLastRuneInString(line[:cut])
			cut -= n
		}
		line, start, end, prefix = line[cut:], start-cut, end-cut, "…"
	}
	lead = strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, prefix+line[:start])
	width = utf8.RuneCountInString(line[start:max(start, end)])
	runes := []rune(line)
	suffix := ""
	if len(runes) > maxLine {
		runes, suffix = runes[:maxLine], "…"
		width = max(1, min(width, maxLine-utf8.RuneCountInString(line[:start])))
	}
	return prefix + clean(string(runes)) + suffix, lead, width
}

// clean replaces what could move the cursor, hide text or reorder it.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || (unicode.IsPrint(r) && r != utf8.RuneError) {
			return r
		}
		return '\uFFFD'
	}, s)
}

func clamp(n, limit int) int { return min(max(n, 0), limit) }

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

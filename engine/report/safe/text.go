package safe

import "github.com/charmbracelet/x/ansi"

// Text returns s as one harmless line, without a line feed. Text of harmless
// text is the same text.
func Text(s string) string {
	if harmless(s, false) {
		return s
	}
	var c cleaner
	out, _ := c.clean(make([]byte, 0, len(s)+16), []byte(s), false)
	return string(out)
}

// Block returns s as harmless lines: line feeds stay, everything else is as in
// Text.
func Block(s string) string {
	if harmless(s, true) {
		return s
	}
	c := cleaner{keepLF: true}
	out, _ := c.clean(make([]byte, 0, len(s)+16), []byte(s), false)
	return string(out)
}

// harmless is the short way for what nearly all text is: printable ASCII.
func harmless(s string, lf bool) bool {
	for i := range len(s) {
		if (s[i] < ' ' || s[i] >= 0x7f) && (s[i] != '\n' || !lf) {
			return false
		}
	}
	return true
}

// Truncate returns Text of s, cut to at most n columns of a terminal. Where
// something was cut off, the last column is "…". A character is never cut in
// two; one of two columns may leave the last column free.
func Truncate(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return ansi.Truncate(Text(s), n, "…")
}

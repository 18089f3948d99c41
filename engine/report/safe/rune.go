package safe

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may stand on one character. Real scripts
// need two or three; a pile of them covers the lines above and below.
const maxMarks = 4

// cleaner neutralises a text piece by piece.
type cleaner struct {
	// keepLF lets line feeds through.
	keepLF bool
	// marks counts the combining marks since the last other character.
	marks int
}

// clean appends the harmless form of b. With more set, b may end within a
// character; what is left of it is returned.
func (c *cleaner) clean(out, b []byte, more bool) (cleaned, rest []byte) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			out = c.ascii(out, b[0])
			b = b[1:]
			continue
		}
		if more && !utf8.FullRune(b) {
			return out, b
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size <= 1 {
			c.marks = 0
			out = fmt.Appendf(out, `\x%02x`, b[0])
			b = b[1:]
			continue
		}
		out = c.rune(out, r)
		b = b[size:]
	}
	return out, nil
}

func (c *cleaner) ascii(out []byte, b byte) []byte {
	c.marks = 0
	switch {
	case b >= ' ' && b < 0x7f, b == '\n' && c.keepLF:
		return append(out, b)
	case b == '\n':
		return append(out, `\n`...)
	case b == '\r':
		return append(out, `\r`...)
	case b == '\t':
		return append(out, `\t`...)
	default:
		return fmt.Appendf(out, `\x%02x`, b)
	}
}

func (c *cleaner) rune(out []byte, r rune) []byte {
	if unicode.Is(unicode.M, r) {
		c.marks++
	} else {
		c.marks = 0
	}
	if visible(r) && c.marks <= maxMarks {
		return utf8.AppendRune(out, r)
	}
	if r > 0xffff {
		return fmt.Appendf(out, `\U%08x`, r)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}

// visible says whether a character beyond ASCII shows itself and nothing else.
// IsPrint leaves out controls, formats (bidi, zero-width, tags), separators,
// surrogates, private use and what is not assigned; the tables are what Unicode
// counts among letters, marks and symbols though nobody can see it.
func visible(r rune) bool {
	const brailleBlank = '\u2800'
	return unicode.IsPrint(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

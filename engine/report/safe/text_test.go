package safe

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"
)

func TestText(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ascii", "openssl 3.0.11-1~deb12u2 (amd64)", "openssl 3.0.11-1~deb12u2 (amd64)"},
		{"letters of the world", "Größe 東京 Привет שלום नमस्ते 🙂 ½ €", "Größe 東京 Привет שלום नमस्ते 🙂 ½ €"},
		{"combining", "e\u0301", "e\u0301"},
		{"colour", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"title", "\x1b]0;x\a", `\x1b]0;x\x07`},
		{"clipboard", "\x1b]52;c;eA==\x1b\\", `\x1b]52;c;eA==\x1b\`},
		{"cursor back", "ok\rFAILED", `ok\rFAILED`},
		{"new line", "a\nb", `a\nb`},
		{"tab", "a\tb", `a\tb`},
		{"null, backspace, del", "\x00\b\x7f", `\x00\x08\x7f`},
		{"csi of one byte", "\u009b31m", `\u009b31m`},
		{"csi as a bare byte", "\x9b31m", `\x9b31m`},
		{"next line", "a\u0085b", `a\u0085b`},
		{"line separator", "a\u2028b\u2029c", `a\u2028b\u2029c`},
		{"override", "\u202egpj.exe", `\u202egpj.exe`},
		{"isolates", "\u2066a\u2069\u200f\u061c", `\u2066a\u2069\u200f\u061c`},
		{"zero width", "a\u200bb\u200cc\u200dd\u2060e\ufefff", `a\u200bb\u200cc\u200dd\u2060e\ufefff`},
		{"soft hyphen", "a\u00adb", `a\u00adb`},
		{"invisible letters", "\u3164\u115f\uffa0\u034f\u17b4", `\u3164\u115f\uffa0\u034f\u17b4`},
		{"variation selector", "❤\ufe0f", `❤\ufe0f`},
		{"tags", "\U000e0041", `\U000e0041`},
		{"spaces that are none", "a\u00a0b\u3000c\u2800", `a\u00a0b\u3000c\u2800`},
		{"broken utf-8", "a\xc3(\xff", `a\xc3(\xff`},
		{"overlong", "\xc0\xaf", `\xc0\xaf`},
		{"surrogate", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"too high", "\xf4\x90\x80\x80", `\xf4\x90\x80\x80`},
		{"noncharacter", "\uffff\ufdd0\U0001fffe", `\uffff\ufdd0\U0001fffe`},
		{"private", "\ue000", `\ue000`},
		{"replacement character", "\ufffd", "\ufffd"},
		{"half a character", "a\xe2\x82", `a\xe2\x82`},
		{"piled marks", "a" + strings.Repeat("\u0336", 6), "a" + strings.Repeat("\u0336", 4) + `\u0336\u0336`},
		{"backslash", `a\x1b`, `a\x1b`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Text(tc.in); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestBlock(t *testing.T) {
	for in, want := range map[string]string{
		"":                        "",
		"a\nb\n":                  "a\nb\n",
		"a\r\n\x1b[2J\n\n":        "a\\r\n\\x1b[2J\n\n",
		"ä\n\u2028\v\f":           "ä\n" + `\u2028\x0b\x0c`,
		"2026-11-22 forged\n\tat": "2026-11-22 forged\n" + `\tat`,
	} {
		if got := Block(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	for _, tc := range []struct {
		in   string
		n    int
		want string
	}{
		{"openssl", 7, "openssl"},
		{"openssl", 6, "opens…"},
		{"openssl", 1, "…"},
		{"openssl", 0, ""},
		{"openssl", -1, ""},
		{"東京都", 6, "東京都"},
		{"東京都", 5, "東京…"},
		{"東京都", 4, "東…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"a\x1b[31mb", 5, `a\x1…`},
		{"a\nb", 9, `a\nb`},
	} {
		if got := Truncate(tc.in, tc.n); got != tc.want {
			t.Errorf("%q to %d: %q, want %q", tc.in, tc.n, got, tc.want)
		}
	}
}

// allowed is the set that a terminal may get, said the other way round than in
// the code: by what may not be in it.
func allowed(r rune) bool {
	switch {
	case r == ' ':
		return true
	case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2800', !utf8.ValidRune(r):
		return false
	case unicode.In(r, unicode.C, unicode.Z, unicode.Bidi_Control, unicode.Join_Control, unicode.White_Space,
		unicode.Noncharacter_Code_Point, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Pattern_White_Space):
		return false
	default:
		return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S)
	}
}

// check is what holds for the harmless form of any text.
func check(t interface{ Fatalf(string, ...any) }, in, out string, again func(string) string, lf bool) {
	if !utf8.ValidString(out) {
		t.Fatalf("%q became %q, which is not UTF-8", in, out)
	}
	marks := 0
	for _, r := range out {
		if !allowed(r) && (!lf || r != '\n') {
			t.Fatalf("%q became %q, which holds %U", in, out, r)
		}
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if marks > maxMarks {
			t.Fatalf("%q became %q, with piled marks", in, out)
		}
	}
	if twice := again(out); twice != out {
		t.Fatalf("%q became %q, then %q", in, out, twice)
	}
	if strings.Count(out, "\n") != strings.Count(in, "\n") && lf {
		t.Fatalf("%q became %q, with other lines", in, out)
	}
}

// Every single character, between letters; of the planes in which nothing is
// assigned, the first and the last.
func TestEveryRune(t *testing.T) {
	for first := rune(0); first <= unicode.MaxRune; first += 0x400 {
		if in := first & 0xffff; first >= 0x33800 && in != 0 && in != 0xfc00 {
			continue
		}
		var in, want strings.Builder
		for r := first; r < first+0x400; r++ {
			in.WriteRune('a')
			in.WriteRune(r) // U+FFFD for a surrogate
			if want.WriteRune('a'); allowed(r) || !utf8.ValidRune(r) {
				want.WriteRune(r)
			}
		}
		out := Text(in.String())
		check(t, in.String(), out, Text, false)
		if got := escapes.ReplaceAllString(out, ""); got != want.String() {
			t.Errorf("of %U and what follows stays %q, want %q", first, got, want.String())
		}
	}
}

// escapes finds what is written out; the backslash itself stays as it is.
var escapes = regexp.MustCompile(`\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[nrt])`)

func TestPrintableStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S).Filter(allowed)).Draw(t, "text")
		if got := Text(s); got != s {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

func TestTruncateFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, n := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))+rapid.String().Draw(t, "text"), rapid.IntRange(-1, 40).Draw(t, "columns")
		got := Truncate(s, n)
		if w := ansi.StringWidth(got); w > max(n, 0) {
			t.Fatalf("%q is %d columns wide, allowed are %d", got, w, n)
		}
		check(t, s, got, Text, false)
		if full := Text(s); ansi.StringWidth(full) <= n && got != full {
			t.Fatalf("%q was cut to %q", full, got)
		}
	})
}

// hostile are seeds: what an attacker would send.
var hostile = []string{
	"\x1b[2J\x1b[H", "\x1b]0;title\a", "\x1b]8;;http://evil/\x1b\\click\x1b]8;;\x1b\\", "\x9b31m", "ok\rFAILED",
	"\u202eabc\u202c", "a\u200bb", "\xff\xfe", "\xe2\x80", "\xed\xa0\x80", "\ufeff", "\u0085\u2028\u2029", "a\u0336\u0336\u0336\u0336\u0336",
	"line\n2026-11-22T03:00:00Z [INFO] forged", "👩\u200d👩\u200d👧", "\x1bP1$r\x1b\\", "\x00\x07\x08\x0e\x0f", "\U000e0001\U000e0041",
}

func FuzzText(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, n int) {
		check(t, s, Text(s), Text, false)
		check(t, s, Block(s), Block, true)
		check(t, s, Truncate(s, n%200), Text, false)
	})
}

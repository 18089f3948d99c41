package inventory_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"patchwave/inventory"
)

func TestMatchGlob(t *testing.T) {
	tests := []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "", false}, {"a", "a", true}, {"a", "A", false}, {"a", "ab", false},
		{"*", "", true}, {"*", "anything/at all", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"a*c", "abc", true}, {"a*c", "abcd", false},
		{"**", "x", true}, {"*a*b*", "xxaxxbxx", true}, {"*a*b*", "xxbxxaxx", false}, {"a*b*c", "abbbc", true},
		{"?", "", false}, {"?", "a", true}, {"?", "ä", true}, {"??", "ä", false}, {"a?c", "abc", true},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[a-c]x", "bx", true}, {"[!a-c]", "d", true}, {"[!a-c]", "a", false}, {"[^a]", "b", true},
		{"[]]", "]", true}, {"[!]]", "]", false}, {"[a-]", "-", true}, {"[-a]", "-", true}, {"[*]", "*", true}, {"[*]", "a", false},
		{"[ä-ü]", "ö", true}, {"[z-a]", "m", false}, {"[a", "[a", true}, {"[a", "a", false}, {"[", "[", true}, {"[]", "[]", true}, {"a]", "a]", true},
		{`\*`, `\*`, true}, {`\*`, `\x`, true}, {`\*`, "*", false}, {"linux-image-*", "linux-image-6.1.0-40-amd64", true},
		{"*[0-9]", "web-0", true}, {"*[0-9]", "web-0x", false}, {"\xff", "\xff", true}, {"\xff", "\xfe", false}, {"?", "\xff", true},
	}
	for _, tt := range tests {
		if got := inventory.MatchGlob(tt.pattern, tt.s); got != tt.want {
			t.Errorf("MatchGlob(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}

// TestMatchGlobIsFast: the pattern that hangs matchers which go back everywhere.
func TestMatchGlobIsFast(t *testing.T) {
	if inventory.MatchGlob(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 20_000)) {
		t.Error("it matches")
	}
}

func TestCheckGlob(t *testing.T) {
	for pattern, ok := range map[string]bool{
		"": false, "a": true, "*": true, "[a]": true, "[": false, "[a": false, "[]": false, "[]]": true, "[!]": false, "a]": true, "x[a-z]y[": false,
	} {
		if err := inventory.CheckGlob(pattern); (err == nil) != ok {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	if inventory.IsGlob("web-01") || !inventory.IsGlob("web-?") || !inventory.IsGlob("[") {
		t.Error("IsGlob")
	}
}

// FuzzMatchGlob compares with path.Match where both mean the same.
func FuzzMatchGlob(f *testing.F) {
	for _, s := range [][2]string{{"a*b?c", "axxbyc"}, {"[a-c]*", "b"}, {"**", ""}, {"*a*a*a*", "aaa"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		got := inventory.MatchGlob(pattern, s)
		if strings.ContainsAny(pattern, "[\\") || strings.ContainsAny(pattern+s, "/") || !utf8.ValidString(pattern+s) {
			return
		}
		want, err := path.Match(pattern, s)
		if err == nil && got != want {
			t.Errorf("MatchGlob(%q, %q) = %v", pattern, s, got)
		}
	})
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b        string
		limit, want int
	}{
		{"", "", 0, 0}, {"abc", "abc", 0, 0}, {"abc", "abd", 0, 1}, {"abc", "abd", 5, 1}, {"wbe", "web", 9, 1}, {"ab", "ba", 0, 1}, {"abcd", "badc", 9, 2}, {"kitten", "sitting", 9, 3}, {"kitten", "sitting", 2, 3},
		{"", "abc", 9, 3}, {"abc", "", 9, 3}, {"", "abc", 1, 2}, {strings.Repeat("x", 100), strings.Repeat("y", 100), 10, 11},
		{strings.Repeat("x", 100), strings.Repeat("x", 99), 10, 1},
	}
	for _, tt := range tests {
		if got := inventory.EditDistance(tt.a, tt.b, tt.limit); got != tt.want {
			t.Errorf("EditDistance(%.10q, %.10q, %d) = %d, want %d", tt.a, tt.b, tt.limit, got, tt.want)
		}
	}
}

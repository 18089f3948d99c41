package knownhosts

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMatchPattern(t *testing.T) {
	for _, tc := range []struct {
		p, s string
		want bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "a.b", true}, {"**", "a", true},
		{"?", "", false}, {"?", "a", true}, {"a*b*c", "aXbYc", true}, {"a*b*c", "aXbY", false},
		{"*.x", "a.x", true}, {"*.x", ".x", true}, {"*.x", "x", false}, {"a?*", "a", false}, {"a?*", "ab", true},
		{"*aab", "aaaab", true}, {"[a]:2", "[a]:2", true},
	} {
		if got := matchPattern(tc.p, tc.s); got != tc.want {
			t.Errorf("%q on %q: %v", tc.p, tc.s, got)
		}
	}
}

// path.Match agrees wherever its own specials do not come up.
func TestMatchPatternLikeGlob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringMatching(`[ab.*?]{0,8}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab.]{0,8}`).Draw(t, "name")
		want, err := path.Match(p, s)
		if err != nil {
			t.Fatal(err)
		}
		if got := matchPattern(p, s); got != want {
			t.Errorf("%q on %q: %v, want %v", p, s, got, want)
		}
	})
}

// A pattern made to be slow is not.
func TestMatchPatternIsNotExponential(t *testing.T) {
	if matchPattern(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 2000)) {
		t.Error("matched")
	}
}

func TestLookupName(t *testing.T) {
	for _, tc := range []struct{ addr, name, host string }{
		{"web:22", "web", "web"},
		{"WEB:2222", "[web]:2222", "web"},
		{"[::1]:22", "::1", "::1"},
		{"[::1]:2222", "[::1]:2222", "::1"},
		{"web:", "web", "web"},
	} {
		name, host, err := lookupName(tc.addr, nil)
		if err != nil || name != tc.name || host != tc.host {
			t.Errorf("%s: %q %q %v", tc.addr, name, host, err)
		}
	}
}

package secret

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSplitWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                          nil,
		"  ":                        nil,
		"pass show x":               {"pass", "show", "x"},
		"  pass   show ":            {"pass", "show"},
		`op read "op://a b/c"`:      {"op", "read", "op://a b/c"},
		`a 'b "c" \d' e`:            {"a", `b "c" \d`, "e"},
		`a "b \"c\" \\ \d"`:         {"a", `b "c" \ \d`},
		`a\ b c`:                    {"a b", "c"},
		`a''b "" 'x'y`:              {"ab", "", "xy"},
		"pass show $HOME; rm -rf *": {"pass", "show", "$HOME;", "rm", "-rf", "*"},
	} {
		got, err := splitWords(in)
		if err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
	for _, in := range []string{`a "b`, `a 'b`, `a \`, "a\nb", "a\x00b"} {
		if got, err := splitWords(in); err == nil {
			t.Errorf("%q: %q and no error", in, got)
		}
	}
}

// TestSplitQuoted: a word in single quotes comes out as it was.
func TestSplitQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-z $"\\;*]*`)).Draw(t, "words")
		var quoted []string
		for _, w := range words {
			quoted = append(quoted, "'"+w+"'")
		}
		got, err := splitWords(strings.Join(quoted, " "))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(words) {
			t.Fatalf("%q became %q", words, got)
		}
		for i := range got {
			if got[i] != words[i] {
				t.Fatalf("%q became %q", words, got)
			}
		}
	})
}

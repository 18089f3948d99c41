package examples_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"patchwave/engine/config"
)

var update = flag.Bool("update", false, "write REFERENCE.md")

// TestReference: the committed reference is what the program makes. After a change
// of the language: go test ./examples -run TestReference -update.
func TestReference(t *testing.T) {
	want := config.Reference()
	if *update {
		if err := os.WriteFile("REFERENCE.md", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := config.Diff("REFERENCE.md", got, []byte(want)); diff != nil {
		t.Errorf("run go test ./examples -run TestReference -update:\n%s", diff)
	}
}

// TestReferenceLinks: every link of the contents leads to a heading.
func TestReferenceLinks(t *testing.T) {
	text := config.Reference()
	anchors := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			name := strings.Map(func(r rune) rune {
				switch {
				case r == ' ':
					return '-'
				case strings.ContainsRune(",.`'", r):
					return -1
				default:
					return r
				}
			}, strings.ToLower(strings.TrimSpace(title)))
			if anchors[name] {
				t.Errorf("two headings are called %s", name)
			}
			anchors[name] = true
		}
	}
	links := strings.Split(text, "](#")[1:]
	for _, link := range links {
		if name, _, _ := strings.Cut(link, ")"); !anchors[name] {
			t.Errorf("a link leads to #%s, which is not there", name)
		}
	}
	if len(links) < 40 {
		t.Errorf("%d links only", len(links))
	}
}

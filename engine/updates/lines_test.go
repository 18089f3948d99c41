package updates

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWantLines(t *testing.T) {
	for name, tt := range map[string]struct {
		want []Want
		text string
	}{
		"nothing": {nil, ""},
		"one":     {[]Want{{"nginx", "amd64", "1:1.24.0-2"}}, "nginx\tamd64\t1:1.24.0-2"},
		"several": {[]Want{{"b", "all", "2"}, {"a", "", "1"}}, "b\tall\t2\na\t\t1"},
	} {
		if got := WantLines(tt.want); got != tt.text {
			t.Errorf("%s: %q, want %q", name, got, tt.text)
		}
	}
}

func TestChangeLines(t *testing.T) {
	for name, tt := range map[string]struct {
		changes []Change
		text    string
	}{
		"nothing": {nil, ""},
		"every action": {[]Change{
			{ActionUpgrade, "a", "amd64", "1", "2"}, {ActionInstall, "b", "all", "", "1"}, {ActionRemove, "c", "i386", "3", ""}, {ActionDowngrade, "d", "", "2", "1"}},
			"upgrade\ta\tamd64\t1\t2\ninstall\tb\tall\t-\t1\nremove\tc\ti386\t3\t-\ndowngrade\td\t\t2\t1"},
	} {
		if got := ChangeLines(tt.changes); got != tt.text {
			t.Errorf("%s: %q, want %q", name, got, tt.text)
		}
	}
}

// TestLinesHaveTheirFields: a line a change, five fields a line, and they say
// what the change says.
func TestLinesHaveTheirFields(t *testing.T) {
	word := rapid.StringMatching(`[a-z0-9.+~:-]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Change {
			return Change{Action: ActionUpgrade, Name: word.Draw(t, "name"), Arch: word.Draw(t, "arch"),
				From: word.Filter(func(s string) bool { return s != "-" }).Draw(t, "from"), To: word.Filter(func(s string) bool { return s != "-" }).Draw(t, "to")}
		}), 1, 8).Draw(t, "changes")
		lines := strings.Split(ChangeLines(changes), "\n")
		if len(lines) != len(changes) {
			t.Fatalf("%d lines of %d changes", len(lines), len(changes))
		}
		for i, line := range lines {
			f := strings.Split(line, "\t")
			if len(f) != 5 {
				t.Fatalf("%q", line)
			}
			for j := range f {
				if j > 2 && f[j] == "-" {
					f[j] = ""
				}
			}
			if got := (Change{Action(f[0]), f[1], f[2], f[3], f[4]}); got != changes[i] {
				t.Fatalf("%+v, want %+v", got, changes[i])
			}
		}
	})
}

func TestSortChanges(t *testing.T) {
	sorted := []Change{
		{ActionInstall, "a", "amd64", "", "1"}, {ActionRemove, "a", "amd64", "1", ""}, {ActionUpgrade, "a", "i386", "1", "2"},
		{ActionUpgrade, "b", "", "1", "2"}, {ActionUpgrade, "b", "amd64", "1", "2"},
	}
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.Permutation(slices.Clone(sorted)).Draw(t, "order")
		SortChanges(changes)
		if diff := cmp.Diff(sorted, changes); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestKey(t *testing.T) {
	c := Change{ActionUpgrade, "a", "amd64", "1", "2"}
	if k := c.Key(); k.Name != "a" || k.Arch != "amd64" {
		t.Errorf("%+v", k)
	}
}

// Package examples_test loads every example, so that none is ever wrong, and
// proves with them what they are there to show.
package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/config"
	"patchwave/engine/policytest"
	"patchwave/policies"
)

// directories finds the examples: the outermost directories with a configuration
// in them. A new one is found by itself.
func directories(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		files, err := filepath.Glob(filepath.Join(path, "*.hcl"))
		if err != nil || len(files) == 0 {
			return err
		}
		out = append(out, path)
		return fs.SkipDir
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// startingPoints are those that people begin with; the others show one thing.
func startingPoints(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(directories(t), func(dir string) bool { return strings.HasPrefix(dir, practices) })
}

func TestThereAreExamples(t *testing.T) {
	want := []string{"air-gapped", "cluster", "deferred-reboots", "from-ansible", "home", "office", "quickstart", "web-tier"}
	for _, dir := range want {
		if !slices.Contains(startingPoints(t), dir) {
			t.Errorf("no example %s", dir)
		}
	}
}

// TestExamples: each is valid, and warned of are exactly the lines that say so.
func TestExamples(t *testing.T) {
	for _, dir := range directories(t) {
		t.Run(dir, func(t *testing.T) {
			e := load(t, copyOf(t, dir))
			if diff := cmp.Diff(expectedWarnings(t, dir), e.warnings); diff != "" {
				t.Errorf("warnings (-those that the files name +those that were given):\n%s", diff)
			}
			if len(e.inv.Hosts) == 0 || len(e.pols) == 0 || len(e.cfg.Unmanaged) > 0 {
				t.Errorf("%d hosts, %d policies, unmanaged %v", len(e.inv.Hosts), len(e.pols), e.cfg.Unmanaged)
			}
		})
	}
}

// warningComment is how an example says that a line is warned of.
var warningComment = regexp.MustCompile(`# warning: (.+)$`)

// expectedWarnings are "file:line: text", sorted.
func expectedWarnings(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	each(t, dir, ".hcl", func(path, text string) {
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(text, "\n") {
			if m := warningComment.FindStringSubmatch(line); m != nil {
				out = append(out, place(filepath.ToSlash(rel), i+1, m[1]))
			}
		}
	})
	slices.Sort(out)
	return out
}

// TestPolicyTests runs the policy tests of every example.
func TestPolicyTests(t *testing.T) {
	for _, dir := range directories(t) {
		t.Run(dir, func(t *testing.T) {
			e := load(t, copyOf(t, dir))
			tests, diags := e.cfg.Tests()
			for _, d := range diags {
				t.Error(d)
			}
			if len(tests) == 0 {
				t.Error("no policy tests")
			}
			for _, test := range tests {
				for _, f := range policytest.Run(e.cfg, test).Failures {
					t.Errorf("%s: %s:%d: %s", test.Name, f.Pos.File, f.Pos.Line, f.Message)
				}
			}
		})
	}
}

// TestEveryRuleIsTested: each rule of a starting point decides in one of its
// policy tests, so that they say what the configuration does.
func TestEveryRuleIsTested(t *testing.T) {
	for _, dir := range startingPoints(t) {
		e := load(t, copyOf(t, dir))
		tests, _ := e.cfg.Tests()
		tested := map[string]bool{}
		for _, test := range tests {
			for _, x := range test.Expects {
				tested[x.Rule] = true
			}
		}
		for _, p := range e.pols {
			for _, r := range p.Baseline.Rules {
				if !tested[r.Name] && !slices.Contains(testedHere, dir+" "+r.Name) {
					t.Errorf("%s: no policy test expects rule %q of baseline %q", dir, r.Name, p.Baseline.Name)
				}
			}
		}
	}
}

// testedHere are rules that decide by what a policy test has no word for.
var testedHere = []string{"air-gapped likely"} // TestScoresOfImportedFeeds

// TestEveryExampleHasAReadme: what it is for, how to begin, and exactly what of it
// this version cannot do yet.
func TestEveryExampleHasAReadme(t *testing.T) {
	index := read(t, "README.md")
	for _, dir := range startingPoints(t) {
		t.Run(dir, func(t *testing.T) {
			readme := read(t, filepath.Join(dir, "README.md"))
			if !strings.Contains(index, "("+dir+"/README.md)") {
				t.Error("README.md does not lead to it")
			}
			for _, command := range []string{"validate", "plan"} {
				if !strings.Contains(readme, command) {
					t.Errorf("the README does not mention %q", command)
				}
			}
			if diff := cmp.Diff(listed(readme), load(t, copyOf(t, dir)).gaps(), cmp.Transformer("set", set)); diff != "" {
				t.Errorf("under %q (-in the README +in this version):\n%s", gapsHeading, diff)
			}
		})
	}
}

// gapsHeading is above the list of what an example asks for and this version
// cannot do.
const gapsHeading = "## Not in this version"

// listed are the items of that list.
func listed(readme string) []string {
	_, rest, _ := strings.Cut(readme, gapsHeading+"\n")
	rest, _, _ = strings.Cut(rest, "\n## ")
	var out []string
	for _, line := range strings.Split(rest, "\n") {
		if item, ok := strings.CutPrefix(line, "- "); ok {
			out = append(out, item)
		}
	}
	return out
}

func set(items []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range items {
		out[s] = true
	}
	return out
}

// gaps are what this version cannot do, without places.
func (e *example) gaps() []string {
	var out []string
	for _, p := range e.pols {
		for _, g := range policies.Unsupported(p) {
			out = append(out, g.What)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestExamplesAreFormatted(t *testing.T) {
	each(t, ".", ".hcl", func(path, text string) {
		out, diags := config.Format([]byte(text), path)
		if diags.HasErrors() {
			t.Error(diags.Err())
		}
		if diff := config.Diff(path, []byte(text), out); diff != nil {
			t.Errorf("%s", diff)
		}
	})
}

// TestNoSecretIsThere: secrets are referred to, never in the examples.
func TestNoSecretIsThere(t *testing.T) {
	private := regexp.MustCompile(`PRIVATE KEY|password\s*=\s*"|token\s*=\s*"`)
	for _, dir := range directories(t) {
		each(t, dir, "", func(path, text string) {
			if m := private.FindString(text); m != "" {
				t.Errorf("%s has %q in it", path, m)
			}
		})
	}
}

// each calls do for every file below dir whose name ends in suffix.
func each(t *testing.T, dir, suffix string, do func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, suffix) {
			return err
		}
		do(path, read(t, path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// today is when the examples are read.
func today() time.Time { return time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC) }

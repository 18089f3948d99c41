package config_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchwave/engine/config"
)

// elsewhere are messages that no fixture can bring about, with the test that
// does.
var elsewhere = map[string]string{
	"the configuration directory cannot be read":                       "TestFiles",
	"the configuration is not a directory":                             "TestFiles",
	"a configuration file cannot be used":                              "TestFiles",
	"the configuration directory is empty":                             "TestFiles",
	"a file of the configuration directory cannot be trusted":          "TestFiles",
	"a configuration directory cannot be used":                         "TestFiles",
	"the configuration directory holds too many files":                 "a hundred thousand files",
	"a test file cannot be used":                                       "TestTestsAreTrusted",
	"a file cannot be formatted":                                       "TestFormat",
	"%s: there is no variable %q":                                      "TestVariables",
	"%s: the value cannot be read":                                     "TestVariables",
	"%s: the value has another type":                                   "TestVariables",
	"--var-file %s cannot be read":                                     "TestVariables",
	"there is no variable %q":                                          "TestVariables",
	"the value of variable %q has another type":                        "TestVariables",
	"the home directory is not known":                                  "TestHome",
	"this value is not known":                                          "nothing is unknown where arguments are evaluated",
	"source %q failed":                                                 "TestSourceCommand",
	"groups contradict each other about label %q of host %q":           "fixtures, and TestFacts where facts decide",
	"policy %q opens in the local time of hosts that have no timezone": "fixtures",
}

// message is a call that reports something.
type message struct {
	pattern, place string
}

// messages finds the summaries of all calls of fail, warn and their like.
func messages(t *testing.T) []message {
	t.Helper()
	which := map[string]int{"fail": 1, "warn": 1, "failSecret": 1, "report": 2, "failPlain": 0, "failFile": 1}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var out []message
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if i, ok := which[sel.Sel.Name]; ok && i < len(call.Args) {
				if p := pattern(call.Args[i]); p != "" {
					out = append(out, message{p, fset.Position(call.Pos()).String()})
				}
			}
			return true
		})
	}
	return out
}

// pattern is a summary as it stands in the code, with %s for what is computed; ""
// if all of it is.
func pattern(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			if _, ok := e.Args[0].(*ast.BasicLit); ok {
				return pattern(e.Args[0])
			}
		}
	case *ast.BinaryExpr:
		left, right := pattern(e.X), pattern(e.Y)
		if left+right != "" {
			return orVerb(left) + orVerb(right)
		}
	}
	return ""
}

func orVerb(s string) string {
	if s == "" {
		return "%s"
	}
	return s
}

var verb = regexp.MustCompile(`%[a-z]`)

func (m message) regexp() *regexp.Regexp {
	parts := verb.Split(m.pattern, -1)
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$")
}

// TestEveryMessageHasAFixture: what the package can say is said by a fixture, so
// that its words and its place were looked at.
func TestEveryMessageHasAFixture(t *testing.T) {
	var said []string
	for _, kind := range []string{"warning", "invalid", "tests"} {
		entries, err := os.ReadDir(filepath.Join("testdata", kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			dir, _ := fixture(t, filepath.Join("testdata", kind, e.Name()))
			var ds config.Diagnostics
			if kind == "tests" {
				_, ds = config.LoadTests(options(dir))
			} else {
				_, ds = config.Load(options(dir))
			}
			for _, d := range ds {
				said = append(said, d.Summary)
			}
		}
	}
	slices.Sort(said)
	said = slices.Compact(said)
	all := messages(t)
	if len(all) < 150 {
		t.Fatalf("only %d messages were found", len(all))
	}
	for _, m := range all {
		if _, ok := elsewhere[m.pattern]; ok {
			continue
		}
		if re := m.regexp(); !slices.ContainsFunc(said, re.MatchString) {
			t.Errorf("%s: no fixture says %q", m.place, m.pattern)
		}
	}
}

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// every calls f for each command of the tree.
func every(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range c.Commands() {
		every(sub, f)
	}
}

func tree() *cobra.Command {
	return newApp(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}).root()
}

// TestCommands: each says what it is, and its examples are understood.
func TestCommands(t *testing.T) {
	root := tree()
	every(root, func(c *cobra.Command) {
		if c.Name() == "help" || c.Name() == "completion" || c.Parent() != nil && c.Parent().Name() == "completion" {
			return // cobra's own
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: %q is no good title", c.CommandPath(), c.Short)
		}
		if c == root {
			return
		}
		if c.Example == "" || (c.GroupID == "" && c.Parent() == root) {
			t.Errorf("%s has no example or no group", c.CommandPath())
		}
		for _, line := range strings.Split(c.Example, "\n") {
			example(t, c, line)
		}
	})
}

// example holds one line of an example against its command.
func example(t *testing.T, c *cobra.Command, line string) {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(line, "'", ""))
	if len(words) < 2 || !strings.HasPrefix(line, "  patchwave ") {
		t.Errorf("%s: the example %q does not begin with the program", c.CommandPath(), line)
		return
	}
	found, rest, err := tree().Find(words[1:])
	if err != nil || (found.CommandPath() != c.CommandPath() && (found.Parent() == nil || found.Parent().CommandPath() != c.CommandPath())) {
		t.Errorf("%q is an example of %s: %v", line, found.CommandPath(), err)
		return
	}
	if err := found.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", line, err)
	}
}

// TestFlagsAreSaid: every flag has a text, and none is a line of its own twice.
func TestFlagsAreSaid(t *testing.T) {
	every(tree(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s has no text", c.CommandPath(), f.Name)
			}
		})
	})
}

var hint = regexp.MustCompile("`patchwave ((?:-[-A-Za-z]+ \\S+ )?)([a-z][a-z-]*)[^`\n]*`")

// TestHints: wherever the program tells somebody to run it, it has that command.
func TestHints(t *testing.T) {
	var known []string
	every(tree(), func(c *cobra.Command) { known = append(known, c.Name()) })
	known = append(known, "help", "completion")
	seen := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range hint.FindAllSubmatch(b, -1) {
			seen++
			if !slices.Contains(known, string(m[2])) {
				t.Errorf("%s tells people to run %s`", path, m[0])
			}
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d hints were found: %v", seen, err)
	}
}

package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config/language"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// pieces declare what the examples of the reference refer to and do not have.
func pieces() map[string]string {
	out := map[string]string{
		"connection.bastion": "connection \"bastion\" {\n  type = \"ssh\"\n}",
		"host.bastion":       "host \"bastion\" {\n  connection = connection.bastion\n}",
		"host.db-01":         "host \"db-01\" {\n  connection = connection.linux\n}",
		"group.db":           "group \"db\" {\n  members = [host.db-01]\n}",
		"policy.db-prod":     "policy \"db-prod\" {\n  hosts    = group.db\n  baseline = baseline.monthly\n  window   = window.tuesday-night\n}",
	}
	for _, b := range Language().Blocks {
		if m := headerLine.FindStringSubmatch(b.Example); m != nil && b.Name != "source" && b.Name != "policy" {
			out[m[1]+"."+m[2]] = b.Example
		}
	}
	out["host.web-01"] = out["host.web-[01:04]"]
	return out
}

var (
	headerLine = regexp.MustCompile(`(?m)^([a-z_]+) "([^"]+)"`)
	reference  = regexp.MustCompile(`\b([a-z]+)\.([A-Za-z][A-Za-z0-9_-]*)`)
)

// CompleteExample adds to an example what it refers to.
func CompleteExample(example string) string {
	all, out := pieces(), example
	have := map[string]bool{}
	for _, m := range headerLine.FindAllStringSubmatch(example, -1) {
		have[m[1]+"."+strings.ReplaceAll(m[2], "[01:04]", "01")] = true
	}
	for todo := []string{example}; len(todo) > 0; todo = todo[1:] {
		needs := reference.FindAllString(todo[0], -1)
		if strings.Contains(todo[0], "group.web") || strings.HasPrefix(todo[0], "test ") {
			needs = append(needs, "host.web-01")
		}
		for _, name := range needs {
			if text, ok := all[name]; ok && !have[name] {
				have[name] = true
				todo = append(todo, text)
				out += "\n" + text
			}
		}
	}
	return out
}

// exampleOptions are those with which examples are loaded.
func exampleOptions(dir string) Options {
	return Options{Dir: dir, Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}
}

// WriteExample writes an example and what it needs into a directory of its own.
func WriteExample(tb testing.TB, example string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	files := map[string]string{"hosts.ini": "[old]\nlegacy-1\n"}
	if strings.HasPrefix(example, "test ") {
		files["a.pwtest.hcl"] = example
		example = "policy \"web-prod\" {\n  hosts    = group.web\n  baseline = baseline.monthly\n}"
	}
	files["main.hcl"] = CompleteExample(example)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// read is what was understood of an example.
type read struct {
	model *model
	tests []PolicyTest
	diags Diagnostics
	// schemas are those with which blocks were opened.
	schemas map[string]*hcl.BodySchema
}

// readExample loads an example and its policy tests as Load and Tests do.
func readExample(tb testing.TB, example string) read {
	tb.Helper()
	l := newLoader(exampleOptions(WriteExample(tb, example)))
	cfg, diags := l.load(l.readAll())
	out := read{model: l.model, diags: diags, schemas: l.schemas}
	if diags.HasErrors() {
		return out
	}
	tests, diags := cfg.Tests()
	out.tests, out.diags = tests, append(out.diags, diags...)
	if strings.HasPrefix(example, "test ") {
		t := newLoader(cfg.opt)
		t.zone, t.model, t.ctx.Variables = l.zone, l.model, cfg.variables
		t.parse(t.readTests())
		content, _ := t.files[0].body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "test", LabelNames: []string{"name"}}}})
		t.decodeTest(content.Blocks[0])
		out.schemas = t.schemas
	}
	return out
}

// rewrite changes the first block at a path of an example.
func rewrite(tb testing.TB, example string, path []string, change func(*hclwrite.Body)) string {
	tb.Helper()
	f, diags := hclwrite.ParseConfig([]byte(example), "example", hcl.InitialPos)
	if diags.HasErrors() {
		tb.Fatal(diags)
	}
	body := f.Body()
	for _, kind := range path {
		i := slices.IndexFunc(body.Blocks(), func(b *hclwrite.Block) bool { return b.Type() == kind })
		if i < 0 {
			tb.Fatalf("the example of %s has no such block:\n%s", strings.Join(path, "."), example)
		}
		body = body.Blocks()[i].Body()
	}
	change(body)
	return string(f.Bytes())
}

// set writes an argument as text.
func set(name, value string) func(*hclwrite.Body) {
	return func(b *hclwrite.Body) {
		b.SetAttributeRaw(name, hclwrite.Tokens{{Bytes: []byte(value), SpacesBefore: 1}})
	}
}

// everyBlock calls visit for the blocks of both languages that have an example.
func everyBlock(visit func(path []string, b *language.Block)) {
	for _, l := range []language.Language{Language(), TestLanguage()} {
		l.Walk(func(path []string, b *language.Block) {
			if b.See == "" {
				visit(path, b)
			}
		})
	}
}

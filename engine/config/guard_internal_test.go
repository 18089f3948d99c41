package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// bombs are short texts that would cost a parser or an evaluator its stack, or
// the machine its memory.
func bombs() map[string]sourceFile {
	deep := func(open, shut string, n int) string { return strings.Repeat(open, n) + strings.Repeat(shut, n) }
	native := func(s string) sourceFile { return sourceFile{"x.hcl", []byte(s)} }
	json := func(s string) sourceFile { return sourceFile{"x.hcl.json", []byte(s)} }
	return map[string]sourceFile{
		"brackets":        native("a = " + deep("[", "]", 120_000)),
		"open brackets":   native("a = " + strings.Repeat("[", 4<<20)),
		"parentheses":     native("a = " + deep("(", ")", 100_000)),
		"braces":          native("a = " + strings.Repeat("{a=", 100_000)),
		"blocks":          native(strings.Repeat("a {\n", 50_000)),
		"templates":       native("a = " + strings.Repeat(`"${`, 50_000)),
		"directives":      native(`a = "` + strings.Repeat("%{if a}", 50_000) + `"`),
		"operators":       native("a = 1" + strings.Repeat("+1", 500_000)),
		"not":             native("a = " + strings.Repeat("!", 500_000) + "true"),
		"minus":           native("a = " + strings.Repeat("-", 500_000) + "1"),
		"conditions":      native("a = " + strings.Repeat("a?b:", 100_000) + "c"),
		"indexes":         native("a = b" + strings.Repeat("[0]", 200_000)),
		"attributes":      native("a = b" + strings.Repeat(".c", 200_000)),
		"calls":           native("a = " + strings.Repeat("f(", 100_000)),
		"lines":           native("a = (\n" + strings.Repeat("1+\n", 100_000) + "1)"),
		"heredocs":        native("a = <<E\n" + strings.Repeat("${<<E\n", 2_000)),
		"parts":           native(`a = "` + strings.Repeat("${1}", 500_000) + `"`),
		"heredoc parts":   native("a = <<E\n" + strings.Repeat("${1}\n", 100_000) + "E\n"),
		"exponent":        native(`a = "${1e99999999}"`),
		"exponent, spelt": native(`a = "${1E+0009999}"`),
		"json brackets":   json(`{"a":` + deep("[", "]", 100_000) + "}"),
		"json braces":     json(strings.Repeat(`{"a":`, 100_000)),
		"json template":   json(`{"a":"${` + deep("(", ")", 50_000) + `}"}`),
		"json escapes":    json(`{"a":"\u0024\u007b` + deep("(", ")", 50_000) + `}"}`),
		"json condition":  json(`{"group":{"g":{"where":"` + deep("(", ")", 50_000) + `"}}}`),
		"json exponent":   json(`{"a": 1e99999999}`),
	}
}

func TestBombs(t *testing.T) {
	for name, s := range bombs() {
		t.Run(name, func(t *testing.T) {
			_, ds := newLoader(Options{Now: time.Unix(0, 0)}).load([]sourceFile{s})
			for _, d := range ds {
				if d.Summary == "too complex to read safely" {
					return
				}
			}
			t.Errorf("not refused: %v", ds[:min(3, len(ds))])
		})
	}
}

// TestManyMistakesInOneLine: the cost of a message does not grow with its line.
func TestManyMistakesInOneLine(t *testing.T) {
	text := "locals { a = [" + strings.Repeat("var.x,", 100_000) + "] }"
	l := newLoader(Options{Now: time.Unix(0, 0)})
	l.text.bytes["x.hcl"] = []byte(text)
	if _, ds := l.load([]sourceFile{{"x.hcl", []byte(text)}}); len(ds) < 100_000 || ds[50_000].Snippet.Line != text {
		t.Errorf("%d diagnostics", len(ds))
	}
}

// TestGuardAllows: what people write is far below the bounds.
func TestGuardAllows(t *testing.T) {
	texts := map[string]string{
		"long list":     "a = [" + strings.Repeat("b.c, ", 50_000) + "]",
		"long object":   "a = {\n" + strings.Repeat("  b = 1 + 2\n", 50_000) + "}",
		"long template": `a = "` + strings.Repeat("x ${b.c} ", 10_000) + `"`,
		"many blocks":   strings.Repeat("a \"b\" {\n  c = (1 + 2) * 3\n}\n", 10_000),
		"brackets in strings, comments and heredocs": strings.Repeat(`a = "[[[{{{((("`+"\n", 100) +
			strings.Repeat("# ((((([[[[[\n", 100) + "b = <<E\n" + strings.Repeat("[[[[((((\n", 50) + "E\n",
		"escaped templates": `a = "` + strings.Repeat("$${%%{", 1_000) + `"`,
	}
	for name, text := range texts {
		if d := guardText([]byte(text), "x.hcl"); d != nil {
			t.Errorf("%s: %v", name, d)
		}
		if tokens, d := lexSafely([]byte(text), "x.hcl", 0); d != nil {
			t.Errorf("%s: %v", name, d)
		} else if len(tokens) == 0 {
			t.Errorf("%s: no tokens", name)
		}
	}
}

// FuzzQuickScan: what the cheap scan lets through, the thorough one does too.
func FuzzQuickScan(f *testing.F) {
	for _, s := range bombs() {
		f.Add(s.text[:min(len(s.text), 4_000)])
	}
	seedFiles(f, func(text []byte) { f.Add(text) })
	for _, s := range []string{"a=\"$${\"", "a=\"\\\"${\"}\"}\"", "/* ( */ # [\n// {", "a = <<-E\n(\nE\n", "a=\"%%{${\"(\"}\"", "\"\n(", "a=1e5"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, safe := scanQuickly(text); !safe {
			return
		}
		tokens, _ := hclsyntax.LexConfig(text, "x", hcl.InitialPos)
		if d := guardTokens(tokens); d != nil {
			t.Errorf("let through: %s", d.Detail)
		}
	})
}

// seedFiles hands out every fixture.
func seedFiles(tb testing.TB, use func([]byte)) {
	tb.Helper()
	paths, err := filepath.Glob("testdata/*/*.hcl*")
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no fixtures: %v", err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			tb.Fatal(err)
		}
		use(text)
	}
}

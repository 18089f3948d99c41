package config

import (
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

func loadBytes(name, text string) Diagnostics {
	l := newLoader(Options{Now: time.Unix(0, 0)})
	l.text.bytes[name] = []byte(text)
	_, ds := l.load([]sourceFile{{name, []byte(text)}})
	return ds
}

// One thing that cannot be read is one report, whatever stands behind it.
func TestOneReportForUnreadableText(t *testing.T) {
	var wide strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeffhost \"a\" {\n}\n")) {
		wide.WriteByte(byte(unit))
		wide.WriteByte(byte(unit >> 8))
	}
	garbage := make([]byte, 5000)
	for i := range garbage {
		garbage[i] = byte((i*7919 + 13) % 256)
	}
	tail := strings.Repeat("host \"b\" {\n  address = \"x\"\n}\n", 50)
	cases := map[string]struct {
		name, text string
		line       int
		want       string
	}{
		"garbage":           {"a.hcl", string(garbage), 1, "this file is not text"},
		"UTF-16":            {"a.hcl", wide.String(), 1, "UTF-16"},
		"UTF-16 in JSON":    {"a.hcl.json", wide.String(), 1, "UTF-16"},
		"Latin-1 comment":   {"a.hcl", "\n# caf\xe9\n" + tail, 2, "not UTF-8"},
		"zero byte":         {"a.hcl", "# a\n# b\x00\n" + tail, 2, "zero byte"},
		"quote":             {"a.hcl", "host \"a\" {\n  address = \"x\n}\n" + tail, 2, "multi-line string"},
		"quote at the end":  {"a.hcl", "a = \"x", 1, "string"},
		"heredoc":           {"a.hcl", "a = <<E\n" + tail, 151 + 1, "unterminated template string"},
		"control character": {"a.hcl", "a = \x01\x02\x03\n" + tail, 1, "invalid character"},
		"returns":           {"a.hcl", "a = 1\rb = 2\r", 1, "invalid character"},
		"single quotes":     {"a.hcl", "host 'a' {\n}\n", 1, "Single quotes"},
		"JSON empty":        {"a.hcl.json", "", 1, "missing value"},
		"JSON number":       {"a.hcl.json", "{\n\"host\": 5\n}", 2, "incorrect JSON value type"},
		"brackets":          {"a.hcl", "a = 1\nb = " + strings.Repeat("[", 120_000), 2, "brackets nest deeper"},
		"braces":            {"a.hcl", "a = 1\n\nb = " + strings.Repeat("{a=", 40_000), 3, "brackets nest deeper"},
		"twice and again":   {"a.hcl", "connection \"c\" {\n  type = \"ssh\"\n}\nhost \"a\" {\n  connection = connection.c\n}\ngroup \"g\" {\n  members = [" + strings.Repeat("host.a,", 1000) + "]\n}\n", 8, "host.a stands twice in members"},
		"JSON open":         {"a.hcl.json", "{\"host\": {\n", 2, "missing value"},
		"JSON no object":    {"a.hcl.json", "5", 1, "root value must be object"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			ds := loadBytes(c.name, c.text)
			if len(ds) != 1 || ds[0].Pos.Line != c.line || !strings.Contains(ds[0].Summary+" "+ds[0].Detail, c.want) {
				t.Errorf("got %v, want one on line %d with %q", ds, c.line, c.want)
			}
		})
	}
}

// A byte order mark of UTF-8 is what some editors write, and no mistake.
func TestByteOrderMark(t *testing.T) {
	if ds := loadBytes("a.hcl", "\ufefflocals {\r\n  a = \"é\"\r\n}\r\n"); len(ds) > 0 {
		t.Error(ds)
	}
}

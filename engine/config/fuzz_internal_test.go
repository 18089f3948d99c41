package config

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config/diag"
	"patchwave/inventory"
)

// FuzzLoad: no text of a file makes Load or Resolve panic, prints a control
// character, or leaves an error without words.
func FuzzLoad(f *testing.F) {
	seedFiles(f, func(text []byte) { f.Add(text, false); f.Add(text, true) })
	facts := map[string]inventory.Facts{"a": {OS: inventory.OS{Family: "debian"}, Kernel: "6"}}
	f.Fuzz(func(t *testing.T, text []byte, json bool) {
		name := "x.hcl"
		if json {
			name += ".json"
		}
		l := newLoader(Options{Dir: t.TempDir(), Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)})
		l.text.bytes[name] = text
		cfg, ds := l.load([]sourceFile{{name, text}})
		for _, d := range ds {
			if d.Summary == "" || (d.Severity != diag.Error && d.Severity != diag.Warning) {
				t.Errorf("a diagnostic that says nothing: %+v", d)
			}
		}
		var out bytes.Buffer
		if err := diag.WriteText(&out, ds, false); err != nil {
			t.Error(err)
		}
		if i := strings.IndexFunc(out.String(), func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }); i >= 0 {
			t.Errorf("a control character is printed: %q", out.String()[i:])
		}
		inv, _, more := cfg.Resolve(facts)
		if !ds.HasErrors() && more.HasErrors() {
			t.Errorf("facts make an error: %v", more)
		}
		for _, h := range inv.Hosts {
			if h.Connection == "" || h.Target.Kind == "" {
				t.Errorf("host %q has no connection", h.Name)
			}
		}
	})
}

// FuzzTests: no text of a test file panics, and a test that is handed out is whole.
func FuzzTests(f *testing.F) {
	for _, name := range []string{"testdata/tests/good/a.pwtest.hcl", "testdata/tests/wrong/w.pwtest.hcl"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	main, err := os.ReadFile("testdata/tests/good/main.hcl")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		opt := Options{Version: "0.1.0", Home: "/home/op", Now: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)}
		cfg, ds := newLoader(opt).load([]sourceFile{{"main.hcl", main}})
		if ds.HasErrors() {
			t.Fatal(ds)
		}
		l := newLoader(opt)
		l.text.bytes["x.pwtest.hcl"] = text
		tests, ds := cfg.decodeTests(l, []sourceFile{{"x.pwtest.hcl", text}})
		for _, test := range tests {
			if test.Name == "" || test.Now.IsZero() || len(test.Expects) == 0 {
				t.Errorf("half a test: %+v", test)
			}
			for _, e := range test.Expects {
				if e.Host == "" || e.Update == "" || e.Decision == "" {
					t.Errorf("half an expectation: %+v", e)
				}
			}
		}
		for _, d := range ds {
			if d.Summary == "" {
				t.Errorf("a diagnostic that says nothing: %+v", d)
			}
		}
	})
}

// FuzzFormat: formatting twice is formatting once, and says the same.
func FuzzFormat(f *testing.F) {
	seedFiles(f, func(text []byte) { f.Add(text) })
	f.Fuzz(func(t *testing.T, text []byte) {
		once, ds := Format(text, "x.hcl")
		if ds.HasErrors() {
			if !bytes.Equal(once, text) {
				t.Error("a file with errors was changed")
			}
			return
		}
		twice, ds := Format(once, "x.hcl")
		if ds.HasErrors() {
			t.Fatalf("formatting broke it: %v\n%s", ds, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("not idempotent:\n%s", Diff("x.hcl", once, twice))
		}
	})
}

// FuzzWhere: no condition panics, whatever it looks at. The evaluator is called
// without the net that Match spreads below it.
func FuzzWhere(f *testing.F) {
	for _, s := range []string{
		`host.labels.a == "b" && !update.reboot`, `host.vars.a[0].b[*].c == null`, `length(host.groups[*]) > 1`,
		`[for k, v in host.labels : v if k != "x"] == []`, `host.labels[host.name] == null ? true : update.size > 5`,
		`"${host.name}-${update.to}" == "x"`, `cidrcontains("10.0.0.0/8", host.address)`, `try(host.vars.x.y, true)`,
		`{(host.name) = 1}[host.name] == 1`, `host.os["family"] == "x"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		cfg, _ := newLoader(Options{Now: time.Unix(0, 0)}).load([]sourceFile{{"x.hcl", nil}})
		c, ds := cfg.compileWhere(s, baselineScope)
		if ds.HasErrors() != (c == nil) {
			t.Fatalf("a condition %v with %v", c, ds)
		}
		if c == nil {
			return
		}
		for _, sub := range fuzzSubjects() {
			fast := c.Match(sub)
			slow := evalSlowly(c, sub)
			if fast != slow {
				t.Errorf("%v on the short way, %v on the long one", fast, slow)
			}
		}
	})
}

package config

import (
	"fmt"
	"slices"
	"time"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// PolicyTest is one test block of a *.pwtest.hcl file: what is decided about some
// updates on some hosts at an instant.
type PolicyTest struct {
	Name string
	// Now is the instant of the decisions.
	Now     time.Time
	Hosts   []TestHost
	Expects []Expectation
	Pos     inventory.Position
}

// TestHost is a declared host as a test imagines it.
type TestHost struct {
	// Name is that of a declared host.
	Name string
	// Facts are what the last scan is supposed to have found; nil if the test says
	// nothing about it: then the host was never scanned.
	Facts *inventory.Facts
	// Labels replace the host's own of the same name.
	Labels  inventory.Labels
	Updates []TestUpdate
	Pos     inventory.Position
}

// TestUpdate is a pending update, and what stands beside it in a Subject.
type TestUpdate struct {
	inventory.Update
	// FirstSeen is when a scan first saw the version; zero if the test says nothing.
	FirstSeen      time.Time
	KnownExploited bool
	Pos            inventory.Position
}

// Expectation is one expect block: what must be decided. Empty fields are not
// looked at.
type Expectation struct {
	// Host and Update are names of the test; Version picks one of several updates of
	// that name.
	Host, Update, Version string
	// Policy is the policy whose baseline decides; "" is the only one of the host.
	Policy   string
	Decision policies.Verdict
	Rule     string
	// Until is when the decision changes. UntilDay says that only the day was
	// written: then Until is its last instant in patchwave's zone, and any instant of
	// that day will do.
	Until    time.Time
	UntilDay bool
	Pos      inventory.Position
}

// LoadTests loads a configuration and its policy tests. With errors in the
// configuration there are no tests, and the diagnostics are those of Load.
func LoadTests(opt Options) ([]PolicyTest, Diagnostics) {
	cfg, diags := Load(opt)
	if diags.HasErrors() {
		return nil, diags
	}
	return cfg.Tests()
}

// Tests reads the test blocks of all *.pwtest.hcl (and .pwtest.hcl.json) files of
// the configuration, in order of file and line. Variables, locals and functions
// have the values of the configuration. Tests that have errors are left out.
func (c *Config) Tests() ([]PolicyTest, Diagnostics) {
	if c.model.broken {
		return nil, Diagnostics{{Severity: "error", Summary: "the configuration has errors", Detail: "Run `patchwave validate` to see them."}}
	}
	l := newLoader(c.opt)
	return c.decodeTests(l, l.readTests())
}

// decodeTests makes tests of the text of their files.
func (c *Config) decodeTests(l *loader, files []sourceFile) ([]PolicyTest, Diagnostics) {
	l.zone, l.model = c.model.zone, c.model
	l.ctx.Variables = c.variables
	l.parse(files)
	names := newTable[string]("test")
	schema := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "test", LabelNames: []string{"name"}}}}
	var out []PolicyTest
	for _, f := range l.files {
		if f.body == nil || f.diags.HasErrors() {
			continue // half a test would be reported for what the other half says
		}
		content, diags := f.body.Content(schema)
		l.adopt(reword("", diags))
		for _, raw := range content.Blocks {
			before := len(l.diags)
			t := l.decodeTest(raw)
			if first, twice := names.places[t.Name]; twice {
				l.fail(labelRange(raw), fmt.Sprintf("duplicate test %q", t.Name), fmt.Sprintf("It is first declared at %s:%d.", first.Filename, first.Start.Line), first)
			}
			names.places[t.Name] = labelRange(raw)
			if len(l.diags) == before {
				out = append(out, t)
			}
		}
	}
	l.functions.seal()
	return out, l.finish()
}

// readTests reads the files that Load passes over.
func (l *loader) readTests() []sourceFile {
	var out []sourceFile
	l.walk("", func(rel string) {
		if !isTest(rel) {
			return
		}
		text, err := l.readTrusted(rel)
		if err != nil {
			l.failFile(rel, "a test file cannot be used", err)
			return
		}
		out = append(out, sourceFile{name: rel, text: text})
		l.text.bytes[rel] = text
	})
	return out
}

func testShape() shape {
	return shape{required: []string{"now"}, blocks: []string{"expect"}, named: []string{"host"}}
}

func (l *loader) decodeTest(raw *hcl.Block) PolicyTest {
	b := l.open(raw, testShape())
	t := PolicyTest{Name: b.name, Pos: position(raw.DefRange)}
	if b.name == "" {
		l.fail(labelRange(raw), "a test without a name", "Say in its name what must be: test \"a kernel waits for the new year\".")
	}
	t.Now, _ = b.instant("now")
	seen := map[string]hcl.Range{}
	for _, inner := range b.inner {
		if inner.Type != "host" {
			continue
		}
		h := l.decodeTestHost(inner)
		if first, twice := seen[h.Name]; twice {
			l.fail(labelRange(inner), fmt.Sprintf("duplicate host %q", h.Name), fmt.Sprintf("It is first declared at %s:%d.", first.Filename, first.Start.Line), first)
			continue
		}
		seen[h.Name] = labelRange(inner)
		t.Hosts = append(t.Hosts, h)
	}
	for _, inner := range b.inner {
		if inner.Type == "expect" {
			t.Expects = append(t.Expects, l.decodeExpect(inner, t.Hosts))
		}
	}
	if !b.meant("expect") {
		l.fail(raw.DefRange, fmt.Sprintf("test %q expects nothing", b.name), "Give it at least one expect block.")
	}
	return t
}

func expectShape() shape {
	return shape{required: []string{"host", "update", "decision"}, optional: []string{"rule", "until", "policy", "version"}}
}

// verdicts is the closed list of decisions.
func verdicts() []string {
	return wordsOf([]policies.Verdict{
		policies.Approved, policies.Deferred, policies.Held, policies.Rejected, policies.Pinned,
		policies.Dependency, policies.Blocked, policies.NotMatched,
	})
}

func (l *loader) decodeExpect(raw *hcl.Block, hosts []TestHost) Expectation {
	b := l.open(raw, expectShape())
	e := Expectation{Pos: position(raw.DefRange)}
	e.Host, _ = b.nonEmpty("host")
	e.Update, _ = b.nonEmpty("update")
	e.Version, _ = b.nonEmpty("version")
	if w, ok := b.word("decision", verdicts()...); ok {
		e.Decision = policies.Verdict(w)
	}
	if rule, ok := b.nonEmpty("rule"); ok {
		e.Rule = rule
		b.knownName("rule", rule, l.ruleNames())
	}
	if name, ok := b.nonEmpty("policy"); ok {
		e.Policy = name
		b.knownName("policy", name, sortedKeys(l.model.policies.named))
	}
	if b.has("until") {
		e.Until, e.UntilDay, _ = b.instantOrDay("until")
	}
	b.expectUpdate(e, hosts)
	return e
}

// expectUpdate checks that the test has the host and the update that are expected
// to be decided about.
func (b *block) expectUpdate(e Expectation, hosts []TestHost) {
	if e.Host == "" {
		return
	}
	var names []string
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	i := slices.Index(names, e.Host)
	if i < 0 {
		b.l.fail(b.place("host"), fmt.Sprintf("this test has no host %q", e.Host), "Add a host block to it."+suggest(e.Host, names))
		return
	}
	if e.Update == "" {
		return
	}
	var known, versions []string
	for _, u := range hosts[i].Updates {
		if u.Name == e.Update && (e.Version == "" || e.Version == u.To) {
			return
		}
		if u.Name == e.Update {
			versions = append(versions, u.To)
		}
		known = append(known, u.Name)
	}
	if len(versions) > 0 {
		b.l.fail(b.place("version"), fmt.Sprintf("host %q of this test has no version %q of %s", e.Host, e.Version, e.Update), "It has "+joinWords(versions)+".")
		return
	}
	b.l.fail(b.place("update"), fmt.Sprintf("host %q of this test has no update %q", e.Host, e.Update), "Add it to updates."+suggest(e.Update, known))
}

// knownName reports a name that nothing has.
func (b *block) knownName(what, name string, known []string) {
	if !slices.Contains(known, name) {
		b.l.fail(b.place(what), fmt.Sprintf("there is no %s %q", what, name), didYouMean(name, slices.Values(known)))
	}
}

func (l *loader) ruleNames() []string {
	var out []string
	for _, b := range l.model.baselines.order {
		for _, r := range b.value.Rules {
			out = append(out, r.Name)
		}
	}
	return out
}

// instant reads a time with its offset.
func (b *block) instant(name string) (time.Time, bool) {
	s, ok := b.text(name)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		b.l.fail(b.place(name), fmt.Sprintf("%q is no time", s), "Write it with its offset: \"2026-12-20T02:00:00+01:00\".")
		return time.Time{}, false
	}
	return t, true
}

// instantOrDay reads a time, or a day, which ends in patchwave's zone.
func (b *block) instantOrDay(name string) (t time.Time, isDay, ok bool) {
	s, ok := b.text(name)
	if !ok {
		return time.Time{}, false, false
	}
	return b.l.instantOrDay(s, b.place(name))
}

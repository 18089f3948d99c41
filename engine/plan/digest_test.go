package plan

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCanonical has the vectors of RFC 8785: the order of members by UTF-16 code
// units (3.2.3), strings (3.2.2.2), literals and white space (3.2.2.1, 3.2.1).
func TestCanonical(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"sorting (3.2.3)": {
			`{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}`,
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		"strings (3.2.2)":       {`{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/"}`, "{\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
		"the short escapes":     {`"\b\t\n\f\r\u0000\u001f\u007f"`, "\"\\b\\t\\n\\f\\r\\u0000\\u001f\u007f\""},
		"no escapes of HTML":    {`"\u003cb\u003e\u0026\u2028"`, "\"<b>&\u2028\""},
		"literals (3.2.2.1)":    {`{"literals": [null, true, false]}`, `{"literals":[null,true,false]}`},
		"white space (3.2.1)":   {" { \"b\" : [ 1 , 2 ] ,\n\t\"a\" : { } } ", `{"a":{},"b":[1,2]}`},
		"members at all depths": {`[{"b":[{"d":0,"c":-7}],"a":""}]`, `[{"a":"","b":[{"c":-7,"d":0}]}]`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := canonicalOf(t, tt.in); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func canonicalOf(t testing.TB, text string) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := canonicalJSON(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestCanonicalRefuses(t *testing.T) {
	for _, v := range []any{json.Number("1.5"), json.Number("1e3"), 1.5, []any{json.Number("x")}, map[string]any{"a": struct{}{}}} {
		if err := canonicalJSON(&bytes.Buffer{}, v); err == nil {
			t.Errorf("canonical(%v): no error", v)
		}
	}
}

// TestCanonicalIsStable: once more changes nothing, and the order in which
// members stood does not matter.
func TestCanonicalIsStable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		members := rapid.MapOfN(rapid.String(), rapid.String(), 0, 8).Draw(rt, "members")
		b, err := json.Marshal(members)
		if err != nil {
			rt.Fatal(err)
		}
		once := canonicalOf(t, string(b))
		if again := canonicalOf(t, once); again != once {
			rt.Fatalf("once %q, again %q", once, again)
		}
	})
}

// sample is a plan that a digest can be made of.
func sample() *Plan {
	until, before := noon().Add(24*time.Hour), noon().Add(time.Hour)
	return &Plan{Schema: Schema, ID: "p20261120-120000-0badcafe", Created: noon(), Expires: noon().Add(Lifetime), ConfigDigest: "sha256:cd",
		Waves: []Wave{{Policy: "web", Name: "canary", NotBefore: &before, Batches: []Batch{{Hosts: []Host{{Name: "web-01", Notes: []string{"the clock is 6m0s off"},
			Steps: []Step{{Step: StepUpdates, Updates: entries("labtool", "+new", "-old"), Reboot: true, Download: 4096,
				RestorePoint: &Point{Provider: "packages", Undoes: []string{"labtool 1"}, CannotUndo: []string{}}}},
			Skipped: []Skipped{{Name: "kernel", Arch: "amd64", To: "6", Decision: "deferred", Rule: "quiet", Reason: "old enough on some day", Until: &until}}}}}}}},
		Excluded: []Excluded{{Host: "web-02", Code: "unreachable", Reason: "no route to host"}}}
}

func digestOf(t testing.TB, p *Plan) string {
	t.Helper()
	return p.ComputeDigest()
}

// TestDigestIsWrittenDown: a digest in a change ticket of last year still fits.
func TestDigestIsWrittenDown(t *testing.T) {
	const want = "sha256:b1440f4f5f702187c5666aa596bb2b0d18befbe1d13b04249598304615e2539c"
	if got := digestOf(t, sample()); got != want {
		t.Errorf("the digest of the sample is %s, want %s", got, want)
	}
}

// TestDigestLeavesOut times, names of the plan and sentences.
func TestDigestLeavesOut(t *testing.T) {
	want := digestOf(t, sample())
	for name, change := range map[string]func(*Plan){
		"the schema":         func(p *Plan) { p.Schema = "x" },
		"the id":             func(p *Plan) { p.ID = "p2" },
		"the digest":         func(p *Plan) { p.Digest = "sha256:00" },
		"when it was made":   func(p *Plan) { p.Created = p.Created.Add(time.Hour) },
		"when it expires":    func(p *Plan) { p.Expires = time.Time{} },
		"when a wave begins": func(p *Plan) { p.Waves[0].NotBefore = nil },
		"until when":         func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Skipped[0].Until = nil },
		"reasons":            func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Skipped[0].Reason = "tomorrow" },
		"reasons of entries": func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Steps[0].Updates[0].Reason = "x" },
		"notes":              func(p *Plan) { p.Waves[0].Batches[0].Hosts[0].Notes = []string{"the clock is 6m1s off"} },
		"why a host is out":  func(p *Plan) { p.Excluded[0].Reason = "at 12:01" },
	} {
		p := sample()
		change(p)
		if got := digestOf(t, p); got != want {
			t.Errorf("%s: the digest is another", name)
		}
	}
}

// TestDigestCovers whatever would be done.
func TestDigestCovers(t *testing.T) {
	host := func(p *Plan) *Host { return &p.Waves[0].Batches[0].Hosts[0] }
	entry := func(p *Plan) *Entry { return &host(p).Steps[0].Updates[0] }
	seen := map[string]string{digestOf(t, sample()): "the sample"}
	for name, change := range map[string]func(*Plan){
		"a version":        func(p *Plan) { entry(p).To = "2.1" },
		"an old version":   func(p *Plan) { entry(p).From = "0.9" },
		"a name":           func(p *Plan) { entry(p).Name = "labtoolx" },
		"an architecture":  func(p *Plan) { entry(p).Arch = "i386" },
		"an action":        func(p *Plan) { entry(p).Action = "downgrade" },
		"a decision":       func(p *Plan) { entry(p).Decision = "dependency" },
		"a rule":           func(p *Plan) { entry(p).Rule = "other" },
		"one change less":  func(p *Plan) { host(p).Steps[0].Updates = host(p).Steps[0].Updates[1:] },
		"no reboot":        func(p *Plan) { host(p).Steps[0].Reboot = false },
		"no restore point": func(p *Plan) { host(p).Steps[0].RestorePoint = nil },
		"required":         func(p *Plan) { host(p).Steps[0].RestorePoint.Required = true },
		"cannot undo":      func(p *Plan) { host(p).Steps[0].RestorePoint.CannotUndo = []string{"x"} },
		"a host":           func(p *Plan) { host(p).Name = "web-03" },
		"a wave":           func(p *Plan) { p.Waves[0].Name = "rest" },
		"a policy":         func(p *Plan) { p.Waves[0].Policy = "db" },
		"a batch":          func(p *Plan) { p.Waves[0].Batches = append(p.Waves[0].Batches, Batch{}) },
		"the config":       func(p *Plan) { p.ConfigDigest = "sha256:ce" },
		"an exclusion":     func(p *Plan) { p.Excluded[0].Code = "auth" },
		"what is skipped":  func(p *Plan) { host(p).Skipped[0].Decision = "held" },
	} {
		p := sample()
		change(p)
		d := digestOf(t, p)
		if other, ok := seen[d]; ok {
			t.Errorf("%s: the digest is that of %s", name, other)
		}
		seen[d] = name
	}
}

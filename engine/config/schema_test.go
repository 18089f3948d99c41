package config_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"patchwave/engine/config"
	lang "patchwave/engine/config/language"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled is a schema that another program understood.
func compiled(t *testing.T, text []byte, err error) *jsonschema.Schema {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	out, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func schemas(t *testing.T) (configuration, tests *jsonschema.Schema) {
	t.Helper()
	a, err := config.Schema()
	configuration = compiled(t, a, err)
	b, err := config.TestSchema()
	return configuration, compiled(t, b, err)
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return doc
}

// configurations are the files of valid configurations, in JSON, by path.
func configurations(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, root := range []string{"testdata/valid", "testdata/warning", "testdata/tests/good", "../../examples"} {
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			switch hidden := strings.HasPrefix(e.Name(), "."); {
			case err == nil && e.IsDir() && hidden:
				return fs.SkipDir
			case err != nil || e.IsDir() || hidden:
				return err
			}
			text, err := os.ReadFile(path)
			switch {
			case err != nil:
				return err
			case path == "testdata/valid/tree/a.pwtest.hcl": // nobody reads it, and it is wrong
			case strings.HasSuffix(path, ".hcl.json"):
				out[path] = string(text)
			case strings.HasSuffix(path, ".hcl"):
				out[path] = config.ToJSON(t, string(text))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestSchemaTakesWhatLoads: the schemas allow every configuration that is valid.
func TestSchemaTakesWhatLoads(t *testing.T) {
	configuration, tests := schemas(t)
	all := configurations(t)
	if len(all) < 20 {
		t.Errorf("%d files only", len(all))
	}
	for path, text := range all {
		s := configuration
		if strings.Contains(path, ".pwtest.") {
			s = tests
		}
		if err := s.Validate(parsed(t, text)); err != nil {
			t.Errorf("%s: %v\n%s", path, err, text)
		}
	}
}

// examplesInJSON are the examples of the reference, by path.
func examplesInJSON(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, l := range []lang.Language{config.Language(), config.TestLanguage()} {
		l.Walk(func(path []string, b *lang.Block) {
			if b.See == "" {
				out[strings.Join(path, ".")] = config.ToJSON(t, b.Example)
			}
		})
	}
	return out
}

func isTest(path string) bool { return path == "test" || strings.HasPrefix(path, "test.") }

// TestExamplesInJSON: the examples, written in JSON, load and are allowed; with a
// slip in any name they are not.
func TestExamplesInJSON(t *testing.T) {
	configuration, tests := schemas(t)
	slips := 0
	for path, text := range examplesInJSON(t) {
		s := configuration
		if isTest(path) {
			s = tests
		} else {
			dir := privateDir(t)
			write(t, dir, "main.hcl.json", config.ToJSON(t, config.CompleteExample(nativeExample(t, path))))
			write(t, dir, "hosts.ini", "[old]\nlegacy-1\n")
			opt := options(dir)
			if _, ds := config.Load(opt); ds.HasErrors() {
				t.Errorf("%s in JSON: %v", path, ds.Err())
			}
		}
		doc := parsed(t, text)
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %v\n%s", path, err, text)
		}
		newSlipper(doc, func(name string, wrong any) {
			slips++
			if s.Validate(wrong) == nil {
				t.Errorf("%s: %s with a slip in it is allowed", path, name)
			}
		}).every(doc, 0)
	}
	if slips < 150 {
		t.Errorf("%d slips only", slips)
	}
}

func nativeExample(t *testing.T, path string) (out string) {
	t.Helper()
	config.Language().Walk(func(at []string, b *lang.Block) {
		if strings.Join(at, ".") == path {
			out = b.Example
		}
	})
	return out
}

// slipper misspells names in a document.
type slipper struct {
	root any
	// arguments are all names of the language, labels how many labels a block has.
	arguments map[string]bool
	labels    map[string]int
	visit     func(name string, root any)
}

func newSlipper(root any, visit func(name string, root any)) slipper {
	s := slipper{root: root, visit: visit, arguments: map[string]bool{}, labels: map[string]int{}}
	for _, l := range []lang.Language{config.Language(), config.TestLanguage()} {
		l.Walk(func(_ []string, b *lang.Block) {
			s.arguments[b.Name] = true
			s.labels[b.Name] = len(b.Labels)
			for _, a := range b.Arguments {
				s.arguments[a.Name] = true
			}
		})
	}
	return s
}

// every visits the document once for each name of an argument or of a block, which
// is misspelt in that one. Labels, and what people name themselves, are left alone.
func (s slipper) every(at any, labels int) {
	switch at := at.(type) {
	case []any:
		for _, e := range at {
			s.every(e, labels)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(at)) {
			value := at[key]
			switch {
			case labels > 0:
				s.every(value, labels-1)
				continue
			case slices.Contains([]string{"labels", "vars", "disk_free", "locals"}, key):
			default:
				s.every(value, s.labels[key])
			}
			if s.arguments[key] {
				delete(at, key)
				at[key+"x"] = value
				s.visit(key, s.root)
				delete(at, key+"x")
				at[key] = value
			}
		}
	}
}

// TestSchemaRefuses: what the program refuses for its form, the schema refuses.
func TestSchemaRefuses(t *testing.T) {
	configuration, tests := schemas(t)
	for _, test := range []struct {
		text string
		ok   bool
	}{
		{`{}`, true},
		{`{"//": "a comment"}`, true},
		{`{"hosts": {}}`, false},
		{`{"connection": {"c": {"type": "ssh"}}}`, true},
		{`{"connection": [{"c": {"type": "ssh"}}, {"d": [{"type": "local"}]}]}`, true},
		{`{"connection": {"c": {}}}`, false},
		{`{"connection": {"c": {"type": "telnet"}}}`, false},
		{`{"connection": {"c": {"type": "${var.type}"}}}`, true},
		{`{"connection": {"a name": {"type": "ssh"}}}`, false},
		{`{"connection": {"c": {"type": "ssh", "password": "hunter2"}}}`, false},
		{`{"connection": {"c": {"type": "ssh", "password": "${secret(\"cred:x\")}"}}}`, true},
		{`{"connection": {"c": {"type": "ssh", "port": 0}}}`, false},
		{`{"connection": {"c": {"type": "ssh", "port": "22"}}}`, true},
		{`{"connection": {"c": {"type": "ssh", "port": null}}}`, true},
		{`{"connection": {"c": {"type": "ssh", "timeouts": {"connect": 10}}}}`, false},
		{`{"connection": {"c": {"type": "ssh", "timeouts": {"connect": "10"}}}}`, false},
		{`{"connection": {"c": {"type": "ssh", "timeouts": {"connect": "1m30s"}}}}`, true},
		{`{"connection": {"c": {"type": "ssh", "timeouts": [{}, {}]}}}`, false},
		{`{"host": {"web-[01:50]": {"connection": "${connection.c}"}}}`, true},
		{`{"host": {"web-[a:b]": {}}}`, false},
		{`{"host": {"a": {"connection": "group.c"}}}`, false},
		{`{"host": {"a": {"connection": "connection[\"10.c\"]", "depends_on": ["host.b", "${host[\"c.d\"]}"]}}}`, true},
		{`{"host": {"a": {"hypervisor": {"type": "libvirt", "provider": "provider.p"}}}}`, false},
		{`{"host": {"a": {"hypervisor": {"kind": "libvirt"}}}}`, false},
		{`{"group": {"g": {"where": true}}}`, true},
		{`{"group": {"g": {"where": 5}}}`, false},
		{`{"group": {"g": {}}}`, false},
		{`{"source": {"csv": {"a": {"path": "a.csv"}}}}`, true},
		{`{"source": {"cvs": {"a": {"path": "a.csv"}}}}`, false},
		{`{"locals": [{"a": 1}, {"b": ["x"]}]}`, true},
		{`{"variable": {"_a-1": {"type": "list(string)", "default": ["x"]}}}`, true},
		{`{"variable": {"1a": {}}}`, false},
		{`{"window": {"w": {"duration": "4h"}}}`, false},
		{`{"window": {"w": {"duration": "4h", "schedule": "Tue 02:00", "rrule": "X"}}}`, false},
		{`{"waiver": {"w": {"hosts": "host.a", "updates": ["*"], "until": "31.3.2027", "owner": "me", "reason": "y"}}}`, false},
		{`{"baseline": {"b": {"approve": [{"a": {"severity": ["critical"]}}, {"b": {"packages": ["*"], "after": "3d"}}]}}}`, true},
		{`{"baseline": {"b": {"approve": {"a": {"severity": ["grave"]}}}}}`, false},
		{`{"baseline": {"b": {"approve": {"a": {"packages": []}}}}}`, false},
		{`{"baseline": {"b": {"hold": {"a": {"packages": ["*"], "after": "3d"}}}}}`, false},
		{`{"policy": {"p": {"hosts": "group.g", "baseline": "baseline.b", "rollout": {"max_failures": "101%"}}}}`, false},
		{`{"policy": {"p": {"hosts": ["group.g"], "baseline": "baseline.b", "after": "policy.q", "rollout": {"max_failures": "5%"}}}}`, true},
		{`{"policy": {"p": {"hosts": [], "baseline": "baseline.b"}}}`, false},
		{`{"patchwave": {"required_version": "${var.x}"}}`, false},
		{`{"preparation": {"p": {"require": {"disk_free": {"/": "2G"}}}}}`, false},
		{`[]`, false},
	} {
		if err := configuration.Validate(parsed(t, test.text)); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.text, err)
		}
	}
	for text, ok := range map[string]bool{
		`{"test": {"it holds": {"now": "2026-12-20T02:00:00+01:00", "expect": [{"host": "a", "update": "b", "decision": "held"}, {"host": "a", "update": "c", "decision": "pinned"}]}}}`: true,
		`{"test": {"it holds": {"now": "2026-12-20", "expect": {"host": "a", "update": "b", "decision": "held"}}}}`:                                                                      false,
		`{"test": {"it holds": {"now": "2026-12-20T02:00:00Z", "expect": {"host": "a", "update": "b", "decision": "hold"}}}}`:                                                            false,
		`{"host": {}}`: false,
	} {
		if err := tests.Validate(parsed(t, text)); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestSchemaSaysItsOwn: defaults and examples are allowed by the schema they stand
// in.
func TestSchemaSaysItsOwn(t *testing.T) {
	for _, write := range []func() ([]byte, error){config.Schema, config.TestSchema} {
		text, err := write()
		if err != nil {
			t.Fatal(err)
		}
		root, ok := parsed(t, string(text)).(map[string]any)
		if !ok {
			t.Fatal("the schema is no object")
		}
		seen, part := 0, partsOf(t, root)
		walkSchemas(root, "#", func(at string, s map[string]any) {
			values, _ := s["examples"].([]any)
			if d, ok := s["default"]; ok {
				values = append(values, d)
			}
			for _, v := range values {
				seen++
				if err := part(at).Validate(v); err != nil {
					t.Errorf("%s: %v: %v", at, v, err)
				}
			}
		})
		if seen < 20 {
			t.Errorf("%d values only", seen)
		}
	}
}

// TestPatterns: every pattern is one that all programs read alike: ASCII, no
// classes of Unicode, no flags.
func TestPatterns(t *testing.T) {
	text, err := config.Schema()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`"pattern": ("(?:[^"\\\\]|\\\\.)*")`).FindAllSubmatch(text, -1)
	for _, m := range found {
		pattern, err := strconv.Unquote(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := regexp.Compile(pattern); err != nil || strings.Contains(pattern, `\p`) || strings.Contains(pattern, "(?") {
			t.Errorf("the pattern %s: %v", pattern, err)
		}
	}
	if len(found) < 20 {
		t.Errorf("%d patterns only", len(found))
	}
}

// walkSchemas visits every schema that says something about an argument.
func walkSchemas(v any, at string, visit func(at string, s map[string]any)) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			walkSchemas(e, fmt.Sprintf("%s/%d", at, i), visit)
		}
	case map[string]any:
		if _, ok := v["examples"].([]any); ok {
			visit(at, v)
		}
		for key, e := range v {
			walkSchemas(e, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), visit)
		}
	}
}

// partsOf returns the schemas in a schema.
func partsOf(t *testing.T, root any) func(pointer string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", root); err != nil {
		t.Fatal(err)
	}
	return func(pointer string) *jsonschema.Schema {
		s, err := c.Compile("schema.json" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

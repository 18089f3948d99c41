package language_test

import (
	"bytes"
	"strings"
	"testing"

	"patchwave/engine/config/language"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

func compile(tb rapid.TB, l language.Language) *jsonschema.Schema {
	tb.Helper()
	text, err := l.JSONSchema()
	if err != nil {
		tb.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("toy.json", doc); err != nil {
		tb.Fatal(err)
	}
	s, err := c.Compile("toy.json")
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return s
}

func TestSchema(t *testing.T) {
	s := compile(t, toy())
	for text, ok := range map[string]bool{
		`{}`:                                  true,
		`{"car": {"a": {"colour": "red"}}}`:   true,
		`{"car": {"a": {"colour": "green"}}}`: false,
		`{"car": {"a": {}}}`:                  false,
		`{"car": {"a": [{"colour": "red"}]}}`: true,
		`{"car": {"a": [{"colour": "red"}, {"colour": "red"}]}}`:                             false,
		`{"car": [{"a": {"colour": "red"}}, {"b": {"colour": "red"}}]}`:                      true,
		`{"car": {"a": {"colour": "red", "engine": [{}, {}]}}}`:                              false,
		`{"car": {"a": {"colour": "red", "engine": {}}}}`:                                    true,
		`{"car": {"a": {"colour": "red", "wheel": {"left": {}, "right": {"size": "1KB"}}}}}`: true,
		`{"car": {"a": {"colour": "red", "wheel": {"LEFT": {}}}}}`:                           false,
		`{"car": {"a": {"colour": "red", "wheel": {"left": {"size": "1K"}}}}}`:               false,
		`{"car": {"a": {"colour": "red", "wheel": {"left": {"size": "${var.s}"}}}}}`:         true,
		`{"car": {"a": {"colour": "red", "a": "x"}}}`:                                        true,
		`{"car": {"a": {"colour": "red", "a": "x", "b": "y"}}}`:                              false,
		`{"car": {"a": {"colour": "red", "owner": "person.x"}}}`:                             true,
		`{"car": {"a": {"colour": "red", "owner": "x"}}}`:                                    false,
		`{"car": {"a": {"colour": "red", "owner": null}}}`:                                   false,
		`{"car": {"a": {"colour": "red", "wait": null}}}`:                                    true,
		`{"car": {"a": {"colour": null}}}`:                                                   false,
		`{"car": {"a": {"colour": "red", "parts": [{"id": 3}]}}}`:                            true,
		`{"car": {"a": {"colour": "red", "parts": [{"id": 10}]}}}`:                           false,
		`{"car": {"a": {"colour": "red", "parts": [{"di": 3}]}}}`:                            false,
		`{"car": {"a": {"colour": "red", "parts": []}}}`:                                     false,
		`{"notes": {"any": ["thing"]}}`:                                                      true,
		`{"notes": [{"a": 1}, {"b": 2}]}`:                                                    true,
		`{"source": {"csv": {"a": {}}}}`:                                                     true,
		`{"source": {"csv": [{"a": {}}, {"b": [{}]}]}}`:                                      true,
		`{"source": {"xml": {"a": {}}}}`:                                                     false,
		`{"source": {"csv": {}}}`:                                                            true,
		`{"cars": {}}`:                                                                       false,
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestSchemaIsStable: the same language gives the same text, and an editor finds
// in it what it shows.
func TestSchemaIsStable(t *testing.T) {
	one, err := toy().JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	two, err := toy().JSONSchema()
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("it differs: %v", err)
	}
	for _, want := range []string{
		`"$schema": "https://json-schema.org/draft/2020-12/schema"`, `"$id": "https://example.invalid/toy"`,
		`"description": "Its colour. Not yet carried out: red."`, `"description": "Whose it is. Default: nobody's."`,
		`"default": "90m"`, `"header": "source \"TYPE\" \"NAME\""`, `"description": "An engine. Not yet carried out: it does not run."`,
	} {
		if !strings.Contains(string(one), want) {
			t.Errorf("%s is not in it:\n%s", want, one)
		}
	}
}

// types generates types.
func types() *rapid.Generator[language.Type] {
	simple := rapid.SampledFrom([]language.Type{
		language.Text(), language.Plain(), language.Scalar(), language.Flag(), language.Number(2, 9), language.Duration(), language.Size(),
		language.Amount(0), language.Date(), language.Instant(), language.Day(), language.Zone(), language.Word([]string{"a", "b"}),
		language.Ref("host"), language.Condition(), language.Secret(), language.TypeName(), language.Any(),
	})
	return rapid.Custom(func(t *rapid.T) language.Type {
		of := simple.Draw(t, "of")
		switch rapid.IntRange(0, 5).Draw(t, "form") {
		case 0:
			return language.List(of)
		case 1:
			return language.ListOrNone(of).OrOne()
		case 2:
			return language.Map(of)
		case 3:
			return language.Object(language.Arg("x", of, "X."), language.Arg("y", language.Text(), "Y.")).With(language.AtMostOne("x", "y"))
		case 4:
			return language.Either(of, simple.Draw(t, "or"))
		default:
			return of
		}
	})
}

// TestExampleFits: an argument of any type allows its own example, and something
// is said about it.
func TestExampleFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := language.Arg("x", types().Draw(t, "type"), "X.")
		a.Required = rapid.Bool().Draw(t, "required")
		s := compile(t, language.Language{ID: "https://example.invalid/x", Blocks: []*language.Block{{Name: "b", Arguments: []language.Argument{a}}}})
		if err := s.Validate(map[string]any{"b": map[string]any{"x": a.Example}}); err != nil {
			t.Fatalf("%v: %v", a.Example, err)
		}
		if err := s.Validate(map[string]any{"b": map[string]any{"y": a.Example}}); err == nil {
			t.Fatal("another name is allowed")
		}
		if a.Type.Text() == "" || language.Native(a.Type, a.Example) == "" {
			t.Fatal("nothing is said")
		}
	})
}

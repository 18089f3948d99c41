package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config/language"
	"patchwave/inventory"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// TestExamplesLoad: every example of the reference loads, and has the block it is
// an example of.
func TestExamplesLoad(t *testing.T) {
	everyBlock(func(path []string, b *language.Block) {
		t.Run(join(path), func(t *testing.T) {
			if err := readExample(t, b.Example).diags.Err(); err != nil {
				t.Errorf("%v\n%s", err, CompleteExample(b.Example))
			}
			rewrite(t, b.Example, path, func(*hclwrite.Body) {})
			formatted, _ := Format([]byte(b.Example), "example.hcl")
			if got := strings.TrimSpace(string(formatted)); got != b.Example {
				t.Errorf("the example is not in the canonical form:\n%s", Diff("example", []byte(b.Example), []byte(got)))
			}
		})
	})
}

// TestDescriptionIsWhatIsDecoded: the shapes with which the decoders opened the
// blocks of the examples are the described ones, and none is missing.
func TestDescriptionIsWhatIsDecoded(t *testing.T) {
	described, decoded := map[string]bool{}, map[string]bool{}
	everyBlock(func(path []string, b *language.Block) {
		if b.Free == nil {
			described[signature(b)] = true
		}
		for key, s := range readExample(t, b.Example).schemas {
			kind, _, _ := strings.Cut(key, "\x00")
			decoded[signatureOf(kind, s)] = true
		}
	})
	if diff := cmp.Diff(sortedKeys(decoded), sortedKeys(described)); diff != "" {
		t.Errorf("decoded (-) and described (+) blocks differ:\n%s", diff)
	}
	var top []string
	for _, b := range Language().Blocks {
		top = append(top, fmt.Sprint(b.Name, len(b.Labels)))
	}
	var types []string
	for _, bt := range blockTypes() {
		types = append(types, fmt.Sprint(bt.kind, len(bt.labels)))
	}
	slices.Sort(top)
	slices.Sort(types)
	if diff := cmp.Diff(types, top); diff != "" {
		t.Errorf("block types (-) and described ones (+) differ:\n%s", diff)
	}
}

// signature has all names of a block.
func signature(b *language.Block) string {
	s := &hcl.BodySchema{}
	for _, a := range b.Arguments {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: a.Name})
	}
	for _, inner := range b.Blocks {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: inner.Name, LabelNames: make([]string, len(inner.Labels))})
	}
	return signatureOf(b.Name, s)
}

func signatureOf(kind string, s *hcl.BodySchema) string {
	var names []string
	for _, a := range s.Attributes {
		names = append(names, a.Name)
	}
	for _, b := range s.Blocks {
		names = append(names, fmt.Sprintf("%s(%d)", b.Type, len(b.LabelNames)))
	}
	slices.Sort(names)
	return kind + ": " + strings.Join(names, " ")
}

// TestSignatureSees: the comparison of shapes is one that can fail.
func TestSignatureSees(t *testing.T) {
	whole := describeSite()
	less := *whole
	less.Arguments = whole.Arguments[1:]
	named := *whole
	named.Blocks = []*language.Block{{Name: "x"}}
	if signature(whole) == signature(&less) || signature(whole) == signature(&named) {
		t.Error("a block without an argument has the signature of one with it")
	}
}

const winrmExample = `connection "windows" {
  type     = "winrm"
  user     = "patch"
  password = secret("cred:winrm")
}`

// fitting are examples for arguments that make no sense in that of their block.
func fitting(path string) string {
	return map[string]string{
		"connection.https":          winrmExample,
		"connection.auth":           winrmExample,
		"window.attended":           "window \"tuesday-night\" {\n  schedule = \"Tue 02:00\"\n  duration = \"4h\"\n}",
		"preparation.run.on":        "preparation \"standard\" {\n  run \"a\" {\n    command = [\"true\"]\n  }\n}",
		"policy.rollout.wave.batch": policyWith("  rollout {\n    wave \"rest\" {\n    }\n  }"),
	}[path]
}

// everyArgument calls visit for each argument with an example for it.
func everyArgument(visit func(path []string, a language.Argument, example string)) {
	everyBlock(func(path []string, b *language.Block) {
		for _, a := range b.Arguments {
			example := b.Example
			if other := fitting(join(path) + "." + a.Name); other != "" {
				example = other
			}
			visit(path, a, example)
		}
	})
}

// TestDefaultsAreTrue: to write the default of an argument changes nothing.
func TestDefaultsAreTrue(t *testing.T) {
	seen := 0
	everyArgument(func(path []string, a language.Argument, example string) {
		if a.Default == nil {
			return
		}
		seen++
		t.Run(join(path)+"."+a.Name, func(t *testing.T) {
			without := readExample(t, rewrite(t, example, path, func(b *hclwrite.Body) { b.RemoveAttribute(a.Name) }))
			with := readExample(t, rewrite(t, example, path, set(a.Name, language.Native(a.Type, a.Default))))
			for _, r := range []read{with, without} {
				if err := r.diags.Err(); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(without.model, with.model, meaning()...) + cmp.Diff(without.tests, with.tests, meaning()...); diff != "" {
				t.Errorf("without (-) and with (+) the default:\n%s", diff)
			}
		})
	})
	if seen < 30 {
		t.Errorf("%d defaults only", seen)
	}
}

// TestOtherValuesAreSeen: the comparison of TestDefaultsAreTrue is one that can
// fail.
func TestOtherValuesAreSeen(t *testing.T) {
	for value, same := range map[string]bool{`"20m"`: true, `"21m"`: false} {
		b := describeReboot()
		path := []string{"policy", "reboot"}
		one := readExample(t, rewrite(t, b.Example, path, func(b *hclwrite.Body) { b.RemoveAttribute("timeout") }))
		other := readExample(t, rewrite(t, b.Example, path, set("timeout", value)))
		if cmp.Equal(one.model, other.model, meaning()...) != same {
			t.Errorf("timeout = %s: equal is %v", value, !same)
		}
	}
}

// meaning compares models by what they say, not by where it stands.
func meaning() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.IgnoreTypes(hcl.Range{}, inventory.Position{}, &condition{}),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b *regexp.Regexp) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
		cmp.FilterPath(func(p cmp.Path) bool { return p.Last().Type() != nil && p.Last().Type().Kind() == reflect.Func }, cmp.Ignore()),
	}
}

// TestRequired: without an argument that is described as required, a block is
// refused.
func TestRequired(t *testing.T) {
	everyArgument(func(path []string, a language.Argument, example string) {
		if !a.Required {
			return
		}
		text := rewrite(t, example, path, func(b *hclwrite.Body) { b.RemoveAttribute(a.Name) })
		if want := fmt.Sprintf("missing argument %q", a.Name); !reported(readExample(t, text).diags, want) {
			t.Errorf("%s without %s: %q is not reported", join(path), a.Name, want)
		}
	})
}

// reported says that a diagnostic has a text in it.
func reported(ds Diagnostics, text string) bool {
	return slices.ContainsFunc(ds, func(d Diagnostic) bool { return strings.Contains(d.Summary+"; "+d.Detail, text) })
}

// TestBounds: for another word, or a number out of bounds, the program names the
// very words and bounds of the description.
func TestBounds(t *testing.T) {
	words, numbers := 0, 0
	everyArgument(func(path []string, a language.Argument, example string) {
		var wrong, want string
		switch typ := a.Type; {
		case typ.Kind == language.KindWord:
			words++
			wrong, want = `"zzz"`, "one of "+joinWords(typ.Words)+"."
		case typ.Kind == language.KindList && typ.Of.Kind == language.KindWord:
			words++
			wrong, want = `["zzz"]`, "one of "+joinWords(typ.Of.Words)+"."
		case typ.Kind == language.KindNumber:
			numbers++
			wrong, want = "-1", fmt.Sprintf("from %d to %d;", typ.Low, typ.High)
		case typ.Kind == language.KindAmount:
			wrong, want = "-1", fmt.Sprintf("at least %d;", typ.Low)
		default:
			return
		}
		if ds := readExample(t, rewrite(t, example, path, set(a.Name, wrong))).diags; !reported(ds, want) {
			t.Errorf("%s.%s = %s: %q is not reported: %v", join(path), a.Name, wrong, want, ds)
		}
	})
	if words < 15 || numbers < 10 {
		t.Errorf("%d closed lists and %d numbers only", words, numbers)
	}
}

// TestParts: the parts of objects are those that the decoders know.
func TestParts(t *testing.T) {
	everyArgument(func(path []string, a language.Argument, example string) {
		parts, wrong := a.Type.Parts, "{ zzz = 1 }"
		if of := a.Type.Of; of != nil && of.Kind == language.KindObject {
			parts, wrong = of.Parts, "[{ zzz = 1 }]"
		}
		if len(parts) == 0 {
			return
		}
		var names []string
		for _, p := range parts {
			names = append(names, p.Name)
		}
		for _, d := range readExample(t, rewrite(t, example, path, set(a.Name, wrong))).diags {
			if _, list, found := strings.Cut(d.Detail, "It has "); found {
				list, _, _ = strings.Cut(list, ".")
				known := strings.Split(list, ", ")
				slices.Sort(known)
				slices.Sort(names)
				if diff := cmp.Diff(known, names); diff != "" {
					t.Errorf("%s.%s: known (-) and described (+) parts differ:\n%s", join(path), a.Name, diff)
				}
				return
			}
		}
		t.Errorf("%s.%s: a part of another name is not refused", join(path), a.Name)
	})
}

// TestEverythingIsSaid: each block and argument has a text that ends in a full
// stop.
func TestEverythingIsSaid(t *testing.T) {
	everyBlock(func(path []string, b *language.Block) {
		for _, note := range append([]string{b.Doc}, b.Notes...) {
			if !strings.HasSuffix(note, ".") {
				t.Errorf("%s: %q is no sentence", join(path), note)
			}
		}
		for _, a := range b.Arguments {
			if !strings.HasSuffix(a.Doc, ".") || a.Example == nil {
				t.Errorf("%s.%s: %q is no sentence, or there is no example", join(path), a.Name, a.Doc)
			}
		}
		if len(path) == 1 && b.Group == "" {
			t.Errorf("%s has no group", b.Name)
		}
	})
}

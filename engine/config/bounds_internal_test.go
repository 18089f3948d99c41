package config

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluate runs an expression with the functions of conditions.
func evaluate(t *testing.T, expr string, variables map[string]cty.Value) (cty.Value, hcl.Diagnostics) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(expr), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	l := newLoader(Options{Dir: t.TempDir()})
	return e.Value(&hcl.EvalContext{Functions: l.functions.pure(), Variables: variables})
}

// A bounded function is still the function it bounds.
func TestBoundedFunctions(t *testing.T) {
	for expr, want := range map[string]string{
		`format("%08.3f|%-5s|%5d%%", 1.5, "a", 7)`:                   "0001.500|a    |    7%",
		`join("/", formatlist("%s-%d", ["a", "b"], 3))`:              "a-3/b-3",
		`join("-", ["a"], ["b", "c"])`:                               "a-b-c",
		`join(",", [])`:                                              "",
		`replace("a.b.c", ".", "-")`:                                 "a-b-c",
		`replace("ab", "", "-")`:                                     "-a-b-",
		`indent(2, "a\nb")`:                                          "a\n  b",
		`"${pow(2, 16)}/${pow(0, 100000000)}/${pow(10, -2)}"`:        "65536/0/0.01",
		`tostring(length(setproduct(["a", "b"], ["c"], [1, 2, 3])))`: "6",
		`tostring(length(setproduct(["a"], [])))`:                    "0",
	} {
		v, diags := evaluate(t, expr, nil)
		if diags.HasErrors() || v.AsString() != want {
			t.Errorf("%s is %#v, want %q: %v", expr, v, want, diags)
		}
	}
}

// What is not known, null or marked is no reason to refuse, and loses nothing.
func TestBoundedFunctionsAtLoad(t *testing.T) {
	variables := map[string]cty.Value{
		"unknown": cty.UnknownVal(cty.String), "hidden": cty.StringVal("x").Mark("secret"), "none": cty.NullVal(cty.String),
	}
	v, diags := evaluate(t, `format("%s-%s", "a", unknown)`, variables)
	if diags.HasErrors() || v.IsKnown() {
		t.Errorf("an unknown argument gives %#v: %v", v, diags)
	}
	v, diags = evaluate(t, `join("-", [hidden, "a"])`, variables)
	if diags.HasErrors() || !v.IsMarked() {
		t.Errorf("a marked argument gives %#v: %v", v, diags)
	}
	if _, diags = evaluate(t, `replace(none, "a", "b")`, variables); !diags.HasErrors() {
		t.Error("null was accepted")
	}
	if _, diags = evaluate(t, `format(5)`, nil); diags.HasErrors() {
		t.Errorf("a number as a format: %v", diags)
	}
	if _, diags = evaluate(t, `setproduct("a", "b")`, nil); !diags.HasErrors() || strings.Contains(diags.Error(), "combinations") {
		t.Errorf("setproduct of strings: %v", diags)
	}
}

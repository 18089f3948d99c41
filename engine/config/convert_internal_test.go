package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// ToJSON turns native syntax into the JSON form of HCL.
func ToJSON(tb testing.TB, native string) string {
	tb.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(native), "native.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		tb.Fatal(diags)
	}
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		tb.Fatalf("%T is no body", f.Body)
	}
	out, err := json.MarshalIndent(converter{native}.body(body), "", "  ")
	if err != nil {
		tb.Fatal(err)
	}
	return string(out)
}

type converter struct{ src string }

func (c converter) body(b *hclsyntax.Body) map[string]any {
	out := map[string]any{}
	for name, a := range b.Attributes {
		out[name] = c.value(name, a.Expr)
	}
	for _, inner := range b.Blocks {
		var v any = c.body(inner.Body)
		for i := len(inner.Labels) - 1; i >= 0; i-- {
			v = map[string]any{inner.Labels[i]: v}
		}
		list, _ := out[inner.Type].([]any)
		out[inner.Type] = append(list, v)
	}
	// one block stands alone, as people write it
	for _, inner := range b.Blocks {
		if list, ok := out[inner.Type].([]any); ok && len(list) == 1 {
			out[inner.Type] = list[0]
		}
	}
	return out
}

func (c converter) value(name string, expr hclsyntax.Expression) any {
	text := string(expr.Range().SliceBytes([]byte(c.src)))
	switch e := expr.(type) {
	case *hclsyntax.TupleConsExpr:
		out := []any{}
		for _, item := range e.Exprs {
			out = append(out, c.value(name, item))
		}
		return out
	case *hclsyntax.ObjectConsExpr:
		out := map[string]any{}
		for _, item := range e.Items {
			key, diags := item.KeyExpr.Value(nil)
			if diags.HasErrors() {
				return "${" + text + "}"
			}
			out[key.AsString()] = c.value("", item.ValueExpr)
		}
		return out
	case *hclsyntax.ScopeTraversalExpr:
		if name == "type" || name == "connection" {
			return text // both forms of a reference occur
		}
	case *hclsyntax.FunctionCallExpr:
		if name == "type" {
			return text
		}
	case *hclsyntax.TemplateExpr:
		if strings.HasPrefix(text, `"`) && !e.IsStringLiteral() {
			var s string
			if json.Unmarshal([]byte(strings.ReplaceAll(text, `\"`, `"`)), &s) == nil {
				return s
			}
			return strings.TrimSuffix(strings.TrimPrefix(text, `"`), `"`)
		}
	}
	if v, diags := expr.Value(nil); !diags.HasErrors() && !v.IsNull() {
		switch v.Type() {
		case cty.String:
			return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v.AsString())
		case cty.Bool:
			return v.True()
		case cty.Number:
			f, _ := v.AsBigFloat().Float64()
			return f
		}
	}
	if name == "where" {
		return text
	}
	return "${" + text + "}"
}

package language_test

import (
	"strings"
	"testing"

	"patchwave/engine/config/language"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"
)

func TestNative(t *testing.T) {
	host := language.Ref("host")
	for _, test := range []struct {
		typ   language.Type
		value any
		want  string
	}{
		{language.Text(), "a", `"a"`},
		{language.Text(), `CORP\a "b"`, `"CORP\\a \"b\""`},
		{language.Text(), "host=${host.name}", `"host=${host.name}"`},
		{language.Text(), "${each.name}", `each.name`},
		{language.Text(), "${a}${b}", `"${a}${b}"`},
		{language.Secret(), `${secret("cred:x")}`, `secret("cred:x")`},
		{host, "host.a", "host.a"},
		{language.List(host), []any{"host.a", "host.b"}, "[host.a, host.b]"},
		{language.List(host).OrOne(), "host.a", "host.a"},
		{language.Either(language.Ref("provider"), language.Text()), "provider.p", "provider.p"},
		{language.Either(language.Ref("provider"), language.Text()), "lvm", `"lvm"`},
		{language.Either(language.Text(), language.List(language.Text())), []any{"a.b"}, `["a.b"]`},
		{language.Number(0, 9), 5, "5"},
		{language.Flag(), false, "false"},
		{language.TypeName(), "list(string)", "list(string)"},
		{language.Map(language.Size()), map[string]any{"/": "2GiB", "a": "1KB"}, `{ "/" = "2GiB", a = "1KB" }`},
		{language.Object(language.Arg("h", host, "H.")), map[string]any{"h": "host.a"}, `{ h = host.a }`},
	} {
		if got := language.Native(test.typ, test.value); got != test.want {
			t.Errorf("%v is written %s, not %s", test.value, got, test.want)
		}
	}
}

// TestNativeIsRead: what Native writes, HCL reads as the value that it was.
func TestNativeIsRead(t *testing.T) {
	text := rapid.String().Filter(func(s string) bool { return !strings.ContainsAny(s, "$%") })
	scalar := rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.IntRange(-1000, 1000), func(n int) any { return n }))
	value := rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(scalar, 0, 4), func(l []any) any { return l }),
		rapid.Map(rapid.MapOfN(text, scalar, 0, 4), func(m map[string]any) any { return m }))
	rapid.Check(t, func(t *rapid.T) {
		v := value.Draw(t, "value")
		written := language.Native(language.Any(), v)
		expr, diags := hclsyntax.ParseExpression([]byte(written), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", written, diags)
		}
		got, diags := expr.Value(nil)
		if diags.HasErrors() {
			t.Fatalf("%s: %v", written, diags)
		}
		if diff := cmp.Diff(normal(v), back(got)); diff != "" {
			t.Fatalf("%s:\n%s", written, diff)
		}
	})
}

// normal is a value with the form that HCL gives its strings (NFC).
func normal(v any) any {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v).AsString()
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, normal(e))
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			out[cty.StringVal(k).AsString()] = normal(e)
		}
		return out
	default:
		return v
	}
}

func back(v cty.Value) any {
	switch {
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type() == cty.Bool:
		return v.True()
	case v.Type() == cty.Number:
		n, _ := v.AsBigFloat().Int64()
		return int(n)
	case v.Type().IsObjectType():
		out := map[string]any{}
		for k, e := range v.AsValueMap() {
			out[k] = back(e)
		}
		return out
	default:
		out := []any{}
		for _, e := range v.AsValueSlice() {
			out = append(out, back(e))
		}
		return out
	}
}

package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// explainEval reports why an expression has no value. A name that is not known
// is explained in terms of the language; the rest are the library's words.
func (l *loader) explainEval(expr hcl.Expression, ctx *hcl.EvalContext, diags hcl.Diagnostics) {
	explained := false
	for _, t := range expr.Variables() {
		explained = l.explainName(t, ctx) || explained
	}
	if explained {
		return
	}
	for _, d := range diags {
		if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok && call.FunctionCallError() != nil {
			l.explainCall(d, call)
			continue
		}
		if unknown, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](d); ok && d.Subject != nil {
			name := unknown.CalledFunctionName()
			l.fail(*d.Subject, fmt.Sprintf("there is no function %q", name), didYouMean(name, functionNames(ctx)))
			continue
		}
		l.adopt(hcl.Diagnostics{d})
	}
}

// explainCall reports a function that refused its arguments.
func (l *loader) explainCall(d *hcl.Diagnostic, call hclsyntax.FunctionCallDiagExtra) {
	var at hcl.Range
	if d.Subject != nil {
		at = *d.Subject
	}
	name, err := call.CalledFunctionName(), call.FunctionCallError()
	if name == "secret" {
		summary, detail := secretMistake(err)
		l.failSecret(at, summary, detail)
		return
	}
	l.fail(at, name+"() failed", sentence(err))
}

// explainName reports a name that an expression uses and that does not exist. It
// returns whether the name is at fault.
func (l *loader) explainName(t hcl.Traversal, ctx *hcl.EvalContext) bool {
	root := t.RootName()
	at := t.SourceRange()
	switch scope, known := lookup(ctx, root); {
	case known:
		return l.explainMember(root, t, scope)
	case root == "each":
		l.fail(at, "each is known only inside a host with a range", "Give the host a name such as \"web-[01:50]\".")
	case root == "host" || root == "update":
		l.fail(at, root+" is not known here", "It is known in where, and host in commands and URLs too. Elsewhere a value is the same for every host; use var, local, or each inside a range.")
	case slices.Contains(blockKinds(), root):
		l.fail(at, fmt.Sprintf("a reference to a %s has no value", root), "References stand only in arguments made for them.")
	default:
		l.fail(at, fmt.Sprintf("there is nothing called %q here", root), sentences(didYouMean(root, slices.Values([]string{"var", "local", "each"})),
			"Text stands in quotes; variables are var.NAME, locals are local.NAME."))
	}
	return true
}

// explainMember reports var.x, local.x or each.x where there is no x, unless
// it is declared: why it has no value was reported there.
func (l *loader) explainMember(root string, t hcl.Traversal, scope cty.Value) bool {
	if len(t) < 2 || !scope.Type().IsObjectType() {
		return false
	}
	step, ok := t[1].(hcl.TraverseAttr)
	if !ok || scope.Type().HasAttribute(step.Name) {
		return false
	}
	if l.model.undefined[root+"."+step.Name] {
		return true
	}
	known := maps.Keys(scope.Type().AttributeTypes())
	if root == "local" {
		known = l.locals.names() // only those that are used are in scope
	}
	if root == "each" {
		names := sortedKeys(scope.Type().AttributeTypes())
		l.fail(t.SourceRange(), fmt.Sprintf("each has no attribute %q", step.Name), "It has "+joinWords(names)+"."+suggest(step.Name, names))
		return true
	}
	word := map[string]string{"var": "variable", "local": "local"}[root]
	l.fail(t.SourceRange(), fmt.Sprintf("there is no %s %q", word, step.Name), didYouMean(step.Name, known))
	return true
}

func lookup(ctx *hcl.EvalContext, name string) (cty.Value, bool) {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[name]; ok {
			return v, true
		}
	}
	return cty.NilVal, false
}

func functionNames(ctx *hcl.EvalContext) iter.Seq[string] {
	return func(yield func(string) bool) {
		for ; ctx != nil; ctx = ctx.Parent() {
			for name := range ctx.Functions {
				if !yield(name) {
					return
				}
			}
		}
	}
}

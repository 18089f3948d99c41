package config

import (
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Most conditions compare a label with a word, for every host of a large fleet.
// Those that consist only of such comparisons, joined by && || ! and brackets,
// run without the evaluator. Nothing in them can be null or fail: comparing null
// with a word is false (or true, for !=), so that the meaning is the same.

type predicate func(*policies.Subject) bool

// compileFast returns nil if an expression is anything else. It must see the
// expression before names in it are replaced.
func compileFast(expr hclsyntax.Expression, in scope) func(*policies.Subject) bool {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return compileFast(e.Expression, in)
	case *hclsyntax.UnaryOpExpr:
		inner := compileFast(e.Val, in)
		if inner == nil || e.Op != hclsyntax.OpLogicalNot {
			return nil
		}
		return func(s *policies.Subject) bool { return !inner(s) }
	case *hclsyntax.BinaryOpExpr:
		return fastBinary(e, in)
	default:
		return nil
	}
}

func fastBinary(e *hclsyntax.BinaryOpExpr, in scope) predicate {
	switch e.Op {
	case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
		left, right := compileFast(e.LHS, in), compileFast(e.RHS, in)
		if left == nil || right == nil {
			return nil
		}
		if e.Op == hclsyntax.OpLogicalAnd {
			return func(s *policies.Subject) bool { return left(s) && right(s) }
		}
		return func(s *policies.Subject) bool { return left(s) || right(s) }
	case hclsyntax.OpEqual, hclsyntax.OpNotEqual:
		get, word, ok := comparison(e.LHS, e.RHS)
		if !ok {
			get, word, ok = comparison(e.RHS, e.LHS)
		}
		if !ok {
			return nil
		}
		wanted := e.Op == hclsyntax.OpEqual
		return func(s *policies.Subject) bool {
			got, present := get(s)
			return (present && got == word) == wanted
		}
	default:
		return nil
	}
}

// comparison recognises an attribute that is a string on one side and a literal
// word on the other.
func comparison(a, b hclsyntax.Expression) (get func(*policies.Subject) (string, bool), word string, ok bool) {
	t, isName := a.(*hclsyntax.ScopeTraversalExpr)
	template, isText := b.(*hclsyntax.TemplateExpr)
	if !isName || !isText || !template.IsStringLiteral() {
		return nil, "", false
	}
	v, diags := template.Value(nil)
	if diags.HasErrors() || v.Type() != cty.String {
		return nil, "", false
	}
	get, ok = fastText(t.Traversal)
	return get, v.AsString(), ok
}

func fastText(t hcl.Traversal) (func(*policies.Subject) (string, bool), bool) {
	if len(t) < 2 {
		return nil, false
	}
	name, _ := stepText(t[1])
	if t.RootName() == "host" && name == "labels" && len(t) == 3 {
		key, ok := stepText(t[2])
		return func(s *policies.Subject) (string, bool) {
			v, present := s.Host.Labels[key]
			return v, present
		}, ok
	}
	known := hostAttributes()
	if t.RootName() == "update" {
		known = updateAttributes()
	}
	attr, ok := known[name]
	if !ok {
		return nil, false
	}
	get, typ, rest, problem := attr.bind(t[2:], nil)
	if problem != "" || typ != cty.String || len(rest) > 0 {
		return nil, false
	}
	return func(s *policies.Subject) (string, bool) {
		v := get(s)
		if v.IsNull() {
			return "", false
		}
		return v.AsString(), true
	}, true
}

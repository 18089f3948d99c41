package config

import (
	"fmt"
	"slices"

	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A trial run of a condition finds what is wrong whatever a host says. It cannot
// find a word that no update ever has, or a pattern that is none, because there
// the result is not known. checkWords looks for these before the run; false means
// that something was reported.
func (l *loader) checkWords(expr hclsyntax.Expression) bool {
	before := len(l.diags)
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.BinaryOpExpr:
			if n.Op == hclsyntax.OpEqual || n.Op == hclsyntax.OpNotEqual {
				l.checkWord(n.LHS, n.RHS)
				l.checkWord(n.RHS, n.LHS)
			}
		case *hclsyntax.FunctionCallExpr:
			l.checkCall(n)
		}
		return nil
	})
	return len(l.diags) == before
}

// closedLists are the attributes of an update that have one of a list of words.
func closedLists() map[string][]string {
	return map[string][]string{
		"severity":       wordsOf(inventory.Severities()),
		"classification": wordsOf(inventory.Classifications()),
	}
}

// closedList is the list of an attribute and its name; nil if it has none.
func closedList(attribute hclsyntax.Expression) (name string, words []string) {
	t, ok := attribute.(*hclsyntax.ScopeTraversalExpr)
	if !ok || t.Traversal.RootName() != "update" {
		return "", nil
	}
	name, _ = stepName(t.Traversal)
	return name, closedLists()[name]
}

// checkWord reports a word that an attribute is compared with and never has.
func (l *loader) checkWord(attribute, word hclsyntax.Expression) {
	name, words := closedList(attribute)
	if words == nil {
		return
	}
	if v, ok := l.constant(word); ok && v.Type() == cty.String && !slices.Contains(words, v.AsString()) {
		l.isWord(v.AsString(), word.Range(), name, words)
	}
}

// checkCall reports a word of contains(["…"], update.severity) that is none, and a
// pattern that is none.
func (l *loader) checkCall(call *hclsyntax.FunctionCallExpr) {
	if len(call.Args) != 2 {
		return
	}
	switch call.Name {
	case "contains":
		if list, ok := call.Args[0].(*hclsyntax.TupleConsExpr); ok {
			for _, word := range list.Exprs {
				l.checkWord(call.Args[1], word)
			}
		}
	case "glob", "cidrcontains":
		v, ok := l.constant(call.Args[0])
		if !ok || v.Type() != cty.String {
			return
		}
		if _, err := standardFunctions()[call.Name].Call([]cty.Value{v, cty.StringVal("")}); err != nil {
			l.fail(call.Args[0].Range(), fmt.Sprintf("%s() failed", call.Name), sentence(err))
		}
	}
}

// constant evaluates an expression that is the same for every host; false where
// it is not, or is wrong, which is reported elsewhere.
func (l *loader) constant(expr hclsyntax.Expression) (cty.Value, bool) {
	for _, t := range expr.Variables() {
		if root := t.RootName(); root != "var" && root != "local" {
			return cty.NilVal, false
		}
	}
	v, diags := valueOf(expr, l.ctx)
	if diags.HasErrors() || v.IsNull() || !v.IsWhollyKnown() || v.ContainsMarked() {
		return cty.NilVal, false
	}
	return v, true
}

package config

import (
	"fmt"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// condition is a where expression. Before it is run for the first time, every
// host.x and update.x in it was replaced by a name of its own, and a function
// that takes the value from a Subject stands beside. So running it costs only
// what it uses, and what is absent below labels, vars and facts is null without
// any help from the expression.
type condition struct {
	expr hclsyntax.Expression
	// fast replaces expr where it consists of simple comparisons.
	fast   func(*policies.Subject) bool
	inputs map[string]getter
	ctx    *hcl.EvalContext
	// facts is the place of the first fact that is read; nil if none is.
	facts *hcl.Range
}

// getter takes one value from a subject.
type getter func(*policies.Subject) cty.Value

// Match implements policies.Condition.
func (c *condition) Match(s policies.Subject) (matched bool) {
	if c.fast != nil {
		return c.fast(&s)
	}
	// The evaluator is large and its input comes from hosts in part. A panic in it
	// must not end a run at three in the morning: such a condition is false.
	defer func() {
		if recover() != nil {
			matched = false
		}
	}()
	v, diags := c.expr.Value(c.scopeFor(&s))
	return !diags.HasErrors() && isTrue(v)
}

// scopeFor takes what the expression uses from a subject.
func (c *condition) scopeFor(s *policies.Subject) *hcl.EvalContext {
	ctx := c.ctx.NewChild()
	ctx.Variables = make(map[string]cty.Value, len(c.inputs))
	for name, get := range c.inputs {
		ctx.Variables[name] = get(s)
	}
	return ctx
}

func isTrue(v cty.Value) bool {
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True()
}

// scope says what a condition may look at.
type scope struct {
	// update says that update is known.
	update bool
	// membership says that host.groups and host.policies are known.
	membership bool
	// declaredFor says for what only declared attributes may be used, because it
	// runs on the controller; "" if facts may be used too.
	declaredFor string
}

// The scopes of conditions. Groups are made by conditions, so that these cannot
// ask for groups.
var (
	groupScope    = scope{}                               //nolint:gochecknoglobals // a constant
	baselineScope = scope{update: true, membership: true} //nolint:gochecknoglobals // a constant
	hostScope     = scope{membership: true}
)

// where reads a condition; nil if there is none, or a wrong one.
func (b *block) where(name string, in scope) *condition {
	a, ok := b.attrs[name]
	if !ok {
		return nil
	}
	expr, ok := b.l.nativeExpr(a.Expr)
	if !ok {
		return nil
	}
	return b.l.compile(expr, in)
}

// nativeExpr returns an expression of native syntax. In JSON a condition is a
// string, with or without "${…}" around it.
func (l *loader) nativeExpr(expr hcl.Expression) (hclsyntax.Expression, bool) {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return native, true
	}
	s, ok := literalText(expr)
	if !ok {
		v, _ := expr.Value(nil) // anything but a string is its own value
		if v.Type() == cty.Bool {
			return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: expr.Range()}, true
		}
		l.fail(expr.Range(), "a condition is needed here", "In JSON it is a string that holds an expression.")
		return nil, false
	}
	if inner, wrapped := unwrapTemplate(s); wrapped {
		s = inner
	}
	// A string of JSON begins behind its quote; escapes in it shift what follows.
	start := expr.Range().Start
	start.Column++
	start.Byte++
	return l.parseExpression(s, expr.Range().Filename, start)
}

func (l *loader) parseExpression(s, name string, start hcl.Pos) (hclsyntax.Expression, bool) {
	tokens, _ := hclsyntax.LexExpression([]byte(s), name, start) // the parser reports mistakes of the lexer
	if d := guardTokens(tokens); d != nil {
		l.adopt(hcl.Diagnostics{d})
		return nil, false
	}
	expr, diags := hclsyntax.ParseExpression([]byte(s), name, start)
	l.adopt(diags)
	return expr, !diags.HasErrors()
}

// compile checks an expression and prepares it. Mistakes are found by running it
// once with values that are not known but have a type.
func (l *loader) compile(expr hclsyntax.Expression, in scope) *condition {
	if !l.checkWords(expr) {
		return nil
	}
	fast := compileFast(expr, in)
	c, v := l.bind(expr, in)
	if c == nil {
		return nil
	}
	if ty := v.Type(); ty != cty.DynamicPseudoType && ty != cty.Bool {
		l.fail(expr.Range(), "a condition must be true or false", fmt.Sprintf("This one is a %s.", ty.FriendlyName()))
		return nil
	}
	if len(c.inputs) > 0 && v.IsKnown() {
		word := "false"
		if isTrue(v) {
			word = "true"
		}
		l.warn(expr.Range(), "this condition is always "+word, "What it compares can never be of the same kind.")
	}
	c.fast = fast
	return c
}

// bind replaces what an expression takes from a host or an update, and returns
// what a trial run with unknown values gave; nil if something was reported.
func (l *loader) bind(expr hclsyntax.Expression, in scope) (*condition, cty.Value) {
	c := &condition{expr: expr, inputs: map[string]getter{}}
	base := &hcl.EvalContext{Variables: l.ctx.Variables, Functions: l.functions.pure()}
	c.ctx = base
	trial := base.NewChild()
	trial.Variables = map[string]cty.Value{}
	w := &rewriter{l: l, c: c, scope: in, trial: trial.Variables}
	if !w.rewrite(expr) {
		return nil, cty.NilVal
	}
	v, diags := valueOf(expr, trial)
	if diags.HasErrors() {
		l.explainEval(expr, trial, diags)
		return nil, cty.NilVal
	}
	if v.ContainsMarked() {
		l.fail(expr.Range(), "a secret cannot be used here", "Expressions over host look at hosts and updates only.")
		return nil, cty.NilVal
	}
	return c, v
}

// rewriter replaces host.x and update.x in an expression.
type rewriter struct {
	l     *loader
	c     *condition
	scope scope
	// trial are the values for the trial run.
	trial  map[string]cty.Value
	failed bool
}

// rewrite walks the tree once; false means that something was reported.
func (w *rewriter) rewrite(expr hclsyntax.Expression) bool {
	_ = hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case hclsyntax.ChildScope:
			if _, counted := n.Expr.(turn); counted {
				return nil // the same loop, in another child
			}
			for name := range n.LocalNames {
				if name == "host" || name == "update" {
					w.fail(expr.Range(), fmt.Sprintf("%s cannot be the name of a loop's variable", name), "Here it is the host or the update itself.")
				}
			}
		case *hclsyntax.IndexExpr:
			w.index(n)
		case *hclsyntax.ScopeTraversalExpr:
			w.traversal(n, nil)
		}
		return nil
	})
	return !w.failed
}

// index handles host.labels[expression]: where the key is known now, an absent
// label is null instead of an error.
func (w *rewriter) index(n *hclsyntax.IndexExpr) {
	t, ok := n.Collection.(*hclsyntax.ScopeTraversalExpr)
	if !ok || t.Traversal.RootName() != "host" {
		return
	}
	key, diags := n.Key.Value(w.c.ctx)
	if diags.HasErrors() || key.IsNull() || !key.IsKnown() || key.IsMarked() || key.Type() != cty.String {
		return
	}
	k := key.AsString()
	w.traversal(t, &k)
}

// traversal replaces one name. extra is a key that its value must have.
func (w *rewriter) traversal(n *hclsyntax.ScopeTraversalExpr, extra *string) {
	root := n.Traversal.RootName()
	if root != "host" && root != "update" {
		return
	}
	if root == "update" && !w.scope.update {
		w.fail(n.SrcRange, "update is not known here", "Only rules of a baseline look at updates; this condition looks at hosts.")
		return
	}
	attr, ok := w.attribute(n)
	if !ok {
		return
	}
	if w.scope.declaredFor != "" && (attr.fact || attr.membership) {
		w.fail(n.SrcRange, fmt.Sprintf("host.%s cannot be used here", attr.name),
			fmt.Sprintf("It comes from the hosts, and %s runs on the controller. Declared attributes can be used: %s.", w.scope.declaredFor, joinWords(declaredAttributes())))
		return
	}
	if attr.membership && !w.scope.membership {
		w.fail(n.SrcRange, fmt.Sprintf("host.%s is not known here", attr.name), "The where of a group decides about groups and policies, so it cannot ask for them.")
		return
	}
	if attr.fact && w.c.facts == nil {
		w.c.facts = &n.SrcRange
	}
	get, typ, rest, problem := attr.bind(n.Traversal[2:], extra)
	if problem != "" {
		w.fail(n.SrcRange, problem, "")
		return
	}
	// A name that no operator can write, so that it is never mistaken.
	name := fmt.Sprintf("\x00%d", len(w.c.inputs))
	w.c.inputs[name] = get
	w.trial[name] = cty.UnknownVal(typ)
	n.Traversal = append(hcl.Traversal{hcl.TraverseRoot{Name: name, SrcRange: n.SrcRange}}, rest...)
}

// attribute finds the attribute behind host or update.
func (w *rewriter) attribute(n *hclsyntax.ScopeTraversalExpr) (attribute, bool) {
	root := n.Traversal.RootName()
	known := hostAttributes()
	if root == "update" {
		known = updateAttributes()
	}
	names := sortedKeys(known)
	if len(n.Traversal) < 2 {
		w.fail(n.SrcRange, root+" cannot be used as a whole", "Name an attribute of it: "+joinWords(names)+".")
		return attribute{}, false
	}
	name, ok := stepName(n.Traversal[:2])
	attr, exists := known[name]
	if !ok || !exists {
		w.fail(n.SrcRange, fmt.Sprintf("%s has no attribute %q", root, name), "It has "+joinWords(names)+"."+suggest(name, names))
		return attribute{}, false
	}
	attr.name = name
	return attr, true
}

func (w *rewriter) fail(at hcl.Range, summary, detail string) {
	w.l.fail(at, summary, detail)
	w.failed = true
}

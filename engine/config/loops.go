package config

import (
	"bytes"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// maxTurns bounds how often the bodies of all for expressions are evaluated while
// a configuration is loaded: three loops over range(1000), one in the other, are
// one line to write and an hour to evaluate.
const maxTurns = 500_000

// turns counts the turns of for expressions in native syntax.
type turns struct {
	n atomic.Int64
	// over is set when the configuration is loaded: what is evaluated later, once
	// a host, is not counted.
	over atomic.Bool
}

// tooMany is what a turn panics with; valueOf recovers it. The library goes on
// with a loop after an error, so that an error would not end it.
type tooMany struct{}

// turn is true, once a turn.
type turn struct {
	hclsyntax.Expression
	turns *turns
}

func (t turn) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if !t.turns.over.Load() && t.turns.n.Add(1) > maxTurns {
		panic(tooMany{})
	}
	return t.Expression.Value(ctx)
}

// count has the for expressions of a file counted.
func (t *turns) count(text []byte, body hclsyntax.Node) {
	if !bytes.Contains(text, []byte("for")) {
		return
	}
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		if loop, ok := n.(*hclsyntax.ForExpr); ok {
			t.wrap(loop)
		}
		return nil
	})
}

// wrap counts in the condition of a loop, since it is evaluated in each turn
// whatever else the loop has.
func (t *turns) wrap(loop *hclsyntax.ForExpr) {
	at := loop.SrcRange
	yes := turn{&hclsyntax.LiteralValueExpr{Val: cty.True, SrcRange: at}, t}
	if loop.CondExpr == nil {
		loop.CondExpr = yes
		return
	}
	loop.CondExpr = &hclsyntax.ConditionalExpr{Condition: yes, TrueResult: loop.CondExpr,
		FalseResult: &hclsyntax.LiteralValueExpr{Val: cty.False, SrcRange: at}, SrcRange: loop.CondExpr.Range()}
}

// valueOf is Value with an end.
func valueOf(expr hcl.Expression, ctx *hcl.EvalContext) (v cty.Value, diags hcl.Diagnostics) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case tooMany:
			at := expr.Range()
			v, diags = cty.DynamicVal, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "too much to evaluate", Subject: &at,
				Detail: fmt.Sprintf("All for expressions together take more than %d turns by here.", maxTurns)}}
		default:
			panic(r)
		}
	}()
	return expr.Value(ctx)
}

package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// local is a named expression.
type local struct {
	name  string
	at    hcl.Range
	expr  hcl.Expression
	state evalState
	// weight is about how many bytes the value takes.
	weight int
}

type evalState int

const (
	evalWaiting evalState = iota
	evalRunning
	evalDone
)

// maxWeight bounds what one local may take in bytes: locals that use each other
// many times grow beyond any memory within a few lines.
const maxWeight = 16 << 20

func (l *loader) decodeLocals(raw *hcl.Block) {
	attrs, diags := raw.Body.JustAttributes()
	l.adopt(diags)
	for _, name := range sortedKeys(attrs) {
		a := attrs[name]
		l.model.undefined["local."+name] = true
		declare(l, l.locals, name, a.NameRange, &local{name: name, at: a.NameRange, expr: a.Expr})
	}
}

// evalLocals evaluates all locals, each after those it uses.
func (l *loader) evalLocals() {
	values := map[string]cty.Value{}
	l.setScope("local", values)
	for _, lo := range l.locals.order {
		l.evalLocal(lo, values, nil)
	}
	l.setScope("local", values)
}

func (l *loader) evalLocal(lo *local, values map[string]cty.Value, path []step) {
	path = append(path, step{"local." + lo.name, lo.at})
	if lo.state == evalDone {
		return
	}
	if lo.state == evalRunning {
		l.failCycle("locals", path)
		return
	}
	lo.state = evalRunning
	defer func() { lo.state = evalDone }()
	used := map[string]cty.Value{}
	weight := 0
	for _, t := range lo.expr.Variables() {
		if t.RootName() != "local" || len(t) < 2 {
			continue
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if !ok {
			continue
		}
		other, declared := l.locals.named[step.Name]
		if !declared {
			continue
		}
		l.evalLocal(other, values, path)
		if v, ok := values[step.Name]; ok {
			used[step.Name] = v
			weight += other.weight
		}
	}
	if weight > maxWeight {
		l.fail(lo.at, fmt.Sprintf("local.%s becomes too large", lo.name), fmt.Sprintf("Its parts have more than %d MiB together.", maxWeight>>20))
		return
	}
	// Only what it uses is in scope, so that each evaluation costs its own size.
	ctx := l.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"local": cty.ObjectVal(l.padLocals(used, values, lo.expr))}
	v, ok := l.evalMarked(lo.expr, ctx)
	if !ok {
		return
	}
	lo.weight = weigh(v)
	values[lo.name] = v
	delete(l.model.undefined, "local."+lo.name)
}

// padLocals gives an expression that uses local as a whole every local that has a
// value so far.
func (l *loader) padLocals(used, values map[string]cty.Value, expr hcl.Expression) map[string]cty.Value {
	for _, t := range expr.Variables() {
		if t.RootName() != "local" {
			continue
		}
		if len(t) < 2 {
			return values
		}
		if _, ok := t[1].(hcl.TraverseAttr); !ok {
			return values
		}
	}
	return used
}

// weigh returns about how many bytes a value takes.
func weigh(v cty.Value) int {
	v, _ = v.Unmark()
	switch ty := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return 1
	case ty == cty.String:
		return 16 + len(v.AsString())
	case v.CanIterateElements():
		sum := 16
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			sum += 16 + weigh(e)
		}
		return sum
	case ty == cty.Number:
		return 16 + int(digitsOf(v.AsBigFloat())) // as text
	default:
		return 16
	}
}

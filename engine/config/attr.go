package config

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// Each getter returns false if the argument is not written, is null, or was
// reported as wrong.

// value evaluates an argument in which no secret may stand.
func (b *block) value(name string) (cty.Value, hcl.Range, bool) {
	a, ok := b.attrs[name]
	if !ok {
		return cty.NilVal, hcl.Range{}, false
	}
	v, ok := b.l.eval(a.Expr, b.ctx)
	if ok && v.IsNull() {
		b.refuseNull(name, a.Expr.Range())
	}
	return v, a.Expr.Range(), ok && !v.IsNull()
}

// refuseNull reports a required argument that is null.
func (b *block) refuseNull(name string, at hcl.Range) {
	if slices.Contains(b.required, name) {
		b.l.fail(at, fmt.Sprintf("%s cannot be null", name), fmt.Sprintf("%s needs it.", article(b.kind)))
	}
}

// eval evaluates an expression to a known value without a secret in it.
func (l *loader) eval(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, bool) {
	v, ok := l.evalMarked(expr, ctx)
	if !ok {
		return cty.NilVal, false
	}
	if v.ContainsMarked() {
		l.fail(expr.Range(), "a secret cannot be used here",
			"Secrets are allowed only in arguments made for them, such as password.")
		return cty.NilVal, false
	}
	return v, true
}

// evalMarked evaluates an expression, secrets allowed.
func (l *loader) evalMarked(expr hcl.Expression, ctx *hcl.EvalContext) (cty.Value, bool) {
	v, diags := valueOf(expr, ctx)
	if diags.HasErrors() {
		l.explainEval(expr, ctx, diags)
		return cty.NilVal, false
	}
	if !v.IsWhollyKnown() {
		l.fail(expr.Range(), "this value is not known", "It depends on something that has no value.")
		return cty.NilVal, false
	}
	return v, true
}

// text reads a string.
func (b *block) text(name string) (string, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return "", false
	}
	return b.l.asText(v, at, name)
}

func (l *loader) asText(v cty.Value, at hcl.Range, name string) (string, bool) {
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() {
		l.fail(at, fmt.Sprintf("%s must be a string", name), "")
		return "", false
	}
	return s.AsString(), true
}

// nonEmpty reads a string that may not be empty.
func (b *block) nonEmpty(name string) (string, bool) {
	s, ok := b.text(name)
	if ok && s == "" {
		b.l.fail(b.place(name), fmt.Sprintf("%s is empty", name), "Leave the argument out, or give it a value.")
		return "", false
	}
	return s, ok
}

// word reads one of a closed list of words.
func (b *block) word(name string, allowed ...string) (string, bool) {
	s, ok := b.text(name)
	return s, ok && b.l.isWord(s, b.place(name), name, allowed)
}

func (l *loader) isWord(s string, at hcl.Range, name string, allowed []string) bool {
	if slices.Contains(allowed, s) {
		return true
	}
	if isNoNoun(name) {
		name = "value of " + name
	}
	l.fail(at, fmt.Sprintf("%q is no %s", s, name), oneOf(s, allowed))
	return false
}

// isNoNoun reports whether the name of an argument does not say what its value is.
func isNoNoun(name string) bool {
	return slices.Contains([]string{
		"on", "then", "when", "unchanged", "counts", "updates", "split", "workdays", "host_keys", "on_failure",
	}, name)
}

// words reads a list of words of a closed list, without duplicates.
func (b *block) words(name string, allowed ...string) ([]string, bool) {
	items, ok := b.someTexts(name)
	if !ok {
		return nil, false
	}
	var out []string
	for _, item := range items {
		switch {
		case !b.l.isWord(item.text, item.at, name, allowed):
		case slices.Contains(out, item.text):
			b.l.warn(item.at, fmt.Sprintf("%q stands twice in %s", item.text, name), "Once is enough.")
		default:
			out = append(out, item.text)
		}
	}
	return out, true
}

// item is a string of a list and its place.
type item struct {
	text string
	at   hcl.Range
}

func plain(items []item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = it.text
	}
	return out
}

// texts reads a list of strings that are not empty.
func (b *block) texts(name string) ([]item, bool) {
	values, ok := b.list(name)
	if !ok {
		return nil, false
	}
	out := make([]item, 0, len(values))
	for _, v := range values {
		s, ok := b.l.asText(v.value, v.at, "each element of "+name)
		if ok && s == "" {
			b.l.fail(v.at, fmt.Sprintf("an element of %s is empty", name), "")
			continue
		}
		if ok {
			out = append(out, item{s, v.at})
		}
	}
	return out, true
}

// someTexts reads a list of at least one string. Whoever writes an empty one, or
// uses a variable that is empty, meant something else than leaving it out.
func (b *block) someTexts(name string) ([]item, bool) {
	before := len(b.l.diags)
	items, ok := b.texts(name)
	if ok && len(items) == 0 && len(b.l.diags) == before {
		b.l.fail(b.place(name), fmt.Sprintf("%s is empty", name), "Nothing would match it; leave the argument out.")
	}
	return items, ok && len(items) > 0
}

// element is a value of a list and its place.
type element struct {
	value cty.Value
	at    hcl.Range
}

// list reads a list element by element; see the package comment for the reason.
func (b *block) list(name string) ([]element, bool) {
	a, ok := b.attrs[name]
	if !ok {
		return nil, false
	}
	if exprs, diags := hcl.ExprList(a.Expr); !diags.HasErrors() {
		out := make([]element, 0, len(exprs))
		for _, e := range exprs {
			if v, ok := b.l.eval(e, b.ctx); ok {
				out = append(out, element{v, e.Range()})
			}
		}
		return out, true
	}
	v, at, ok := b.value(name)
	if !ok {
		return nil, false
	}
	if ty := v.Type(); !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		b.l.fail(at, fmt.Sprintf("%s must be a list", name), "Write it in brackets: [ … ].")
		return nil, false
	}
	var out []element
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		out = append(out, element{e, at})
	}
	return out, true
}

// flag reads a boolean.
func (b *block) flag(name string) (value, ok bool) {
	v, at, ok := b.value(name)
	if !ok {
		return false, false
	}
	v, err := convert.Convert(v, cty.Bool)
	if err != nil {
		b.l.fail(at, fmt.Sprintf("%s must be true or false", name), "")
		return false, false
	}
	return v.True(), true
}

// number reads a whole number between low and high.
func (b *block) number(name string, low, high int) (int, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return 0, false
	}
	n, ok := wholeNumber(v)
	if !ok || n < low || n > high {
		b.l.fail(at, fmt.Sprintf("%s must be a whole number from %d to %d", name, low, high), "")
		return 0, false
	}
	return n, true
}

func wholeNumber(v cty.Value) (int, bool) {
	v, err := convert.Convert(v, cty.Number)
	if err != nil || v.IsNull() {
		return 0, false
	}
	n, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || int64(int(n)) != n {
		return 0, false
	}
	return int(n), true
}

// span reads a duration longer than zero.
func (b *block) span(name string) (time.Duration, bool) {
	d, ok := b.spanOrZero(name)
	if ok && d == 0 {
		b.l.fail(b.place(name), fmt.Sprintf("%s cannot be zero", name), "Give it a time, or leave the argument out.")
		return 0, false
	}
	return d, ok
}

// spanOrZero reads a duration.
func (b *block) spanOrZero(name string) (time.Duration, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return 0, false
	}
	if v.Type() != cty.String {
		b.l.fail(at, fmt.Sprintf("%s must be a duration", name), "A bare number has no unit; "+errDuration.Error()+".")
		return 0, false
	}
	d, err := parseDuration(v.AsString())
	if err != nil {
		b.l.fail(at, fmt.Sprintf("%q is no duration", v.AsString()), sentence(err))
		return 0, false
	}
	return d, true
}

// amount reads a number of at least low, or a percentage.
func (b *block) amount(name string, low int) (policies.Amount, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return policies.Amount{}, false
	}
	if n, ok := wholeNumber(v); ok {
		if n < low || n > maxAmount {
			b.l.fail(at, fmt.Sprintf("%s must be at least %d", name, low), "")
			return policies.Amount{}, false
		}
		return policies.Amount{Count: n, Given: true}, true
	}
	if v.Type() == cty.String {
		a, err := parsePercent(v.AsString())
		if err == nil {
			return a, true
		}
	}
	b.l.fail(at, fmt.Sprintf("%s must be a number or a percentage", name), sentence(errAmount))
	return policies.Amount{}, false
}

// maxAmount bounds numbers of hosts: more than any controller serves.
const maxAmount = 1_000_000

// sentence turns an error into a sentence.
func sentence(err error) string {
	return fullStop(err.Error())
}

// fullStop makes a sentence of words.
func fullStop(s string) string {
	if s == "" {
		return s
	}
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return upperFirst(s)
	}
	return upperFirst(s) + "."
}

package config

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// text implements policies.Text: an expression over host that is run later, or a
// string.
type text struct {
	written string
	// bound is nil for a string that is the same for every host.
	bound *condition
}

var errNoValue = errors.New("something in it has no value on this host")

// Render implements policies.Text.
func (t *text) Render(s policies.Subject) (out string, err error) {
	if t.bound == nil {
		return t.written, nil
	}
	// What condition.Match says about panics holds here too.
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("write out %q: the expression cannot be evaluated", t.written)
		}
	}()
	v, diags := t.bound.expr.Value(t.bound.scopeFor(&s))
	if diags.HasErrors() {
		return "", fmt.Errorf("write out %q: %w", t.written, errNoValue)
	}
	v, err = convert.Convert(v, cty.String)
	if err != nil || v.IsNull() || !v.IsKnown() {
		return "", fmt.Errorf("write out %q: %w", t.written, errNoValue)
	}
	if strings.ContainsRune(v.AsString(), 0) {
		return "", fmt.Errorf("write out %q: the result has a zero byte in it", t.written)
	}
	return v.AsString(), nil
}

// Constant implements policies.Text.
func (t *text) Constant() (string, bool) { return t.written, t.bound == nil }

// String implements policies.Text.
func (t *text) String() string { return t.written }

// declaredScope is that of text for the controller: declared attributes only.
func declaredScope(what string) scope { return scope{declaredFor: what} }

// template reads an argument that may name attributes of the host.
func (b *block) template(name string, in scope) (policies.Text, bool) {
	a, ok := b.attrs[name]
	if !ok {
		return nil, false
	}
	t, ok := b.l.template(a.Expr, b.ctx, name, in)
	if !ok {
		return nil, false
	}
	if s, constant := t.Constant(); constant && s == "" {
		b.l.fail(a.Expr.Range(), fmt.Sprintf("%s is empty", name), "Leave the argument out, or give it a value.")
		return nil, false
	}
	return t, true
}

// template compiles one expression into a text.
func (l *loader) template(expr hcl.Expression, ctx *hcl.EvalContext, name string, in scope) (policies.Text, bool) {
	if !usesHost(expr) {
		v, ok := l.eval(expr, ctx)
		if !ok {
			return nil, false
		}
		s, ok := l.asText(v, expr.Range(), name)
		if ok && strings.ContainsRune(s, 0) {
			l.fail(expr.Range(), fmt.Sprintf("%s cannot contain a zero byte", name), "")
			return nil, false
		}
		return &text{written: s}, ok
	}
	written := l.writtenAs(expr)
	native, ok := l.nativeTemplate(expr)
	if !ok {
		return nil, false
	}
	bound, v := l.bind(native, in)
	if bound == nil {
		return nil, false
	}
	if v, err := convert.Convert(v, cty.String); err != nil || v.IsKnown() && v.IsNull() {
		l.fail(expr.Range(), fmt.Sprintf("%s must be a string", name), "")
		return nil, false
	}
	return &text{written: written, bound: bound}, true
}

func usesHost(expr hcl.Expression) bool {
	return slices.ContainsFunc(expr.Variables(), func(t hcl.Traversal) bool {
		return t.RootName() == "host" || t.RootName() == "update"
	})
}

// writtenAs is an expression as it stands in its file, without quotes around it.
func (l *loader) writtenAs(expr hcl.Expression) string {
	at := expr.Range()
	src := l.text.bytes[at.Filename]
	if at.Start.Byte < 0 || at.End.Byte > len(src) || at.Start.Byte > at.End.Byte {
		return ""
	}
	s := string(src[at.Start.Byte:at.End.Byte])
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		return strings.TrimSuffix(inner, `"`)
	}
	return s
}

// nativeTemplate returns a template of native syntax; in JSON it is a string.
func (l *loader) nativeTemplate(expr hcl.Expression) (hclsyntax.Expression, bool) {
	if native, ok := expr.(hclsyntax.Expression); ok {
		return native, true
	}
	s, ok := literalText(expr)
	if !ok {
		l.fail(expr.Range(), "a string is needed here", "")
		return nil, false
	}
	start := expr.Range().Start
	start.Column++
	start.Byte++
	tokens, _ := hclsyntax.LexTemplate([]byte(s), expr.Range().Filename, start) // the parser reports mistakes of the lexer
	if d := guardTokens(tokens); d != nil {
		l.adopt(hcl.Diagnostics{d})
		return nil, false
	}
	out, diags := hclsyntax.ParseTemplate([]byte(s), expr.Range().Filename, start)
	l.adopt(diags)
	return out, !diags.HasErrors()
}

// command reads a list of a program and its arguments, which is started without a
// shell. Attributes of the host may stand in arguments only.
func (b *block) command(name string, in scope) []policies.Text {
	a, ok := b.attrs[name]
	if !ok {
		return nil
	}
	exprs, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		return b.constantCommand(name)
	}
	out := make([]policies.Text, 0, len(exprs))
	for i, e := range exprs {
		t, ok := b.l.template(e, b.ctx, "each element of "+name, in)
		if !ok {
			return nil
		}
		if _, constant := t.Constant(); !constant && i == 0 {
			b.l.fail(e.Range(), "the program cannot depend on the host", "Attributes of the host may stand in its arguments only.")
			return nil
		}
		if !b.checkScript(e, out, t) {
			return nil
		}
		out = append(out, t)
	}
	return b.checkCommand(name, out)
}

// constantCommand reads a command that comes from a variable or a local.
func (b *block) constantCommand(name string) []policies.Text {
	items, ok := b.texts(name)
	if !ok {
		return nil
	}
	out := make([]policies.Text, 0, len(items))
	for _, it := range items {
		out = append(out, &text{written: it.text})
	}
	return b.checkCommand(name, out)
}

func (b *block) checkCommand(name string, out []policies.Text) []policies.Text {
	program := ""
	if len(out) > 0 {
		program, _ = out[0].Constant()
	}
	if program == "" {
		b.l.fail(b.place(name), fmt.Sprintf("%s names no program", name), "Write the program and its arguments: [\"amtool\", \"silence\", \"add\"].")
		return nil
	}
	return out
}

// interpreters take a script as an argument behind a flag that begins with one of
// the letters given.
var interpreters = map[string]string{
	"sh": "c", "bash": "c", "dash": "c", "ash": "c", "ksh": "c", "zsh": "c", "fish": "c", "busybox": "c", "su": "c",
	"python": "c", "python3": "c", "perl": "eE", "ruby": "e", "node": "ep", "php": "r", "powershell": "ceCE", "pwsh": "ceCE",
}

// checkScript refuses an attribute of the host inside a script: the argument
// behind -c of a shell. What a host is called must never be able to run.
func (b *block) checkScript(e hcl.Expression, before []policies.Text, t policies.Text) bool {
	if _, constant := t.Constant(); constant {
		return true
	}
	letters, last := "", ""
	for _, earlier := range before {
		last, _ = earlier.Constant()
		if l, ok := interpreters[path.Base(last)]; ok {
			letters = l
		}
	}
	if isScriptFlag(last, letters) {
		b.l.fail(e.Range(), "an attribute of the host cannot stand inside a script",
			"Hand it over as an argument of its own behind the script, and use $1 in it.")
		return false
	}
	return true
}

func isScriptFlag(s, letters string) bool {
	return letters != "" && strings.HasPrefix(s, "-") && !strings.HasPrefix(s, "--") && strings.ContainsAny(s, letters)
}

package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
)

// variable is a value the operator gives from outside.
type variable struct {
	name string
	at   hcl.Range
	// typ is cty.DynamicPseudoType if none is declared.
	typ cty.Type
	// defaults are those of optional attributes in typ, or nil.
	defaults *typeexpr.Defaults
	// notNull says that null stands for the default.
	notNull bool
	rules   []variableRule
	// value is the default, or cty.NilVal; wrong says that one is written and
	// cannot be used.
	value cty.Value
	wrong bool
}

func variableShape() shape {
	return shape{optional: []string{"type", "default", "description", "nullable"}, blocks: []string{"validation"}}
}

func (l *loader) decodeVariable(raw *hcl.Block) {
	b := l.open(raw, variableShape())
	v := &variable{name: b.name, at: raw.DefRange, typ: cty.DynamicPseudoType, value: cty.NilVal}
	if !hclsyntax.ValidIdentifier(v.name) {
		l.fail(raw.DefRange, fmt.Sprintf("%q is no name for a variable", v.name), "It is used as var.NAME: a letter, then letters, digits, dashes and underscores.")
		return
	}
	l.model.undefined["var."+v.name] = true
	if a, ok := b.attrs["type"]; ok {
		typ, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
		l.adopt(diags)
		if !diags.HasErrors() {
			v.typ, v.defaults = typ, defaults
		}
	}
	nullable, ok := b.flag("nullable")
	v.notNull = ok && !nullable
	v.rules = b.validations()
	_, _ = b.text("description") // read for its type only
	v.wrong = b.has("default")
	if a, ok := b.attrs["default"]; ok {
		value, ok := l.eval(a.Expr, l.ctx)
		converted, err := value, error(nil)
		if ok {
			converted, err = v.accept(value)
		}
		if err != nil {
			l.fail(a.Expr.Range(), fmt.Sprintf("the default of variable %q has another type", v.name), sentence(err))
		} else if ok {
			v.value = converted
		}
	}
	declare(l, l.variables, v.name, raw.DefRange, v)
}

// variableValues decides the value of every variable: environment, then files,
// then flags; later ones win.
func (l *loader) variableValues() map[string]cty.Value {
	given := map[string]cty.Value{}
	for _, v := range l.variables.order {
		if s, ok := l.opt.env("PATCHWAVE_VAR_" + v.name); ok {
			l.give(given, v.name, s, "environment variable PATCHWAVE_VAR_"+v.name)
		}
	}
	for _, path := range l.opt.VarFiles {
		maps.Copy(given, l.readVarFile(path))
	}
	for _, name := range sortedKeys(l.opt.Vars) {
		l.give(given, name, l.opt.Vars[name], "--var "+name)
	}
	out := map[string]cty.Value{}
	for _, v := range l.variables.order {
		value, ok := given[v.name]
		if !ok || (v.notNull && value != cty.NilVal && value.IsNull() && v.value != cty.NilVal) {
			value = v.value
		}
		if value == cty.NilVal {
			if !ok && !v.wrong {
				l.fail(v.at, fmt.Sprintf("variable %q has no value", v.name),
					fmt.Sprintf("Give it with --var %s=…, --var-file or PATCHWAVE_VAR_%s, or declare a default.", v.name, v.name))
			}
			continue
		}
		out[v.name] = value
		delete(l.model.undefined, "var."+v.name)
	}
	return out
}

// give records the value of a variable that was given as a string. One that was
// refused is recorded as cty.NilVal, so that it is not reported as missing too.
func (l *loader) give(given map[string]cty.Value, name, s, origin string) {
	v, ok := l.variables.named[name]
	if !ok {
		l.failPlain(fmt.Sprintf("%s: there is no variable %q", origin, name), didYouMean(name, l.variables.names()))
		return
	}
	given[name] = cty.NilVal
	value := cty.StringVal(s)
	if v.typ != cty.String && v.typ != cty.DynamicPseudoType && !v.typ.IsPrimitiveType() {
		parsed, err := parseValue(s)
		if err != nil {
			l.failPlain(fmt.Sprintf("%s: the value cannot be read", origin), sentence(err))
			return
		}
		value = parsed
	}
	converted, err := v.accept(value)
	if err != nil {
		l.failPlain(fmt.Sprintf("%s: the value has another type", origin), sentence(err))
		return
	}
	given[name] = converted
}

// parseValue reads a list or a map as it stands in a file.
func parseValue(s string) (cty.Value, error) {
	tokens, _ := hclsyntax.LexExpression([]byte(s), "value", hcl.InitialPos) // the parser reports mistakes of the lexer
	if d := guardTokens(tokens); d != nil {
		return cty.NilVal, errors.New(d.Detail)
	}
	expr, diags := hclsyntax.ParseExpression([]byte(s), "value", hcl.InitialPos)
	if diags.HasErrors() {
		return cty.NilVal, errors.New(diags[0].Detail)
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return cty.NilVal, errors.New(diags[0].Detail)
	}
	return v, nil
}

// readVarFile reads a --var-file: arguments in native syntax, or an object in a
// file whose name ends in .json.
func (l *loader) readVarFile(path string) map[string]cty.Value {
	text, err := readBounded(path)
	if err != nil {
		l.failPlain(fmt.Sprintf("--var-file %s cannot be read", path), explain(err))
		return nil
	}
	l.text.bytes[path] = text
	file, diags := parseVarFile(path, text)
	l.adopt(diags)
	if file == nil || diags.HasErrors() {
		return nil
	}
	attrs, diags := file.Body.JustAttributes()
	l.adopt(diags)
	out := map[string]cty.Value{}
	for _, name := range sortedKeys(attrs) {
		a := attrs[name]
		v, known := l.variables.named[name]
		if !known {
			l.fail(a.NameRange, fmt.Sprintf("there is no variable %q", name), didYouMean(name, l.variables.names()))
			continue
		}
		out[name] = cty.NilVal
		value, ok := l.eval(a.Expr, nil)
		if !ok {
			continue
		}
		converted, err := v.accept(value)
		if err != nil {
			l.fail(a.Expr.Range(), fmt.Sprintf("the value of variable %q has another type", name), sentence(err))
			continue
		}
		out[name] = converted
	}
	return out
}

func parseVarFile(path string, text []byte) (*hcl.File, hcl.Diagnostics) {
	if strings.HasSuffix(path, ".json") {
		if d := guardJSON(path, text); d != nil {
			return nil, hcl.Diagnostics{d}
		}
		return hcljson.Parse(text, path)
	}
	if d := guardText(text, path); d != nil {
		return nil, hcl.Diagnostics{d}
	}
	return hclsyntax.ParseConfig(text, path, hcl.InitialPos)
}

// readBounded reads a file that the operator named, of the size of a
// configuration file at most.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // nothing was written
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		return nil, errTooLarge
	}
	return text, err
}

// failPlain reports an error that has no place in a file.
func (l *loader) failPlain(summary, detail string) {
	l.diags = append(l.diags, Diagnostic{Severity: "error", Summary: summary, Detail: detail})
}

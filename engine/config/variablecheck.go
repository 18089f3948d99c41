package config

import (
	"errors"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// errNull is about null for a variable that takes none and has no default.
var errNull = errors.New("it is null, and nullable is false")

// variableRule is what a value must be, in the words of whoever declared it.
type variableRule struct {
	condition hcl.Expression
	message   string
}

// accept makes a value one of the variable's type, with the defaults of optional
// attributes that it leaves out.
func (v *variable) accept(value cty.Value) (cty.Value, error) {
	if v.defaults != nil && !value.IsNull() {
		value = v.defaults.Apply(value)
	}
	value, err := convert.Convert(value, v.typ)
	if err == nil && v.notNull && value.IsNull() && v.value == cty.NilVal {
		err = errNull
	}
	return value, err
}

func validationShape() shape { return shape{required: []string{"condition", "error_message"}} }

// validations reads the validation blocks of a variable.
func (b *block) validations() []variableRule {
	var out []variableRule
	for _, raw := range b.inner {
		v := b.l.open(raw, validationShape())
		message, ok := v.nonEmpty("error_message")
		if a, written := v.attrs["condition"]; ok && written {
			out = append(out, variableRule{a.Expr, message})
		}
	}
	return out
}

// checkVariables evaluates the conditions, all values being known. One that is
// null, like one that cannot be evaluated, refuses the value.
func (l *loader) checkVariables() {
	for _, v := range l.variables.order {
		if l.model.undefined["var."+v.name] {
			continue // said already
		}
		for _, r := range v.rules {
			value, ok := l.eval(r.condition, l.ctx)
			if !ok {
				continue
			}
			met, err := convert.Convert(value, cty.Bool)
			switch {
			case err != nil:
				l.fail(r.condition.Range(), fmt.Sprintf("the condition of variable %q must be true or false", v.name), sentence(err))
			case met.IsNull() || met.False():
				l.fail(r.condition.Range(), fmt.Sprintf("the value of variable %q is refused", v.name), r.message, v.at)
			}
		}
	}
}

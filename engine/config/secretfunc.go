package config

import (
	"errors"
	"fmt"
	"reflect"

	"patchwave/connectors"
	"patchwave/engine/config/secret"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// sensitive marks every value that a secret went into.
type sensitive struct{}

// secretType is what secret() returns: no string, so that it can become part of
// none.
var secretType = cty.Capsule("secret", reflect.TypeFor[secret.Ref]()) //nolint:gochecknoglobals // a type, which Go has no word for

// secret is secret("scheme:reference").
func (f *functions) secret() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{stringParameter("reference")},
		Type:   function.StaticReturnType(secretType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			r, err := secret.New(args[0].AsString(), secret.Source{
				Dir: f.l.opt.Dir, Home: f.l.opt.Home, Env: f.l.opt.Env,
			})
			if err != nil {
				return cty.NilVal, err
			}
			return cty.CapsuleVal(secretType, r).Mark(sensitive{}), nil
		},
	})
}

// secret reads an argument that must be a secret. Its line is never shown in a
// message about it, because a password may have been written there.
func (b *block) secret(name string) (connectors.Secret, bool) {
	a, ok := b.attrs[name]
	if !ok {
		return nil, false
	}
	before := len(b.l.diags)
	v, ok := b.l.evalMarked(a.Expr, b.ctx)
	if !ok {
		for _, d := range b.l.diags[before:] {
			b.l.sensitive[d.Pos] = true
		}
		return nil, false
	}
	v, _ = v.Unmark()
	if v.IsNull() {
		b.refuseNull(name, a.Expr.Range())
		return nil, false
	}
	r, ok := unwrapSecret(v)
	if !ok {
		b.l.failSecret(a.Expr.Range(), fmt.Sprintf("%s is written out: %s", name, secret.Hidden),
			fmt.Sprintf("A secret never stands in the configuration; write %s = secret(\"cred:NAME\"), secret(\"file:PATH\") or secret(\"env:NAME\").", name))
		return nil, false
	}
	if r.Scheme() == secret.Env {
		b.l.warn(a.Expr.Range(), fmt.Sprintf("%s comes from the environment", name),
			"Other processes of the user can read it there; cred: or file: is safer.")
	}
	return r, true
}

func unwrapSecret(v cty.Value) (*secret.Ref, bool) {
	if !v.Type().Equals(secretType) {
		return nil, false
	}
	r, ok := v.EncapsulatedValue().(*secret.Ref)
	return r, ok
}

// secretMistake explains why secret() refused its argument, which may have been
// the secret itself.
func secretMistake(err error) (summary, detail string) {
	if errors.Is(err, secret.ErrScheme) {
		return "this is no reference to a secret", sentence(err)
	}
	return "this reference to a secret is not valid", sentence(err)
}

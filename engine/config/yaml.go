package config

import (
	"errors"
	"regexp"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// An anchor and an alias of YAML. A short text of nested aliases unfolds to more
// than any memory holds, so a document that has both is refused.
var (
	yamlAnchor = regexp.MustCompile(`(?m)(^|[\s\[{,:-])&[A-Za-z0-9_-]+(\s|$)`)
	yamlAlias  = regexp.MustCompile(`(?m)(^|[\s\[{,:-])\*[A-Za-z0-9_-]+`)
)

var errYAMLAlias = errors.New("anchors with aliases (&x, *x) are not supported; write the values out")

// yamlDecodeFunction is yamldecode without aliases.
func yamlDecodeFunction() function.Function {
	decode := yaml.YAMLDecodeFunc
	refuse := func(args []cty.Value) error {
		if v := args[0]; v.IsKnown() && !v.IsNull() && yamlAnchor.MatchString(v.AsString()) && yamlAlias.MatchString(v.AsString()) {
			return function.NewArgError(0, errYAMLAlias)
		}
		return nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{stringParameter("src")},
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := refuse(args); err != nil {
				return cty.NilType, err
			}
			return decode.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if err := refuse(args); err != nil {
				return cty.NilVal, err
			}
			return decode.Call(args)
		},
	})
}

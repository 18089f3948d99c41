package config

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// A short call can ask for more than any memory holds, and Go cannot recover from
// running out of it. So functions whose result is larger than their arguments are
// asked first how large it will be.
const (
	// maxResult bounds the text that one call makes, in bytes.
	maxResult = maxWeight
	// maxProduct bounds the elements that setproduct makes.
	maxProduct = 65_536
	// maxWidth bounds the digits of a width or a precision in a format.
	maxWidth = 4
	// maxDigits bounds the digits of a number that a call makes.
	maxDigits = 10_000
)

// bounded puts a check before a function. The check sees arguments that are known
// and free of marks; an error from it is that of the call.
func bounded(f function.Function, check func(args []cty.Value) error) function.Function {
	refuse := func(args []cty.Value) error {
		plain := make([]cty.Value, len(args))
		for i, a := range args {
			if !a.IsWhollyKnown() || a.IsNull() {
				return nil // nothing is made of it
			}
			plain[i], _ = a.UnmarkDeep()
		}
		return check(plain)
	}
	spec := &function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := refuse(args); err != nil {
				return cty.NilType, err
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	}
	return function.New(spec)
}

// boundedFunctions are the functions of go-cty that can make much of little.
func boundedFunctions() map[string]function.Function {
	return map[string]function.Function{
		"setproduct": bounded(stdlib.SetProductFunc, checkProduct),
		"format":     bounded(stdlib.FormatFunc, checkFormat),
		"formatlist": bounded(stdlib.FormatListFunc, checkFormat),
		"indent":     bounded(stdlib.IndentFunc, checkIndent),
		"join":       bounded(stdlib.JoinFunc, checkJoin),
		"replace":    bounded(stdlib.ReplaceFunc, checkReplace),
		"pow":        bounded(stdlib.PowFunc, checkPow),
	}
}

func checkProduct(args []cty.Value) error {
	n := 1
	for _, a := range args {
		if !a.CanIterateElements() {
			return nil // the function says it better
		}
		if n *= a.LengthInt(); n > maxProduct {
			return fmt.Errorf("this makes more than %d combinations", maxProduct)
		}
	}
	return nil
}

// formatWidth is a width or a precision in a format.
var formatWidth = regexp.MustCompile(`%[^a-zA-Z%]*[0-9]{5,}`)

func checkFormat(args []cty.Value) error {
	if len(args) > 0 && args[0].Type() == cty.String && formatWidth.MatchString(args[0].AsString()) {
		return function.NewArgErrorf(0, "a width in a format has %d digits at most", maxWidth)
	}
	return nil
}

func checkIndent(args []cty.Value) error {
	spaces, _ := args[0].AsBigFloat().Int64()
	lines := int64(strings.Count(args[1].AsString(), "\n")) + 1
	if spaces > maxResult/lines {
		return tooLarge()
	}
	return nil
}

func checkJoin(args []cty.Value) error {
	separator, n := len(args[0].AsString()), 0
	for _, list := range args[1:] {
		n += list.LengthInt()
	}
	if n > 0 && separator > maxResult/n {
		return tooLarge()
	}
	return nil
}

func checkReplace(args []cty.Value) error {
	found := strings.Count(args[0].AsString(), args[1].AsString())
	if found > 0 && len(args[2].AsString()) > maxResult/found {
		return tooLarge()
	}
	return nil
}

// checkPow looks at the digits of the result: so many times those of the base.
func checkPow(args []cty.Value) error {
	exponent, _ := args[1].AsBigFloat().Float64()
	if digitsOf(args[0].AsBigFloat())*max(exponent, -exponent) > maxDigits {
		return fmt.Errorf("the result has more than %d digits", maxDigits)
	}
	return nil
}

// digitsOf is about how many decimal digits the whole part of a number has, or the
// zeros behind the point of a small one.
func digitsOf(n *big.Float) float64 {
	const bitsOfDigit = 3.32
	if n.IsInf() || n.Sign() == 0 {
		return 0
	}
	bits := float64(n.MantExp(nil))
	return max(bits, -bits, 1) / bitsOfDigit
}

func tooLarge() error {
	return fmt.Errorf("the text would be larger than %d MiB", maxResult>>20)
}

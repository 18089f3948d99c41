package config

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// functions are those of the language, and what they read from outside. A value
// that was read once stays the same for the life of the configuration, and after
// Load nothing new is read: conditions must not depend on the hour they run.
type functions struct {
	l *loader

	mu     sync.Mutex
	sealed bool
	// inputs are what was read, by a key that names it; see loader.digest.
	inputs map[string]input
}

type input struct {
	value string
	err   error
}

func newFunctions(l *loader) *functions { return &functions{l: l, inputs: map[string]input{}} }

// seal ends reading.
func (f *functions) seal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sealed = true
}

// once returns what read returned when it was first called with a key.
func (f *functions) once(key string, read func() (string, error)) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in, ok := f.inputs[key]
	if !ok {
		if f.sealed {
			return "", errors.New("files and environment are read only while the configuration is loaded")
		}
		in.value, in.err = read()
		f.inputs[key] = in
	}
	return in.value, in.err
}

// all returns the functions for arguments.
func (f *functions) all() map[string]function.Function {
	out := f.pure()
	out["secret"] = f.secret()
	return out
}

// pure returns the functions for conditions too: those without secrets.
func (f *functions) pure() map[string]function.Function {
	out := standardFunctions()
	maps.Copy(out, boundedFunctions())
	out["env"] = f.envFunction()
	out["file"] = f.fileFunction()
	return out
}

// standardFunctions are those of go-cty under the names Terraform gave them, and
// two of patchwave.
func standardFunctions() map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc,
		"max": stdlib.MaxFunc, "min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc,
		"signum": stdlib.SignumFunc,

		"chomp": stdlib.ChompFunc,
		"lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc,
		"regexall": stdlib.RegexAllFunc, "split": stdlib.SplitFunc,
		"strlen": stdlib.StrlenFunc, "strrev": stdlib.ReverseFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc,
		"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc,
		"trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,

		"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
		"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc,
		"distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc,
		"index": stdlib.IndexFunc, "keys": stdlib.KeysFunc, "length": lengthFunction(), "lookup": stdlib.LookupFunc,
		"merge": stdlib.MergeFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setsubtract":     stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc,
		"sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

		"csvdecode": stdlib.CSVDecodeFunc, "jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc,
		"yamldecode": yamlDecodeFunction(),
		"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc,

		"tobool":   stdlib.MakeToFunc(cty.Bool),
		"tolist":   stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)),
		"tomap":    stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
		"tonumber": stdlib.MakeToFunc(cty.Number),
		"toset":    stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),
		"tostring": stdlib.MakeToFunc(cty.String),

		"can": tryfunc.CanFunc, "try": tryfunc.TryFunc,

		"cidrcontains": cidrContainsFunction(), "glob": globFunction(),
	}
}

// lengthFunction is length(value) as Terraform has it: that of go-cty, which counts
// the elements of a collection, and of a string its characters.
func lengthFunction() function.Function {
	counting := func(t cty.Type) function.Function {
		if t == cty.String {
			return stdlib.StrlenFunc
		}
		return stdlib.LengthFunc
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true, AllowMarked: true}},
		Type:   func(args []cty.Value) (cty.Type, error) { return counting(args[0].Type()).ReturnTypeForValues(args) },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return counting(args[0].Type()).Call(args) },
	})
}

func stringParameter(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.String}
}

// envFunction is env("X") and env("X", "default").
func (f *functions) envFunction() function.Function {
	fallback := stringParameter("default")
	return function.New(&function.Spec{
		Params:   []function.Parameter{stringParameter("name")},
		VarParam: &fallback,
		Type:     function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			name := args[0].AsString()
			if len(args) > 2 {
				return cty.NilVal, errors.New("env takes a name and a default")
			}
			value, err := f.once("env\x00"+name, func() (string, error) {
				if v, ok := f.l.opt.env(name); ok {
					return v, nil
				}
				return "", fmt.Errorf("environment variable %s is not set; set it, or give a default: env(%q, \"…\")", name, name)
			})
			if err != nil && len(args) == 2 {
				return args[1], nil
			}
			return cty.StringVal(value), err
		},
	})
}

// fileFunction is file("path"): a file inside the configuration directory.
func (f *functions) fileFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{stringParameter("path")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			path := args[0].AsString()
			value, err := f.once("file\x00"+path, func() (string, error) { return f.l.readInside(path) })
			return cty.StringVal(value), err
		},
	})
}

// readInside reads a text file of the configuration directory. A link may not
// lead out of it.
func (l *loader) readInside(path string) (string, error) {
	if filepath.IsAbs(path) || strings.HasPrefix(path, "~") {
		return "", errors.New("only files inside the configuration directory can be read; write a relative path")
	}
	root, err := os.OpenRoot(l.opt.Dir)
	if err != nil {
		return "", errors.New(explain(err))
	}
	defer func() { _ = root.Close() }() // nothing was written
	f, err := root.OpenFile(filepath.FromSlash(path), os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return "", errors.New(explain(err))
	}
	text, err := readOpened(f)
	if err != nil {
		return "", fmt.Errorf("%s cannot be used: %w", path, err)
	}
	if !utf8.Valid(text) {
		return "", fmt.Errorf("%s is not text in UTF-8", path)
	}
	return string(text), nil
}

// cidrContainsFunction is cidrcontains(prefix, address).
func cidrContainsFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{stringParameter("prefix"), stringParameter("address")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			prefix, err := netip.ParsePrefix(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(0, "%q is no prefix such as 10.0.0.0/8", args[0].AsString())
			}
			// A host may be declared by name: that is in no prefix.
			address, err := netip.ParseAddr(args[1].AsString())
			return cty.BoolVal(err == nil && prefix.Masked().Contains(address.Unmap().WithZone(""))), nil
		},
	})
}

// globFunction is glob(pattern, s).
func globFunction() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{stringParameter("pattern"), stringParameter("s")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			pattern := args[0].AsString()
			if err := inventory.CheckGlob(pattern); err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.BoolVal(inventory.MatchGlob(pattern, args[1].AsString())), nil
		},
	})
}

package config

import (
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// whereFile is the name of the place in diagnostics about --where.
const whereFile = "--where"

// CompileWhere compiles an expression over host, as --where takes it, with the
// variables, locals and functions of the configuration. The condition is nil if
// there are errors.
func (c *Config) CompileWhere(expr string) (policies.Condition, Diagnostics) {
	return asCondition(c.compileWhere(expr, hostScope))
}

// CompileUpdateWhere compiles an expression over host and update.
func (c *Config) CompileUpdateWhere(expr string) (policies.Condition, Diagnostics) {
	return asCondition(c.compileWhere(expr, baselineScope))
}

// asCondition keeps a nil pointer from becoming an interface that is not nil.
func asCondition(c *condition, ds Diagnostics) (policies.Condition, Diagnostics) {
	if c == nil {
		return nil, ds
	}
	return c, ds
}

func (c *Config) compileWhere(text string, in scope) (*condition, Diagnostics) {
	l := newLoader(c.opt)
	l.ctx.Variables = c.variables
	l.text.bytes[whereFile] = []byte(text)
	expr, ok := l.parseExpression(text, whereFile, hcl.InitialPos)
	if !ok {
		return nil, l.finish()
	}
	compiled := l.compile(expr, in)
	l.functions.seal()
	if compiled == nil {
		return nil, l.finish()
	}
	return compiled, l.finish()
}

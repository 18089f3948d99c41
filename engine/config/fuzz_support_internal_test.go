package config

import (
	"time"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/zclconf/go-cty/cty"
)

func fuzzSubjects() []policies.Subject {
	host := &inventory.Host{
		Name: "a", Address: "10.0.0.1", Labels: inventory.Labels{"a": "b", "role": "web"}, Groups: []string{"g", "h"},
		Vars: map[string]any{"a": []any{map[string]any{"b": []any{1.0, nil}}}, "x": "y"},
	}
	update := &inventory.Update{Name: "openssl", To: "1", CVEs: []string{"CVE-2026-1111"}}
	return []policies.Subject{
		{Host: host, Update: update, Facts: &inventory.Facts{Kernel: "6"}, LastSeen: time.Unix(1, 0)},
		{Host: &inventory.Host{Name: "b"}},
	}
}

// evalSlowly runs a condition with the evaluator, and lets it panic.
func evalSlowly(c *condition, s policies.Subject) bool {
	ctx := c.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{}
	for name, get := range c.inputs {
		ctx.Variables[name] = get(&s)
	}
	v, diags := c.expr.Value(ctx)
	return !diags.HasErrors() && isTrue(v)
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// hypervisorKeys are the parts of hypervisor = { … }.
var hypervisorKeys = []string{"type", "provider", "uri", "domain"}

// hypervisor reads what a host runs on. provider is a name or a reference; it is
// looked up when all blocks are known.
func (b *block) hypervisor(name string) (*inventory.Hypervisor, *ref) {
	a, ok := b.attrs[name]
	if !ok {
		return nil, nil
	}
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		b.l.fail(a.Expr.Range(), fmt.Sprintf("%s must be an object", name), "Write it in braces: { type = \"libvirt\", domain = \"web-01\" }.")
		return nil, nil
	}
	out, provider := &inventory.Hypervisor{}, (*ref)(nil)
	before := len(b.l.diags)
	for _, pair := range pairs {
		key, ok := b.l.key(pair.Key, b.ctx)
		switch {
		case !ok:
		case key == "provider":
			provider = b.providerOf(pair.Value)
		case !slices.Contains(hypervisorKeys, key):
			b.l.fail(pair.Key.Range(), fmt.Sprintf("hypervisor has no %q", key), "It has "+joinWords(hypervisorKeys)+"."+suggest(key, hypervisorKeys))
		default:
			b.hypervisorPart(out, key, pair.Value)
		}
	}
	if len(b.l.diags) > before {
		return nil, nil
	}
	switch {
	case provider == nil && out.Type == "":
		b.l.fail(a.Expr.Range(), "hypervisor has neither type nor provider", "Name the kind of hypervisor, or a provider block.")
	case provider != nil && out.Type != "":
		b.l.fail(a.Expr.Range(), "hypervisor has both type and provider", "The provider has a type of its own; leave type out.")
	}
	return out, provider
}

// key evaluates the key of an object. A bare word stands for itself.
func (l *loader) key(expr hcl.Expression, ctx *hcl.EvalContext) (string, bool) {
	if word := hcl.ExprAsKeyword(expr); word != "" {
		return word, true
	}
	v, ok := l.eval(expr, ctx)
	if !ok {
		return "", false
	}
	return l.asText(v, expr.Range(), "each key")
}

func (b *block) hypervisorPart(out *inventory.Hypervisor, key string, expr hcl.Expression) {
	v, ok := b.l.eval(expr, b.ctx)
	if !ok {
		return
	}
	s, ok := b.l.asText(v, expr.Range(), key)
	switch {
	case !ok:
	case s == "" || strings.ContainsFunc(s, isControl):
		b.l.fail(expr.Range(), fmt.Sprintf("%s of hypervisor is empty or has a control character in it", key), "")
	case key == "type":
		if b.l.isWord(s, expr.Range(), "type of hypervisor", policies.ProviderTypes()) {
			out.Type = s
		}
	case key == "uri":
		out.URI = s
	default:
		out.Domain = s
	}
}

// providerOf reads provider.NAME or "NAME".
func (b *block) providerOf(expr hcl.Expression) *ref {
	if t, ok := traversalOf(expr); ok && t.RootName() == "provider" {
		if name, ok := stepName(t); ok {
			return &ref{kind: "provider", name: name, at: expr.Range()}
		}
	}
	v, ok := b.l.eval(expr, b.ctx)
	if !ok {
		return nil
	}
	s, ok := b.l.asText(v, expr.Range(), "provider")
	if !ok {
		return nil
	}
	return &ref{kind: "provider", name: s, at: expr.Range()}
}

// mac reads a hardware address of six bytes, with colons or dashes, and returns it
// in lower case with colons.
func (b *block) mac(name string) (string, bool) {
	s, ok := b.text(name)
	if !ok {
		return "", false
	}
	out := strings.ToLower(strings.ReplaceAll(s, "-", ":"))
	if !isMAC(out) {
		b.l.fail(b.place(name), fmt.Sprintf("%q is no hardware address", s), "Write six bytes in hex: \"52:54:00:12:34:56\".")
		return "", false
	}
	return out, true
}

func isMAC(s string) bool {
	if len(s) != 17 {
		return false
	}
	for i, r := range s {
		if (i%3 == 2) != (r == ':') || !strings.ContainsRune("0123456789abcdef:", r) {
			return false
		}
	}
	return s != "00:00:00:00:00:00" && s != "ff:ff:ff:ff:ff:ff"
}

// object reads an object; its elements are in order of key.
func (b *block) object(name, example string) (map[string]cty.Value, hcl.Range, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return nil, at, false
	}
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		b.l.fail(at, fmt.Sprintf("%s must be an object", name), "Write it in braces: "+example+".")
		return nil, at, false
	}
	return v.AsValueMap(), at, true
}

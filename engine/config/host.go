package config

import (
	"cmp"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strings"

	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// host is one declared machine; a range makes many of them.
type host struct {
	name     string
	at       hcl.Range
	address  string
	labels   inventory.Labels
	vars     map[string]any
	timezone string
	mac      string
	// hypervisor is shared by the hosts of a range unless it varies with them.
	hypervisor *inventory.Hypervisor
	// source is the source block it comes from, "" if it has a block of its own.
	source string
	// sourceKind is the kind of connection that the source asks for, or "".
	sourceKind string
	// login is what the source says about reaching it; nil if nothing.
	login *login

	connectionRef *ref
	siteRef       *ref
	// providerRef is the provider of its hypervisor.
	providerRef *ref
	// says is set if the host has a connection argument, a wrong one included.
	says        bool
	dependsRefs []ref

	// Set by linking:

	// own is the connection of the host itself, or nil; inForce that of its own or
	// a group's.
	own, inForce *connection
	depends      []*host
	site         *site
	// index is the place in model.hosts.order.
	index int
}

func hostShape() shape {
	return shape{optional: []string{
		"address", "connection", "labels", "timezone", "depends_on", "vars", "site", "mac", "hypervisor",
	}}
}

// maxHosts bounds the hosts of a configuration: four full ranges.
const maxHosts = 4 * maxRange

// tooManyHosts reports the block with which the hosts become too many.
func (l *loader) tooManyHosts(blocks hcl.Blocks) bool {
	n := 0
	for _, raw := range blocks {
		if raw.Type != "host" || len(raw.Labels) == 0 {
			continue
		}
		if span, err := parseRange(raw.Labels[0]); err == nil {
			n += span.count()
		}
		if n > maxHosts {
			l.fail(labelRange(raw), "too many hosts", fmt.Sprintf("One configuration has %d hosts at most; divide the fleet among several.", maxHosts))
			return true
		}
	}
	return false
}

func (l *loader) decodeHost(raw *hcl.Block) {
	b := l.open(raw, hostShape())
	span, err := parseRange(b.name)
	if err != nil {
		l.fail(labelRange(raw), fmt.Sprintf("%q is no host name", b.name), sentence(err))
		return
	}
	shared := &host{at: raw.DefRange, says: b.meant("connection")}
	if r, ok := b.ref("connection", "connection"); ok {
		shared.connectionRef = &r
	}
	shared.dependsRefs = b.refs("depends_on", false, "host")
	shared.siteRef = b.optionalRef("site", "site")
	if !span.ranged {
		h := *shared
		b.decodeHostValues(&h, b.name)
		declare(l, l.model.hosts, h.name, labelRange(raw), &h)
		return
	}
	b.decodeRange(shared, span, labelRange(raw))
}

// decodeRange makes one host a number. What does not mention each is evaluated
// once; after a mistake in one of the hosts the others would only repeat it.
func (b *block) decodeRange(shared *host, span hostRange, at hcl.Range) {
	varying, constant := hcl.Attributes{}, hcl.Attributes{}
	for name, a := range b.attrs {
		if usesEach(a.Expr) {
			varying[name] = a
		} else {
			constant[name] = a
		}
	}
	b.attrs = constant
	b.decodeHostValues(shared, "")
	if _, fixed := constant["address"]; fixed && span.count() > 1 {
		b.l.warn(b.place("address"), "every host of this range has the same address",
			"Use each in it, for example \"10.0.1.${each.number}\".")
	}
	if _, fixed := constant["mac"]; fixed && span.count() > 1 {
		b.l.warn(b.place("mac"), "every host of this range has the same mac", "Waking one would wake another. Use each in it.")
	}
	b.attrs = varying
	before := len(b.l.diags)
	for i := range span.count() {
		h := *shared
		h.name, h.address = span.name(i), cmp.Or(shared.address, span.name(i))
		if len(varying) > 0 && len(b.l.diags) == before {
			b.ctx = b.eachContext(span, i)
			b.decodeHostValues(&h, h.name)
		}
		if !declare(b.l, b.l.model.hosts, h.name, at, &h) {
			return
		}
	}
}

// eachContext is the scope in which each is host i of a range.
func (b *block) eachContext(span hostRange, i int) *hcl.EvalContext {
	ctx := b.l.ctx.NewChild()
	ctx.Variables = map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{
		"name":   cty.StringVal(span.name(i)),
		"index":  cty.StringVal(span.index(i)),
		"number": cty.NumberIntVal(int64(span.number(i))),
	})}
	return ctx
}

func usesEach(expr hcl.Expression) bool {
	for _, t := range expr.Variables() {
		if t.RootName() == "each" {
			return true
		}
	}
	return false
}

// decodeHostValues reads the arguments that are plain values. name is "" for the
// part that all hosts of a range share.
func (b *block) decodeHostValues(h *host, name string) {
	h.name = name
	if s, ok := b.text("address"); ok {
		if !isAddress(s) {
			b.l.fail(b.place("address"), fmt.Sprintf("%q is no address", s),
				"Write a DNS name or an IP address; user and port belong to the connection.")
		}
		h.address = s
	}
	if h.address == "" {
		h.address = name
	}
	if labels, ok := b.labels("labels"); ok {
		h.labels = labels
	}
	if zone, ok := b.zone(); ok {
		h.timezone = zone.String()
	}
	if mac, ok := b.mac("mac"); ok {
		h.mac = mac
	}
	if hv, provider := b.hypervisor("hypervisor"); hv != nil {
		h.hypervisor, h.providerRef = hv, provider
	}
	if v, at, ok := b.value("vars"); ok {
		if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
			b.l.fail(at, "vars must be an object", "Write it in braces: { owner = \"web team\" }.")
		} else if vars, ok := toJSON(v).(map[string]any); ok {
			h.vars = vars
		}
	}
}

// labels reads an object of strings.
func (b *block) labels(name string) (inventory.Labels, bool) {
	v, at, ok := b.value(name)
	if !ok {
		return nil, false
	}
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		b.l.fail(at, fmt.Sprintf("%s must be an object", name), "Write it in braces: { role = \"web\" }.")
		return nil, false
	}
	out := make(inventory.Labels, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		key := k.AsString()
		s, err := convert.Convert(e, cty.String)
		switch {
		case !labelPattern.MatchString(key):
			b.l.fail(at, fmt.Sprintf("%q is no name for a label", key), "Use letters, digits, dots, dashes, underscores and slashes.")
		case err != nil || s.IsNull():
			b.l.fail(at, fmt.Sprintf("label %q must be a string", key), "")
		case strings.ContainsFunc(s.AsString(), isControl):
			b.l.fail(at, fmt.Sprintf("label %q has a control character in it", key), "")
		default:
			out[key] = s.AsString()
		}
	}
	return out, true
}

func isControl(r rune) bool { return r < ' ' || (r >= 0x7f && r < 0xa0) }

// labelPattern is what a label may be called; a selector can name it.
var labelPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$`)

// addressPattern is what a DNS name consists of.
var addressPattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})$`)

func isAddress(s string) bool {
	if addr, err := netip.ParseAddr(s); err == nil {
		return !strings.ContainsFunc(addr.Zone(), isSpaceOrControl)
	}
	return addressPattern.MatchString(s)
}

// toJSON turns a value into what encoding/json would make of it.
func toJSON(v cty.Value) any {
	switch ty := v.Type(); {
	case v.IsNull():
		return nil
	case ty == cty.String:
		return v.AsString()
	case ty == cty.Bool:
		return v.True()
	case ty == cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return min(max(f, -math.MaxFloat64), math.MaxFloat64) // JSON has no infinity
	case ty.IsObjectType() || ty.IsMapType():
		out := make(map[string]any, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			out[k.AsString()] = toJSON(e)
		}
		return out
	default:
		out := make([]any, 0, v.LengthInt())
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			out = append(out, toJSON(e))
		}
		return out
	}
}

// labelRange is the place of a block's name.
func labelRange(b *hcl.Block) hcl.Range {
	if len(b.LabelRanges) > 0 {
		return b.LabelRanges[0]
	}
	return b.DefRange
}

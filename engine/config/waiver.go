package config

import (
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// waiver is an exception with an owner and an end.
type waiver struct {
	at       hcl.Range
	value    policies.Waiver
	hostRefs []ref

	// Set by linking:
	hosts  []*host
	groups []*group
}

func waiverShape() shape {
	return shape{required: []string{"hosts", "updates", "until", "owner", "reason"}}
}

func (l *loader) decodeWaiver(raw *hcl.Block) {
	b := l.open(raw, waiverShape())
	w := &waiver{at: raw.DefRange, value: policies.Waiver{Name: b.name, Pos: position(raw.DefRange)}}
	w.hostRefs = b.hostRefs("hosts")
	w.value.Updates = b.globs("updates")
	w.value.Until = b.endOfDay("until", "It excuses nothing any more. Remove it, or move its end.")
	w.value.Owner, _ = b.nonEmpty("owner")
	w.value.Reason, _ = b.nonEmpty("reason")
	declare(l, l.model.waivers, b.name, labelRange(raw), w)
}

// hostRefs reads a host, a group or a list of them, which may not be empty.
func (b *block) hostRefs(name string) []ref {
	out := b.refs(name, true, "host", "group")
	if a, ok := b.attrs[name]; ok {
		if exprs, diags := hcl.ExprList(a.Expr); !diags.HasErrors() && len(exprs) == 0 {
			b.l.fail(a.Expr.Range(), name+" is empty", "Name a host, a group or several.")
		}
	}
	return out
}

package config

import (
	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
)

// group is a declared set of hosts: members and where add up.
type group struct {
	name          string
	at            hcl.Range
	memberRefs    []ref
	where         *condition
	labels        inventory.Labels
	labelsAt      hcl.Range
	connectionRef *ref
	// unclear is set if a mistake was reported about who its members are.
	unclear bool
	// says is set if the group has a connection argument, a wrong one included.
	says bool

	// Set by linking:

	// hosts and groups are the members.
	hosts  []*host
	groups []*group
	// connection is that of connectionRef.
	connection *connection
	// facts is the group whose where reads facts, this one or one below it; nil if
	// membership is known from the configuration alone.
	facts *group
}

func groupShape() shape {
	return shape{optional: []string{"members", "where", "labels", "connection"}}
}

func (l *loader) decodeGroup(raw *hcl.Block) {
	b := l.open(raw, groupShape())
	g := &group{name: b.name, at: raw.DefRange, says: b.meant("connection")}
	before := len(l.diags)
	g.memberRefs = b.refs("members", false, "host", "group")
	g.where = b.where("where", groupScope)
	g.unclear = len(l.diags) > before || b.slipped("members", "where")
	g.labels, _ = b.labels("labels")
	g.labelsAt = b.place("labels")
	if r, ok := b.ref("connection", "connection"); ok {
		g.connectionRef = &r
	}
	if !b.meant("members", "where") {
		l.fail(raw.DefRange, "a group without members", "Give it members, where, or both.")
	}
	declare(l, l.model.groups, g.name, labelRange(raw), g)
}

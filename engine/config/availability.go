package config

import (
	"fmt"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// availability is a bound that holds across every policy.
type availability struct {
	at       hcl.Range
	value    policies.Availability
	hostRefs []ref

	// Set by linking:
	hosts  []*host
	groups []*group
}

func availabilityShape() shape {
	return shape{required: []string{"hosts"}, optional: []string{"max_unavailable", "min_healthy"}, named: probeKinds}
}

func (l *loader) decodeAvailability(raw *hcl.Block) {
	b := l.open(raw, availabilityShape())
	a := &availability{at: raw.DefRange, value: policies.Availability{Name: b.name, Pos: position(raw.DefRange)}}
	a.hostRefs = b.hostRefs("hosts")
	a.value.MaxUnavailable, _ = b.amount("max_unavailable", 1)
	a.value.MinHealthy, _ = b.amount("min_healthy", 1)
	a.value.Probes = b.probes()
	switch most, least := b.has("max_unavailable"), b.has("min_healthy"); {
	case most && least:
		first, second := inOrder(b.place("max_unavailable"), b.place("min_healthy"))
		l.fail(second, fmt.Sprintf("availability %q has max_unavailable and min_healthy", b.name), "Give exactly one of them.", first)
	case !b.meant("max_unavailable", "min_healthy"):
		l.fail(raw.DefRange, fmt.Sprintf("availability %q bounds nothing", b.name), "Give it max_unavailable or min_healthy.")
	}
	declare(l, l.model.availabilities, b.name, labelRange(raw), a)
}

package config

import (
	"fmt"
	"strings"
	"time"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// verification is what must be true after the updates.
type verification struct {
	at    hcl.Range
	value *policies.Verification
	// failureAt is the place of on_failure.
	failureAt hcl.Range
}

func verificationShape() shape {
	return shape{optional: []string{"on_failure"}, named: []string{"service", "tcp", "command"}}
}

func (l *loader) decodeVerification(raw *hcl.Block) {
	b := l.open(raw, verificationShape())
	v := &verification{at: raw.DefRange, failureAt: b.place("on_failure"), value: &policies.Verification{
		Name: b.name, OnFailure: policies.FailStop, Pos: position(raw.DefRange),
	}}
	if w, ok := b.word("on_failure", "rollback", "stop", "continue"); ok {
		v.value.OnFailure = policies.OnFailure(w)
	}
	names := map[string]*table[string]{}
	for _, inner := range b.inner {
		if names[inner.Type] == nil {
			names[inner.Type] = newTable[string](inner.Type)
		}
		p := l.decodeProbe(inner)
		if declare(l, names[inner.Type], p.Name, labelRange(inner), p.Name) {
			v.value.Probes = append(v.value.Probes, p)
		}
	}
	if len(b.inner) == 0 {
		l.fail(raw.DefRange, fmt.Sprintf("verification %q asks nothing", b.name), "Give it at least one of service, tcp, command.")
	}
	declare(l, l.model.verifications, b.name, labelRange(raw), v)
}

// defaultWithin is how long a probe is repeated until it is true: services need a
// moment after a reboot.
const defaultWithin = time.Minute

func probeShape(kind policies.ProbeKind) shape {
	switch kind {
	case policies.ProbeTCP:
		return shape{required: []string{"port"}, optional: []string{"within", "on"}}
	case policies.ProbeCommand:
		return shape{required: []string{"run"}, optional: []string{"within", "on", "become"}}
	default:
		return shape{optional: []string{"state", "within"}}
	}
}

func (l *loader) decodeProbe(raw *hcl.Block) policies.Probe {
	kind := policies.ProbeKind(raw.Type)
	b := l.open(raw, probeShape(kind))
	p := policies.Probe{Kind: kind, Name: b.name, Within: defaultWithin, On: "host", Become: true, Pos: position(raw.DefRange)}
	switch kind {
	case policies.ProbeService:
		p.State = "running"
		if w, ok := b.word("state", "running", "stopped"); ok {
			p.State = w
		}
	case policies.ProbeTCP:
		p.On = "controller"
		p.Port, _ = b.number("port", 1, 65535)
	case policies.ProbeCommand:
		p.Run, _ = b.nonEmpty("run")
		if strings.ContainsRune(p.Run, 0) {
			l.fail(b.place("run"), "a command cannot contain a zero byte", "")
		}
		if become, ok := b.flag("become"); ok {
			p.Become = become
		}
	}
	if w, ok := b.word("on", "host", "controller"); ok {
		p.On = w
	}
	if kind == policies.ProbeCommand && p.On == "controller" {
		l.fail(b.place("on"), "commands on the controller are not available in this version", "Leave on out: the command runs on the host.")
	}
	if d, ok := b.span("within"); ok {
		p.Within = d
	}
	return p
}

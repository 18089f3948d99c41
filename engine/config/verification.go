package config

import (
	"fmt"
	"slices"
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

// probeKinds are the blocks that ask a question.
var probeKinds = []string{"service", "tcp", "http", "command"}

func verificationShape() shape {
	return shape{optional: []string{"on_failure", "unchanged"}, named: probeKinds}
}

func (l *loader) decodeVerification(raw *hcl.Block) {
	b := l.open(raw, verificationShape())
	v := &verification{at: raw.DefRange, failureAt: b.place("on_failure"), value: &policies.Verification{
		Name: b.name, OnFailure: policies.FailStop, Pos: position(raw.DefRange),
	}}
	if w, ok := b.word("on_failure", probeFailures()...); ok {
		v.value.OnFailure = policies.OnFailure(w)
	}
	v.value.Unchanged, _ = b.words("unchanged", policies.HealthParts()...)
	v.value.Probes = b.probes()
	if !b.meant(append([]string{"unchanged"}, probeKinds...)...) {
		l.fail(raw.DefRange, fmt.Sprintf("verification %q asks nothing", b.name), "Give it at least one of unchanged, "+joinWords(probeKinds)+".")
	}
	declare(l, l.model.verifications, b.name, labelRange(raw), v)
}

// probes reads the questions in a block.
func (b *block) probes() []policies.Probe {
	var out []policies.Probe
	names := map[string]*table[string]{}
	for _, inner := range b.inner {
		if !slices.Contains(probeKinds, inner.Type) {
			continue
		}
		if names[inner.Type] == nil {
			names[inner.Type] = newTable[string](inner.Type)
		}
		p := b.l.decodeProbe(inner)
		if declare(b.l, names[inner.Type], p.Name, labelRange(inner), p.Name) {
			out = append(out, p)
		}
	}
	return out
}

// defaultWithin is how long a probe is repeated until it is true: services need a
// moment after a reboot.
const defaultWithin = time.Minute

func probeShape(kind policies.ProbeKind) shape {
	switch kind {
	case policies.ProbeTCP:
		return shape{required: []string{"port"}, optional: []string{"within", "on"}}
	case policies.ProbeHTTP:
		return shape{required: []string{"url"}, optional: []string{"within", "on", "status", "body"}}
	case policies.ProbeCommand:
		return shape{required: []string{"run"}, optional: []string{"within", "on", "become"}}
	default:
		return shape{optional: []string{"state", "within"}}
	}
}

func (l *loader) decodeProbe(raw *hcl.Block) policies.Probe {
	kind := policies.ProbeKind(raw.Type)
	b := l.open(raw, probeShape(kind))
	p := policies.Probe{Kind: kind, Name: b.name, Within: defaultWithin, On: policies.OnHost, Become: true, Pos: position(raw.DefRange)}
	if kind == policies.ProbeTCP || kind == policies.ProbeHTTP {
		p.On = policies.OnController
	}
	if w, ok := b.word("on", runPlaces()...); ok {
		p.On = w
	}
	switch kind {
	case policies.ProbeService:
		p.State = "running"
		if w, ok := b.word("state", serviceStates()...); ok {
			p.State = w
		}
	case policies.ProbeTCP:
		p.Port, _ = b.number("port", 1, 65535)
	case policies.ProbeHTTP:
		b.httpProbe(&p)
	case policies.ProbeCommand:
		b.commandProbe(&p)
	}
	if d, ok := b.span("within"); ok {
		p.Within = d
	}
	return p
}

// commandProbe reads a command line, or a list of a program and its arguments.
func (b *block) commandProbe(p *policies.Probe) {
	a, ok := b.attrs["run"]
	if !ok {
		return
	}
	if become, ok := b.flag("become"); ok {
		p.Become = become
		if p.On == policies.OnController {
			b.l.fail(b.place("become"), "become has no meaning on the controller", "Commands there run as the user patchwave runs as.")
		}
	}
	if _, diags := hcl.ExprList(a.Expr); diags.HasErrors() {
		p.Run = b.script("run")
		return
	}
	in := hostScope
	if p.On == policies.OnController {
		in = declaredScope("this command")
	}
	p.Command = b.command("run", in)
}

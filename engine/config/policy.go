package config

import (
	"fmt"
	"slices"
	"time"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// policy says how a set of hosts is patched.
type policy struct {
	name string
	at   hcl.Range
	// value has everything but what linking and resolving add.
	value policies.Policy

	hostRefs                                  []ref
	baselineRef, preparationRef, verification *ref

	// Set by linking:
	hosts  []*host
	groups []*group
	verify *verification
}

// The defaults of the language.
const (
	defaultPriority      = 50
	defaultRebootTimeout = 20 * time.Minute
	defaultCycles        = 2
	maxPriority          = 1_000_000
	maxCycles            = 100
)

func policyShape() shape {
	return shape{
		required: []string{"hosts", "baseline"},
		optional: []string{"preparation", "verification", "priority", "updates"},
		blocks:   []string{"reboot", "rollout"},
	}
}

func (l *loader) decodePolicy(raw *hcl.Block) {
	b := l.open(raw, policyShape())
	p := &policy{name: b.name, at: raw.DefRange, value: policies.Policy{
		Name: b.name, Priority: defaultPriority, Updates: "all", Pos: position(raw.DefRange),
	}}
	p.hostRefs = b.refs("hosts", true, "host", "group")
	if a, ok := b.attrs["hosts"]; ok {
		if exprs, diags := hcl.ExprList(a.Expr); !diags.HasErrors() && len(exprs) == 0 {
			l.fail(a.Expr.Range(), "hosts is empty", "A policy without hosts does nothing; name a host, a group or several.")
		}
	}
	p.baselineRef = b.optionalRef("baseline", "baseline")
	p.preparationRef = b.optionalRef("preparation", "preparation")
	p.verification = b.optionalRef("verification", "verification")
	if n, ok := b.number("priority", 0, maxPriority); ok {
		p.value.Priority = n
	}
	if w, ok := b.word("updates", "all", "no-reboot", "reboot"); ok {
		p.value.Updates = w
	}
	p.value.Reboot = l.decodeReboot(b.only("reboot"))
	p.value.Rollout = l.decodeRollout(b.only("rollout"), raw.DefRange)
	declare(l, l.model.policies, b.name, labelRange(raw), p)
}

func (b *block) optionalRef(name, kind string) *ref {
	r, ok := b.ref(name, kind)
	if !ok {
		return nil
	}
	return &r
}

func rebootShape() shape { return shape{optional: []string{"when", "timeout", "cycles", "stagger"}} }

func (l *loader) decodeReboot(raw *hcl.Block) policies.Reboot {
	r := policies.Reboot{When: policies.RebootRequired, Timeout: defaultRebootTimeout, Cycles: defaultCycles}
	if raw == nil {
		return r
	}
	b := l.open(raw, rebootShape())
	if w, ok := b.word("when", "required", "always", "never", "defer"); ok {
		r.When = policies.RebootWhen(w)
		if r.When == policies.RebootDefer {
			l.fail(b.place("when"), "deferred reboots are not available in this version", "They need a window; use required, always or never.")
		}
	}
	if d, ok := b.span("timeout"); ok {
		r.Timeout = d
	}
	if n, ok := b.number("cycles", 1, maxCycles); ok {
		r.Cycles = n
	}
	r.Stagger, _ = b.spanOrZero("stagger")
	return r
}

// failureStates are the host states that a rollout may count as failures, and
// those it counts where it does not say.
var (
	failureStates  = []string{"failed", "rolled-back", "unreachable", "lost", "deferred"}
	defaultFailure = []string{"failed", "rolled-back", "unreachable", "lost"}
)

func rolloutShape() shape {
	return shape{optional: []string{"max_failures", "counts"}, named: []string{"wave"}}
}

// decodeRollout reads waves and the failure threshold. Without a block there is
// one wave, and the first failure stops.
func (l *loader) decodeRollout(raw *hcl.Block, at hcl.Range) policies.Rollout {
	out := policies.Rollout{
		Counts:      slices.Clone(defaultFailure),
		MaxFailures: policies.Amount{Given: true},
	}
	if raw != nil {
		at = raw.DefRange
		b := l.open(raw, rolloutShape())
		if a, ok := b.amount("max_failures", 0); ok {
			out.MaxFailures = a
		}
		if words, ok := b.words("counts", failureStates...); ok {
			out.Counts = words
		}
		names := newTable[string]("wave")
		for _, inner := range b.inner {
			w := l.decodeWave(inner)
			if declare(l, names, w.Name, labelRange(inner), w.Name) {
				out.Waves = append(out.Waves, w)
			}
		}
		l.checkWaves(b.inner)
	}
	if len(out.Waves) == 0 {
		out.Waves = []policies.Wave{{Name: "all", Batch: defaultBatch(), Pos: position(at)}}
	}
	return out
}

func defaultBatch() policies.Amount {
	return policies.Amount{Count: policies.DefaultBatch, Given: true}
}

func waveShape() shape {
	return shape{optional: []string{"count", "percent", "batch", "max_unavailable", "soak"}}
}

func (l *loader) decodeWave(raw *hcl.Block) policies.Wave {
	b := l.open(raw, waveShape())
	w := policies.Wave{Name: b.name, Batch: defaultBatch(), Pos: position(raw.DefRange)}
	w.Count, _ = b.number("count", 1, maxAmount)
	w.Percent, _ = b.number("percent", 1, 100)
	if b.has("count") && b.has("percent") {
		l.fail(raw.DefRange, fmt.Sprintf("wave %q has count and percent", b.name), "Give one of them, or none for all hosts that are left.")
	}
	if a, ok := b.amount("batch", 1); ok {
		w.Batch = a
	}
	if a, ok := b.amount("max_unavailable", 1); ok {
		w.MaxUnavailable = a
	}
	w.Soak, _ = b.spanOrZero("soak")
	return w
}

// checkWaves refuses waves behind one that takes all that is left.
func (l *loader) checkWaves(waves hcl.Blocks) {
	for i, raw := range waves {
		attrs, _, _ := raw.Body.PartialContent(waveShape().schema()) // decodeWave reports what is wrong
		_, count := attrs.Attributes["count"]
		_, percent := attrs.Attributes["percent"]
		if !count && !percent && i < len(waves)-1 {
			l.fail(raw.DefRange, fmt.Sprintf("wave %q takes all hosts that are left and is not the last", raw.Labels[0]),
				"Give it count or percent, or move it to the end.", waves[i+1].DefRange)
		}
	}
}

package config

import (
	"fmt"
	"slices"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// failureStates are the host states that a rollout may count as failures, and
// those it counts where it does not say.
var (
	failureStates  = []string{"failed", "rolled-back", "unreachable", "lost", "deferred"}
	defaultFailure = []string{"failed", "rolled-back", "unreachable", "lost"}
)

func rolloutShape() shape {
	return shape{optional: []string{"max_failures", "counts", "split"}, named: []string{"wave"}}
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
		if w, ok := b.word("split", splits()...); ok {
			out.Split = w
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
		first, second := inOrder(b.place("count"), b.place("percent"))
		l.fail(second, fmt.Sprintf("wave %q has count and percent", b.name), "Give one of them, or none for all hosts that are left.", first)
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
		content, diags := raw.Body.Content(waveShape().schema()) // decodeWave reports what is wrong
		_, count := content.Attributes["count"]
		_, percent := content.Attributes["percent"]
		slip := reportedAs(diags, "count") || reportedAs(diags, "percent")
		if !count && !percent && !slip && i < len(waves)-1 {
			l.fail(raw.DefRange, fmt.Sprintf("wave %q takes all hosts that are left and is not the last", raw.Labels[0]),
				"Give it count or percent, or move it to the end.", waves[i+1].DefRange)
		}
	}
}

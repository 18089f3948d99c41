package config

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

func standardShape() shape { return shape{blocks: []string{"deadline"}} }

func (l *loader) decodeStandard(raw *hcl.Block) {
	b := l.open(raw, standardShape())
	s := &policies.Standard{Name: b.name, Pos: position(raw.DefRange)}
	for _, inner := range b.inner {
		s.Deadlines = append(s.Deadlines, l.decodeDeadline(inner))
	}
	if !b.meant("deadline") {
		l.fail(raw.DefRange, fmt.Sprintf("standard %q has no deadline", b.name), "Every host would meet it; give it a deadline block.")
	}
	if slices.Contains(policies.BuiltInStandards(), strings.ToLower(b.name)) {
		l.fail(labelRange(raw), fmt.Sprintf("standard %q is built in", b.name), "It cannot be declared again; choose another name.")
		return
	}
	declare(l, l.model.standards, b.name, labelRange(raw), s)
}

func deadlineShape() shape {
	return shape{required: []string{"within"}, optional: []string{"severity", "classification", "known_exploited"}}
}

func (l *loader) decodeDeadline(raw *hcl.Block) policies.Deadline {
	b := l.open(raw, deadlineShape())
	d := policies.Deadline{Pos: position(raw.DefRange)}
	d.Severities = b.severities()
	d.Classifications = b.classifications()
	if known, ok := b.flag("known_exploited"); ok {
		d.KnownExploited = &known
	}
	d.Within, _ = b.span("within")
	if !b.meant("severity", "classification", "known_exploited") {
		l.fail(raw.DefRange, "a deadline without a criterion", "Give it severity, classification or known_exploited.")
	}
	return d
}

func (b *block) severities() []inventory.Severity {
	var out []inventory.Severity
	words, _ := b.words("severity", wordsOf(inventory.Severities())...)
	for _, w := range words {
		out = append(out, inventory.Severity(w))
	}
	return out
}

func (b *block) classifications() []inventory.Classification {
	var out []inventory.Classification
	words, _ := b.words("classification", wordsOf(inventory.Classifications())...)
	for _, w := range words {
		out = append(out, inventory.Classification(w))
	}
	return out
}

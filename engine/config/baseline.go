package config

import (
	"fmt"
	"regexp"
	"time"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// baseline is an ordered list of rules; it needs no linking, so that the value is
// made at once.
type baseline struct {
	at    hcl.Range
	value *policies.Baseline
}

func baselineShape() shape {
	return shape{named: []string{"approve", "hold", "reject", "pin"}}
}

func (l *loader) decodeBaseline(raw *hcl.Block) {
	b := l.open(raw, baselineShape())
	value := &policies.Baseline{Name: b.name, Pos: position(raw.DefRange)}
	names := newTable[string]("rule")
	for _, inner := range b.inner {
		r := l.decodeRule(inner)
		if declare(l, names, r.Name, labelRange(inner), r.Name) {
			value.Rules = append(value.Rules, r)
		}
	}
	if !b.meant(baselineShape().named...) && !b.unknown.HasErrors() {
		l.warn(raw.DefRange, fmt.Sprintf("baseline %q approves nothing", b.name), "What no rule matches is not approved; add an approve rule.")
	}
	declare(l, l.model.baselines, b.name, labelRange(raw), &baseline{at: raw.DefRange, value: value})
}

// criteria are the arguments of which every rule needs at least one.
var criteria = []string{"packages", "kbs", "cves", "classification", "severity", "known_exploited", "where"}

func ruleShape(kind policies.RuleKind) shape {
	s := shape{optional: append([]string{"reason"}, criteria...)}
	switch kind {
	case policies.RuleApprove:
		s.optional = append(s.optional, "after", "allow_removals")
	case policies.RulePin:
		s.required = append(s.required, "version")
		s.optional = append(s.optional, "until")
	case policies.RuleHold, policies.RuleReject:
		s.optional = append(s.optional, "until")
	}
	return s
}

func (l *loader) decodeRule(raw *hcl.Block) policies.Rule {
	kind := policies.RuleKind(raw.Type)
	b := l.open(raw, ruleShape(kind))
	r := policies.Rule{Kind: kind, Name: b.name, Pos: position(raw.DefRange)}
	before := len(l.diags)
	r.Packages = b.globs("packages")
	r.KBs = b.matching("kbs", kbPattern, "the number of a knowledge base article such as KB5034441")
	r.CVEs = b.matching("cves", cvePattern, "the number of a vulnerability such as CVE-2026-12345")
	r.Classifications = b.classifications()
	r.Severities = b.severities()
	if known, ok := b.flag("known_exploited"); ok {
		r.KnownExploited = &known
	}
	if c := b.where("where", baselineScope); c != nil {
		r.Where = c
	}
	if !hasCriterion(&r) && len(l.diags) == before && !b.slipped(criteria...) {
		l.fail(raw.DefRange, fmt.Sprintf("%s %q has no criterion", kind, b.name),
			"It would match every update. Give at least one of "+joinWords(criteria)+"; packages = [\"*\"] says every package.")
	}
	r.After, _ = b.spanOrZero("after")
	r.AllowRemovals, _ = b.flag("allow_removals")
	r.Reason, _ = b.nonEmpty("reason")
	if version, ok := b.nonEmpty("version"); ok {
		if err := inventory.CheckGlob(version); err != nil {
			l.fail(b.place("version"), fmt.Sprintf("%q is no pattern", version), sentence(err))
		}
		r.Version = version
	}
	r.Until = b.endOfDay("until", "The rule is dead: it matches nothing. Remove it, or move its end.")
	return r
}

// hasCriterion reports whether a rule says what it is about.
func hasCriterion(r *policies.Rule) bool {
	return len(r.Packages)+len(r.KBs)+len(r.CVEs)+len(r.Classifications)+len(r.Severities) > 0 ||
		r.KnownExploited != nil || r.Where != nil
}

// globs reads a list of patterns.
func (b *block) globs(name string) []string {
	items, _ := b.someTexts(name)
	for _, it := range items {
		if err := inventory.CheckGlob(it.text); err != nil {
			b.l.fail(it.at, fmt.Sprintf("%q is no pattern", it.text), sentence(err))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return plain(items)
}

// matching reads a list of numbers that have a form.
func (b *block) matching(name string, pattern *regexp.Regexp, form string) []string {
	items, _ := b.someTexts(name)
	for _, it := range items {
		if !pattern.MatchString(it.text) {
			b.l.fail(it.at, fmt.Sprintf("%q is not %s", it.text, form), "")
		}
	}
	if len(items) == 0 {
		return nil
	}
	return plain(items)
}

// The forms of the numbers: cve.org's syntax of 2014, and Microsoft's articles.
var (
	cvePattern = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)
	kbPattern  = regexp.MustCompile(`^KB[0-9]{4,10}$`)
)

// endOfDay reads a date and returns the last instant of that day in patchwave's
// zone. One that is past is reported with what that means.
func (b *block) endOfDay(name, past string) time.Time {
	d, ok := b.date(name)
	if !ok {
		return time.Time{}
	}
	end := d.At(day, b.l.zone).Add(-time.Nanosecond)
	if end.Before(b.l.opt.Now) {
		b.l.warn(b.place(name), fmt.Sprintf("%s %q ended on %s", b.kind, b.name, d), past)
	}
	return end
}

func wordsOf[T ~string](items []T) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = string(it)
	}
	return out
}

package config

import (
	"fmt"
	"slices"
	"time"

	"patchwave/inventory"
	"patchwave/policies/calendar"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

func testHostShape() shape {
	return shape{optional: []string{"os", "kernel", "package_manager", "reboot_required", "virtual", "labels", "updates"}}
}

func (l *loader) decodeTestHost(raw *hcl.Block) TestHost {
	b := l.open(raw, testHostShape())
	h := TestHost{Name: b.name, Pos: position(raw.DefRange)}
	if _, ok := l.model.hosts.named[h.Name]; !ok {
		l.fail(labelRange(raw), fmt.Sprintf("there is no host %q", h.Name), l.suggestName(h.Name, l.model.hosts.names(), len(l.model.hosts.named)))
	}
	h.Labels, _ = b.labels("labels")
	h.Facts = b.testFacts()
	for _, e := range b.elements("updates") {
		if u, ok := l.testUpdate(e, b.ctx); ok {
			h.Updates = append(h.Updates, u)
		}
	}
	return h
}

// testFacts reads facts; nil if none is written.
func (b *block) testFacts() *inventory.Facts {
	written := slices.ContainsFunc([]string{"os", "kernel", "package_manager", "reboot_required", "virtual"}, b.has)
	if !written {
		return nil
	}
	f := &inventory.Facts{}
	f.Kernel, _ = b.text("kernel")
	f.PackageManager, _ = b.text("package_manager")
	f.RebootRequired, _ = b.flag("reboot_required")
	f.Virtual, _ = b.text("virtual")
	parts := map[string]*string{"family": &f.OS.Family, "name": &f.OS.Name, "version": &f.OS.Version}
	values, at, _ := b.object("os", "{ family = \"debian\" }")
	for _, key := range sortedKeys(values) {
		into, known := parts[key]
		if !known {
			b.l.fail(at, fmt.Sprintf("os has no %q", key), "It has family, name, version."+suggest(key, sortedKeys(parts)))
			continue
		}
		*into, _ = b.l.asText(values[key], at, key+" of os")
	}
	return f
}

// elements are the expressions of a list, unevaluated where they are written out.
func (b *block) elements(name string) []hcl.Expression {
	a, ok := b.attrs[name]
	if !ok {
		return nil
	}
	exprs, diags := hcl.ExprList(a.Expr)
	if !diags.HasErrors() {
		return exprs
	}
	items, _ := b.list(name)
	for _, it := range items {
		exprs = append(exprs, hcl.StaticExpr(it.value, it.at))
	}
	return exprs
}

// testUpdate reads one update: an object with the attributes that update has in
// where, and version for to.
func (l *loader) testUpdate(expr hcl.Expression, ctx *hcl.EvalContext) (TestUpdate, bool) {
	v, ok := l.eval(expr, ctx)
	if !ok {
		return TestUpdate{}, false
	}
	at := expr.Range()
	if v.IsNull() || !v.Type().IsObjectType() && !v.Type().IsMapType() {
		l.fail(at, "each element of updates must be an object", "Write it in braces: { name = \"nginx\", version = \"1.24.1\" }.")
		return TestUpdate{}, false
	}
	u := TestUpdate{Pos: position(at), Update: inventory.Update{
		Origins: []string{}, Advisories: []string{}, CVEs: []string{}, KBs: []string{},
		Classification: inventory.OtherClass, Severity: inventory.UnknownSeverity,
	}}
	before := len(l.diags)
	values := v.AsValueMap()
	for _, key := range sortedKeys(values) {
		if !values[key].IsNull() {
			l.testUpdatePart(&u, key, values[key], at)
		}
	}
	if len(l.diags) > before {
		return u, false
	}
	if u.Name == "" || u.To == "" {
		l.fail(at, "an update needs a name and a version", "Write for example { name = \"nginx\", version = \"1.24.1\" }.")
		return u, false
	}
	return u, true
}

func (l *loader) testUpdatePart(u *TestUpdate, key string, v cty.Value, at hcl.Range) {
	texts := map[string]*string{"name": &u.Name, "version": &u.To, "to": &u.To, "from": &u.From, "arch": &u.Arch, "source": &u.Source}
	lists := map[string]*[]string{"advisories": &u.Advisories, "cves": &u.CVEs, "kbs": &u.KBs}
	flags := map[string]*bool{"reboot": &u.Reboot, "known_exploited": &u.KnownExploited}
	times := map[string]*time.Time{"published": &u.Published, "first_seen": &u.FirstSeen}
	known := slices.Concat(sortedKeys(texts), sortedKeys(lists), sortedKeys(flags), sortedKeys(times), []string{"classification", "severity", "size", "held"})
	switch {
	case texts[key] != nil:
		*texts[key], _ = l.asText(v, at, key)
	case lists[key] != nil:
		*lists[key] = l.textsOf(v, at, key)
	case flags[key] != nil:
		*flags[key] = l.asFlag(v, at, key)
	case times[key] != nil:
		if s, ok := l.asText(v, at, key); ok {
			*times[key] = l.instantOrMidnight(s, at)
		}
	case key == "classification":
		if s, ok := l.asText(v, at, key); ok && l.isWord(s, at, key, wordsOf(inventory.Classifications())) {
			u.Classification = inventory.Classification(s)
		}
	case key == "severity":
		if s, ok := l.asText(v, at, key); ok && l.isWord(s, at, key, wordsOf(inventory.Severities())) {
			u.Severity = inventory.Severity(s)
		}
	case key == "size":
		u.Size = l.asBytes(v, at)
	case key == "held":
		if l.asFlag(v, at, key) {
			u.BlockedBy = inventory.BlockedHeld
		}
	default:
		slices.Sort(known)
		l.fail(at, fmt.Sprintf("an update of a test has no %q", key), "It has "+joinWords(known)+"."+suggest(key, known))
	}
}

func (l *loader) asFlag(v cty.Value, at hcl.Range, name string) bool {
	b, err := convert.Convert(v, cty.Bool)
	if err != nil {
		l.fail(at, fmt.Sprintf("%s must be true or false", name), "")
		return false
	}
	return b.True()
}

// asBytes reads a number of bytes, or a size with a unit.
func (l *loader) asBytes(v cty.Value, at hcl.Range) int64 {
	if n, ok := wholeNumber(v); ok && n >= 0 {
		return int64(n)
	}
	if v.Type() == cty.String {
		if n, err := parseSize(v.AsString()); err == nil {
			return n
		}
	}
	l.fail(at, "size must be a size", sentence(errSize))
	return 0
}

func (l *loader) textsOf(v cty.Value, at hcl.Range, name string) []string {
	out := []string{}
	if ty := v.Type(); !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		l.fail(at, fmt.Sprintf("%s must be a list", name), "Write it in brackets: [ … ].")
		return out
	}
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		if s, ok := l.asText(e, at, "each element of "+name); ok {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// instantOrDay reads a time, or a day, of which it returns the last instant.
func (l *loader) instantOrDay(s string, at hcl.Range) (t time.Time, isDay, ok bool) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t, false, true
	}
	d, err := calendar.ParseDate(s)
	if err != nil {
		l.fail(at, fmt.Sprintf("%q is neither a time nor a date", s), "Write \"2026-12-20T02:00:00+01:00\" or \"2026-12-20\".")
		return time.Time{}, false, false
	}
	return d.At(day, l.zone).Add(-time.Nanosecond), true, true
}

// instantOrMidnight reads a time, or a day, of which it returns the first instant.
func (l *loader) instantOrMidnight(s string, at hcl.Range) time.Time {
	end, isDay, ok := l.instantOrDay(s, at)
	if !ok || !isDay {
		return end
	}
	return calendar.DateOf(end.In(l.zone)).At(0, l.zone)
}

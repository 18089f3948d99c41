package config

import (
	"fmt"
	"slices"
	"strings"

	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// preparation is what is done before any update.
type preparation struct {
	at    hcl.Range
	value *policies.Preparation
	// restores is set if a restore_point is written, or a slip for one.
	restores bool
	// viaRef is the host that wakes others.
	viaRef *ref
	// providerRefs are the providers of the restore point that are no built-in ones.
	providerRefs []ref
}

func preparationShape() shape {
	return shape{blocks: []string{"wake", "require", "restore_point"}, named: []string{"run"}}
}

func (l *loader) decodePreparation(raw *hcl.Block) {
	b := l.open(raw, preparationShape())
	p := &preparation{at: raw.DefRange, restores: b.meant("restore_point"), value: &policies.Preparation{Name: b.name, Pos: position(raw.DefRange)}}
	if inner := b.only("wake"); inner != nil {
		p.value.Wake, p.viaRef = l.decodeWake(inner)
	}
	if inner := b.only("require"); inner != nil {
		p.value.Require = l.decodeRequire(inner)
	}
	if inner := b.only("restore_point"); inner != nil {
		p.value.RestorePoint, p.providerRefs = l.decodeRestorePoint(inner)
	}
	names := newTable[string]("run")
	for _, inner := range b.inner {
		if inner.Type != "run" {
			continue
		}
		a := l.decodeAction(inner)
		if declare(l, names, a.Name, labelRange(inner), a.Name) {
			p.value.Actions = append(p.value.Actions, a)
		}
	}
	declare(l, l.model.preparations, b.name, labelRange(raw), p)
}

func wakeShape() shape { return shape{optional: []string{"timeout", "via", "then"}} }

func (l *loader) decodeWake(raw *hcl.Block) (*policies.Wake, *ref) {
	b := l.open(raw, wakeShape())
	w := &policies.Wake{Timeout: policies.DefaultWakeTimeout, Then: policies.WakeStay, Pos: position(raw.DefRange)}
	if d, ok := b.span("timeout"); ok {
		w.Timeout = d
	}
	if s, ok := b.word("then", wakeEnds()...); ok {
		w.Then = policies.WakeThen(s)
	}
	return w, b.optionalRef("via", "host")
}

func requireShape() shape {
	return shape{optional: []string{"disk_free", "clock_skew", "no_process", "no_users"}}
}

func (l *loader) decodeRequire(raw *hcl.Block) *policies.Require {
	b := l.open(raw, requireShape())
	r := &policies.Require{Pos: position(raw.DefRange)}
	r.DiskFree = b.sizes("disk_free")
	r.ClockSkew, _ = b.span("clock_skew")
	items, _ := b.someTexts("no_process")
	for _, it := range items {
		if strings.ContainsFunc(it.text, isControl) || strings.ContainsRune(it.text, '/') {
			l.fail(it.at, fmt.Sprintf("%q is no name of a program", it.text), "Write the name as ps shows it, without a directory.")
			continue
		}
		r.NoProcess = append(r.NoProcess, it.text)
	}
	r.NoUsers, _ = b.flag("no_users")
	if len(b.attrs) == 0 {
		l.fail(raw.DefRange, "require asks for nothing", "Give it at least one of disk_free, clock_skew, no_process, no_users.")
	}
	return r
}

// sizes reads an object of sizes by mount point.
func (b *block) sizes(name string) map[string]int64 {
	values, at, ok := b.object(name, "{ \"/\" = \"2GiB\" }")
	if !ok {
		return nil
	}
	places := b.placesOf(name)
	out := make(map[string]int64, len(values))
	for _, mount := range sortedKeys(values) {
		v, place := values[mount], at
		if p, ok := places[mount]; ok {
			place = p
		}
		if !isMount(mount) {
			b.l.fail(place, fmt.Sprintf("%q is no mount point", mount), "Write it from the root: \"/boot\"; a drive of Windows is \"C:\".")
			continue
		}
		if v.IsNull() || v.Type() != cty.String {
			b.l.fail(place, fmt.Sprintf("%s of %q must be a size", name, mount), "A bare number has no unit; "+errSize.Error()+".")
			continue
		}
		n, err := parseSize(v.AsString())
		if err != nil {
			b.l.fail(place, fmt.Sprintf("%q is no size", v.AsString()), sentence(err))
			continue
		}
		out[mount] = n
	}
	return out
}

// isMount reports whether a name is an absolute path, or a drive of Windows as it
// names it itself: C:.
func isMount(name string) bool {
	if len(name) == 2 && name[1] == ':' {
		return name[0] >= 'A' && name[0] <= 'Z'
	}
	return strings.HasPrefix(name, "/") && !strings.ContainsFunc(name, isControl)
}

// placesOf are the places of the elements of an object that is written out.
func (b *block) placesOf(name string) map[string]hcl.Range {
	pairs, diags := hcl.ExprMap(b.attrs[name].Expr)
	if diags.HasErrors() {
		return nil
	}
	out := make(map[string]hcl.Range, len(pairs))
	for _, pair := range pairs {
		if key, ok := b.l.key(pair.Key, b.ctx); ok {
			out[key] = pair.Value.Range()
		}
	}
	return out
}

// defaultKeep is how many restore points of a host stay where the configuration
// does not say, maxKeep the bound of it.
const (
	defaultKeep = 3
	maxKeep     = 1000
)

func restorePointShape() shape {
	return shape{optional: []string{"providers", "required", "keep", "expire"}}
}

func (l *loader) decodeRestorePoint(raw *hcl.Block) (*policies.RestorePoint, []ref) {
	b := l.open(raw, restorePointShape())
	r := &policies.RestorePoint{Providers: policies.DefaultProviders(), Keep: defaultKeep}
	names, declared := b.providers()
	if len(names) > 0 {
		r.Providers = names
		b.checkProviders(names)
	}
	r.Required, _ = b.flag("required")
	if n, ok := b.number("keep", 1, maxKeep); ok {
		r.Keep = n
	}
	r.Expire, _ = b.span("expire")
	return r, declared
}

// providers reads names of built-in providers and of provider blocks, or
// references to these.
func (b *block) providers() (names []string, declared []ref) {
	a, ok := b.attrs["providers"]
	if !ok {
		return nil, nil
	}
	exprs, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		items, _ := b.someTexts("providers")
		for _, it := range items {
			names = append(names, it.text)
			declared = append(declared, ref{kind: "provider", name: it.text, at: it.at})
		}
	}
	for _, e := range exprs {
		if r := b.providerOf(e); r != nil {
			names = append(names, r.name)
			declared = append(declared, *r)
		}
	}
	if len(exprs) == 0 && !diags.HasErrors() {
		b.l.fail(a.Expr.Range(), "providers is empty", "No restore point would be made; leave the argument out.")
	}
	seen := map[string]bool{}
	names = slices.DeleteFunc(names, func(name string) bool {
		twice := seen[name]
		if twice {
			b.l.warn(a.Expr.Range(), fmt.Sprintf("%q stands twice in providers", name), "Once is enough.")
		}
		seen[name] = true
		return twice
	})
	declared = slices.DeleteFunc(declared, func(r ref) bool { return slices.Contains(policies.BuiltInProviders(), r.name) })
	return names, declared
}

// checkProviders reports a restore point whose providers this version all lacks:
// apply will refuse it. One that it lacks is else passed over, as one that is not
// on a host is; the plan says which provider makes the point.
func (b *block) checkProviders(names []string) {
	available := policies.AvailableProviders()
	lacking := func(name string) bool {
		return slices.Contains(policies.BuiltInProviders(), name) && !slices.Contains(available, name)
	}
	if len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return !lacking(name) }) {
		return
	}
	b.l.warn(b.place("providers"), "none of these providers is available in this version",
		"Nothing can be applied with it. Add one of "+joinWords(available)+".")
}

func actionShape() shape {
	return shape{optional: []string{"on", "command", "script", "undo", "on_failure"}}
}

// decodeAction reads something that is done to a host and undone at the end.
func (l *loader) decodeAction(raw *hcl.Block) policies.Action {
	b := l.open(raw, actionShape())
	a := policies.Action{Name: b.name, On: policies.OnHost, OnFailure: policies.FailStop, Pos: position(raw.DefRange)}
	if w, ok := b.word("on", runPlaces()...); ok {
		a.On = w
	}
	in := hostScope
	if a.On == policies.OnController {
		in = declaredScope("this command")
	}
	a.Command = b.command("command", in)
	a.Script = b.script("script")
	switch {
	case b.has("command") && b.has("script"):
		first, second := inOrder(b.place("command"), b.place("script"))
		l.fail(second, fmt.Sprintf("run %q has command and script", b.name), "Give exactly one of them.", first)
	case !b.meant("command", "script"):
		l.fail(raw.DefRange, fmt.Sprintf("run %q does nothing", b.name), "Give it command = [\"program\", \"argument\"] or script = \"…\".")
	}
	b.undo(&a, in)
	if w, ok := b.word("on_failure", actionFailures()...); ok {
		a.OnFailure = policies.OnFailure(w)
	}
	return a
}

// undo is a list as command is, or a string as script is.
func (b *block) undo(a *policies.Action, in scope) {
	expr, ok := b.attrs["undo"]
	if !ok {
		return
	}
	if _, diags := hcl.ExprList(expr.Expr); !diags.HasErrors() {
		a.Undo = b.command("undo", in)
		return
	}
	a.UndoScript = b.script("undo")
}

// script reads a script for sh. Nothing of the host can be written into it: what
// a machine is called, or says, must never be able to run.
func (b *block) script(name string) string {
	a, ok := b.attrs[name]
	if !ok {
		return ""
	}
	if usesHost(a.Expr) {
		b.l.fail(a.Expr.Range(), "an attribute of the host cannot stand inside a script",
			"Use a command with separate arguments: command = [\"sh\", \"-c\", \"…\", \"sh\", \"${host.name}\"], and $1 in the script.")
		return ""
	}
	s, ok := b.nonEmpty(name)
	if ok && strings.ContainsRune(s, 0) {
		b.l.fail(a.Expr.Range(), fmt.Sprintf("%s cannot contain a zero byte", name), "")
	}
	return s
}

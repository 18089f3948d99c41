package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"patchwave/inventory"
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// attribute is one of host or update.
type attribute struct {
	name string
	typ  cty.Type
	get  getter
	// fact says that it comes from the host.
	fact bool
	// membership says that it follows from groups.
	membership bool
	// path handles what is written behind it; nil leaves that to HCL.
	path func(steps hcl.Traversal, extra *string) (getter, cty.Type, hcl.Traversal, string)
}

// bind returns how to get the value of the attribute with the steps behind it,
// its type, the steps that are left, and what is wrong with them.
func (a attribute) bind(steps hcl.Traversal, extra *string) (getter, cty.Type, hcl.Traversal, string) {
	if a.path != nil {
		return a.path(steps, extra)
	}
	return a.get, a.typ, steps, ""
}

// hostAttributes are those of host. Later lookups of a fact read it from the last
// scan; without one it is null.
func hostAttributes() map[string]attribute {
	return map[string]attribute{
		"name":     {typ: cty.String, get: func(s *policies.Subject) cty.Value { return cty.StringVal(s.Host.Name) }},
		"address":  {typ: cty.String, get: func(s *policies.Subject) cty.Value { return cty.StringVal(s.Host.Address) }},
		"site":     {typ: cty.String, get: func(s *policies.Subject) cty.Value { return textOrNull(s.Host.Site) }},
		"timezone": {typ: cty.String, get: func(s *policies.Subject) cty.Value { return textOrNull(s.Host.Timezone) }},
		"labels":   {path: labelPath},
		"vars":     {path: varPath},
		"groups": {typ: cty.List(cty.String), membership: true,
			get: func(s *policies.Subject) cty.Value { return textList(s.Host.Groups) }},
		"policies": {typ: cty.List(cty.String), membership: true,
			get: func(s *policies.Subject) cty.Value { return textList(s.Host.Policies) }},
		"os":              {fact: true, path: osPath},
		"kernel":          fact(func(f *inventory.Facts) string { return f.Kernel }),
		"package_manager": fact(func(f *inventory.Facts) string { return f.PackageManager }),
		"virtual":         fact(func(f *inventory.Facts) string { return f.Virtual }),
		"reboot_required": {typ: cty.Bool, fact: true, get: func(s *policies.Subject) cty.Value {
			if s.Facts == nil {
				return cty.NullVal(cty.Bool)
			}
			return cty.BoolVal(s.Facts.RebootRequired)
		}},
		"last_seen": {typ: cty.String, fact: true,
			get: func(s *policies.Subject) cty.Value { return timeOrNull(s.LastSeen) }},
	}
}

// declaredAttributes are the names of those that the configuration alone decides.
func declaredAttributes() []string {
	var out []string
	for _, name := range sortedKeys(hostAttributes()) {
		if a := hostAttributes()[name]; !a.fact && !a.membership {
			out = append(out, name)
		}
	}
	return out
}

// updateAttributes are those of update.
func updateAttributes() map[string]attribute {
	return map[string]attribute{
		"name":           updateText(func(u *inventory.Update) string { return u.Name }),
		"arch":           updateText(func(u *inventory.Update) string { return u.Arch }),
		"from":           updateText(func(u *inventory.Update) string { return u.From }),
		"to":             updateText(func(u *inventory.Update) string { return u.To }),
		"source":         updateText(func(u *inventory.Update) string { return u.Source }),
		"classification": updateText(func(u *inventory.Update) string { return string(u.Classification) }),
		"severity":       updateText(func(u *inventory.Update) string { return string(u.Severity) }),
		"advisories":     updateList(func(u *inventory.Update) []string { return u.Advisories }),
		"cves":           updateList(func(u *inventory.Update) []string { return u.CVEs }),
		"kbs":            updateList(func(u *inventory.Update) []string { return u.KBs }),
		"size": updateValue(cty.Number, func(s *policies.Subject) cty.Value {
			if s.Update.Size == 0 {
				return cty.NullVal(cty.Number)
			}
			return cty.NumberIntVal(s.Update.Size)
		}),
		"reboot": updateValue(cty.Bool, func(s *policies.Subject) cty.Value { return cty.BoolVal(s.Update.Reboot) }),
		"held": updateValue(cty.Bool, func(s *policies.Subject) cty.Value {
			return cty.BoolVal(s.Update.BlockedBy == inventory.BlockedHeld || s.Update.BlockedBy == inventory.BlockedLocked)
		}),
		"published":       updateValue(cty.String, func(s *policies.Subject) cty.Value { return timeOrNull(s.Update.Published) }),
		"first_seen":      updateValue(cty.String, func(s *policies.Subject) cty.Value { return timeOrNull(s.FirstSeen) }),
		"known_exploited": updateValue(cty.Bool, func(s *policies.Subject) cty.Value { return cty.BoolVal(s.KnownExploited) }),
		"epss": updateValue(cty.Number, func(s *policies.Subject) cty.Value {
			if s.EPSS == nil {
				return cty.NullVal(cty.Number)
			}
			return cty.NumberFloatVal(*s.EPSS)
		}),
	}
}

func fact(get func(*inventory.Facts) string) attribute {
	return attribute{typ: cty.String, fact: true, get: func(s *policies.Subject) cty.Value {
		if s.Facts == nil {
			return cty.NullVal(cty.String)
		}
		return textOrNull(get(s.Facts))
	}}
}

func updateValue(typ cty.Type, get getter) attribute {
	return attribute{typ: typ, get: func(s *policies.Subject) cty.Value {
		if s.Update == nil {
			return cty.NullVal(typ)
		}
		return get(s)
	}}
}

func updateText(get func(*inventory.Update) string) attribute {
	return updateValue(cty.String, func(s *policies.Subject) cty.Value { return textOrNull(get(s.Update)) })
}

func updateList(get func(*inventory.Update) []string) attribute {
	return updateValue(cty.List(cty.String), func(s *policies.Subject) cty.Value { return textList(get(s.Update)) })
}

// osPath is host.os and its three attributes.
func osPath(steps hcl.Traversal, _ *string) (getter, cty.Type, hcl.Traversal, string) {
	parts := map[string]func(inventory.OS) string{
		"family":  func(o inventory.OS) string { return o.Family },
		"name":    func(o inventory.OS) string { return o.Name },
		"version": func(o inventory.OS) string { return o.Version },
	}
	of := func(part func(inventory.OS) string) getter {
		return fact(func(f *inventory.Facts) string { return part(f.OS) }).get
	}
	if len(steps) == 0 {
		typ := cty.Object(map[string]cty.Type{"family": cty.String, "name": cty.String, "version": cty.String})
		return func(s *policies.Subject) cty.Value {
			values := map[string]cty.Value{}
			for name, part := range parts {
				values[name] = of(part)(s)
			}
			return cty.ObjectVal(values)
		}, typ, nil, ""
	}
	name, _ := stepText(steps[0])
	part, ok := parts[name]
	if !ok {
		names := sortedKeys(parts)
		return nil, cty.NilType, nil, fmt.Sprintf("host.os has no attribute %q; it has %s", name, joinWords(names))
	}
	return of(part), cty.String, steps[1:], ""
}

// labelPath is host.labels, whole or one of them.
func labelPath(steps hcl.Traversal, extra *string) (getter, cty.Type, hcl.Traversal, string) {
	if len(steps) == 0 {
		return func(s *policies.Subject) cty.Value {
			values := make(map[string]cty.Value, len(s.Host.Labels)+1)
			if extra != nil {
				values[*extra] = cty.NullVal(cty.String)
			}
			for k, v := range s.Host.Labels {
				values[k] = cty.StringVal(v)
			}
			if len(values) == 0 {
				return cty.MapValEmpty(cty.String)
			}
			return cty.MapVal(values)
		}, cty.Map(cty.String), nil, ""
	}
	key, ok := stepText(steps[0])
	if !ok {
		return nil, cty.NilType, nil, "a label has a name, not a number"
	}
	if len(steps) > 1 {
		return nil, cty.NilType, nil, fmt.Sprintf("a label is a string and has no parts; for a name with dots write host.labels[%q]", pathText(steps))
	}
	return func(s *policies.Subject) cty.Value {
		if v, ok := s.Host.Labels[key]; ok {
			return cty.StringVal(v)
		}
		return cty.NullVal(cty.String)
	}, cty.String, nil, ""
}

// varPath is host.vars and anything below it; what is absent is null.
func varPath(steps hcl.Traversal, extra *string) (getter, cty.Type, hcl.Traversal, string) {
	known := slices.IndexFunc(steps, func(st hcl.Traverser) bool { _, splat := st.(hcl.TraverseSplat); return splat })
	if known < 0 {
		known = len(steps)
	}
	path := steps[:known]
	return func(s *policies.Subject) cty.Value {
		var at any = s.Host.Vars
		for _, st := range path {
			at = descend(at, st)
		}
		if extra == nil {
			return fromJSON(at)
		}
		object, _ := at.(map[string]any)
		padded := map[string]any{*extra: nil}
		maps.Copy(padded, object)
		return fromJSON(padded)
	}, cty.DynamicPseudoType, steps[known:], ""
}

func descend(at any, st hcl.Traverser) any {
	switch at := at.(type) {
	case map[string]any:
		if key, ok := stepText(st); ok {
			return at[key]
		}
	case []any:
		if index, ok := st.(hcl.TraverseIndex); ok {
			if i, ok := wholeNumber(index.Key); ok && i >= 0 && i < len(at) {
				return at[i]
			}
		}
	}
	return nil
}

func stepText(st hcl.Traverser) (string, bool) {
	return stepName(hcl.Traversal{hcl.TraverseRoot{}, st})
}

func pathText(steps hcl.Traversal) string {
	var parts []string
	for _, st := range steps {
		s, _ := stepText(st)
		parts = append(parts, s)
	}
	return strings.Join(parts, ".")
}

func textOrNull(s string) cty.Value {
	if s == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(s)
}

func timeOrNull(t time.Time) cty.Value {
	if t.IsZero() {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(t.UTC().Format(time.RFC3339))
}

func textList(items []string) cty.Value {
	if len(items) == 0 {
		return cty.ListValEmpty(cty.String)
	}
	values := make([]cty.Value, len(items))
	for i, s := range items {
		values[i] = cty.StringVal(s)
	}
	return cty.ListVal(values)
}

// fromJSON is the other way of toJSON.
func fromJSON(v any) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case float64:
		return cty.NumberFloatVal(v)
	case map[string]any:
		values := make(map[string]cty.Value, len(v))
		for k, e := range v {
			values[k] = fromJSON(e)
		}
		return cty.ObjectVal(values)
	case []any:
		values := make([]cty.Value, len(v))
		for i, e := range v {
			values[i] = fromJSON(e)
		}
		return cty.TupleVal(values)
	default:
		return cty.NullVal(cty.DynamicPseudoType)
	}
}

package language

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Native writes a value of a type in native syntax: references and what stands
// alone between ${ and } without quotes.
func Native(t Type, value any) string {
	switch v := value.(type) {
	case string:
		return nativeText(t, v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = Native(t.element(), e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			written := key
			if !identifier.MatchString(key) {
				written = quote(key)
			}
			parts = append(parts, written+" = "+Native(t.part(key), v[key]))
		}
		return "{ " + strings.Join(parts, ", ") + " }"
	default:
		return fmt.Sprint(v)
	}
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

func nativeText(t Type, s string) string {
	inner, wrapped := strings.CutPrefix(s, "${")
	switch {
	case wrapped && strings.HasSuffix(inner, "}") && !strings.Contains(inner, "${"):
		return strings.TrimSuffix(inner, "}")
	case t.Kind == KindRef, t.Kind == KindType, t.Kind == KindList && t.Of.Kind == KindRef:
		return s
	case t.Kind == KindEither:
		for _, e := range t.Either {
			if written := nativeText(e, s); e.Kind == KindRef && e.names(s) {
				return written
			}
		}
	}
	return quote(s)
}

// names says that a text begins with one of the block types of a reference.
func (t Type) names(s string) bool {
	kind, _, dotted := strings.Cut(s, ".")
	return dotted && slices.Contains(t.Blocks, kind)
}

// quote writes a string; "${" in it stays what it is.
func quote(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\\' || r == '"':
			out.WriteRune('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case unicode.IsControl(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return `"` + out.String() + `"`
}

// element is the type of an element.
func (t Type) element() Type {
	switch {
	case t.Of != nil:
		return *t.Of
	case t.Kind == KindEither:
		for _, e := range t.Either {
			if e.Of != nil {
				return *e.Of
			}
		}
	}
	return Any()
}

// part is the type of a part of an object.
func (t Type) part(name string) Type {
	for _, p := range t.Parts {
		if p.Name == name {
			return p.Type
		}
	}
	return t.element()
}

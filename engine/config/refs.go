package config

import (
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// ref names a declared block: connection.linux.
type ref struct {
	kind, name string
	at         hcl.Range
}

// ref reads one reference to a block of one of kinds.
func (b *block) ref(name string, kinds ...string) (ref, bool) {
	a, ok := b.attrs[name]
	if !ok {
		return ref{}, false
	}
	return b.l.reference(a.Expr, kinds)
}

// refs reads a list of references; a single one without brackets is accepted
// where one says so.
func (b *block) refs(name string, one bool, kinds ...string) []ref {
	a, ok := b.attrs[name]
	if !ok {
		return nil
	}
	exprs, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		if one {
			r, ok := b.l.reference(a.Expr, kinds)
			if !ok {
				return nil
			}
			return []ref{r}
		}
		b.l.fail(a.Expr.Range(), fmt.Sprintf("%s must be a list of references", name),
			fmt.Sprintf("Write it out in brackets: %s = [%s.NAME].", name, kinds[0]))
		return nil
	}
	out := make([]ref, 0, len(exprs))
	seen := make(map[ref]bool, len(exprs)) // and whether that was reported
	for _, e := range exprs {
		r, ok := b.l.reference(e, kinds)
		if !ok {
			continue
		}
		key := ref{kind: r.kind, name: r.name}
		if told, again := seen[key]; again {
			if !told {
				b.l.warn(r.at, fmt.Sprintf("%s stands twice in %s", r, name), "Once is enough.")
			}
			seen[key] = true
			continue
		}
		seen[key] = false
		out = append(out, r)
	}
	return out
}

// reference reads one reference, which must be written out.
func (l *loader) reference(expr hcl.Expression, kinds []string) (ref, bool) {
	t, ok := traversalOf(expr)
	if !ok {
		detail := "A reference is written out, never computed: " + kinds[0] + ".NAME."
		if s, isText := literalText(expr); isText {
			if kind, rest, found := strings.Cut(s, "."); found && slices.Contains(kinds, kind) {
				detail += fmt.Sprintf(" Leave out the quotes: %s.", ref{kind: kind, name: rest})
			} else if validName(s) {
				detail += fmt.Sprintf(" Did you mean %s?", ref{kind: kinds[0], name: s})
			}
		}
		l.fail(expr.Range(), "a reference is needed here", detail)
		return ref{}, false
	}
	at := expr.Range()
	kind := t.RootName()
	if !slices.Contains(kinds, kind) {
		l.fail(at, fmt.Sprintf("a reference to a %s is needed here", strings.Join(kinds, " or a ")),
			notThat(kind, kinds))
		return ref{}, false
	}
	name, ok := stepName(t)
	if !ok {
		l.fail(at, "this reference is not complete",
			fmt.Sprintf("Write %s.NAME, or %s[\"NAME\"] for a name with dots or that begins with a digit.", kind, kind))
		return ref{}, false
	}
	return ref{kind: kind, name: name, at: at}, true
}

// notThat says why a name cannot begin a reference.
func notThat(kind string, kinds []string) string {
	switch {
	case kind == "null":
		return "Leave the argument out where it has no value."
	case slices.Contains(blockKinds(), kind):
		return fmt.Sprintf("This one is to a %s.", kind)
	default:
		return sentences(fmt.Sprintf("%q is something else.", kind), didYouMean(kind, slices.Values(kinds)))
	}
}

// stepName returns the name behind the root of a traversal of two steps.
func stepName(t hcl.Traversal) (string, bool) {
	if len(t) != 2 {
		return "", false
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name, true
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString(), true
		}
	}
	return "", false
}

// traversalOf returns the traversal an expression consists of. In JSON it is a
// string: "connection.linux" or "${connection.linux}", and the name may have any
// form, because the string ends where the name does.
func traversalOf(expr hcl.Expression) (hcl.Traversal, bool) {
	if _, native := expr.(hclsyntax.Expression); native {
		t, diags := hcl.AbsTraversalForExpr(expr)
		return t, !diags.HasErrors()
	}
	s, ok := literalText(expr)
	if !ok {
		return nil, false
	}
	if inner, wrapped := unwrapTemplate(s); wrapped {
		s = inner
	}
	if kind, name, dotted := strings.Cut(s, "."); dotted && hclsyntax.ValidIdentifier(kind) && validName(name) {
		return hcl.Traversal{hcl.TraverseRoot{Name: kind, SrcRange: expr.Range()}, hcl.TraverseAttr{Name: name, SrcRange: expr.Range()}}, true
	}
	t, diags := hclsyntax.ParseTraversalAbs([]byte(s), expr.Range().Filename, expr.Range().Start)
	return t, !diags.HasErrors()
}

// unwrapTemplate returns what stands between "${" and "}" if that is all there
// is.
func unwrapTemplate(s string) (string, bool) {
	inner, ok := strings.CutPrefix(s, "${")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, "}")
}

// literalText returns the string an expression consists of; templates of JSON are
// returned unread.
func literalText(expr hcl.Expression) (string, bool) {
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.IsMarked() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

func (r ref) String() string {
	if hclsyntax.ValidIdentifier(r.name) {
		return r.kind + "." + r.name
	}
	return fmt.Sprintf("%s[%q]", r.kind, r.name)
}

// namePattern is what a block may be called.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// maxName bounds a name in characters.
const maxName = 255

func validName(s string) bool { return len(s) <= maxName && namePattern.MatchString(s) }

// table holds the blocks of one kind by name.
type table[T any] struct {
	kind  string
	named map[string]T
	// order is that of declaration.
	order []T
	// folded finds names that differ only in case.
	folded map[string]string
	places map[string]hcl.Range
}

func newTable[T any](kind string) *table[T] {
	return &table[T]{kind: kind, named: map[string]T{}, folded: map[string]string{}, places: map[string]hcl.Range{}}
}

// declare adds a block under its name, or reports why it cannot.
func declare[T any](l *loader, t *table[T], name string, at hcl.Range, value T) bool {
	if !validName(name) {
		l.fail(at, fmt.Sprintf("%q is no name for a %s", name, t.kind),
			"Names are letters, digits, dashes, underscores and dots, 255 at most.")
		return false
	}
	fold := strings.ToLower(name)
	if other, taken := t.folded[fold]; taken {
		first := t.places[other]
		summary := fmt.Sprintf("duplicate %s %q", t.kind, name)
		detail := fmt.Sprintf("It is first declared at %s:%d.", first.Filename, first.Start.Line)
		if other != name {
			summary = fmt.Sprintf("%s %q differs from %q only in case", t.kind, name, other)
		}
		l.fail(at, summary, detail, first)
		return false
	}
	t.folded[fold] = name
	t.places[name] = at
	t.named[name] = value
	t.order = append(t.order, value)
	return true
}

// names are the names of all that was declared.
func (t *table[T]) names() iter.Seq[string] { return maps.Keys(t.named) }

// find returns the block a reference names, or reports that there is none.
func find[T any](l *loader, t *table[T], r ref) (T, bool) {
	v, ok := t.named[r.name]
	if !ok && l.excused(r) {
		return v, false
	}
	if !ok {
		detail := fmt.Sprintf("No %s is declared.", t.kind)
		if len(t.named) > 0 {
			detail = l.suggestName(r.name, t.names(), len(t.named))
		}
		l.fail(r.at, fmt.Sprintf("there is no %s %q", t.kind, r.name), detail)
	}
	return v, ok
}

// excused reports whether a host or a group that is not declared may come from a
// source that could not be read, or whose command has not run yet. The first was
// reported; the second is for a warning.
func (l *loader) excused(r ref) bool {
	if r.kind != "host" && r.kind != "group" {
		return false
	}
	if len(l.model.unrun) > 0 {
		l.warn(r.at, fmt.Sprintf("%s is not declared", r), fmt.Sprintf("Perhaps source %q has it, which has not run yet.", l.model.unrun[0]))
		return true
	}
	return l.model.unread != ""
}

// Looking for the closest of ten thousand names takes milliseconds; after some
// mistakes of one kind nobody reads the suggestions any more.
const (
	manyNames      = 500
	maxSuggestions = 40
)

// suggestName is didYouMean within bounds.
func (l *loader) suggestName(name string, known iter.Seq[string], count int) string {
	if count > manyNames {
		if l.suggestions++; l.suggestions > maxSuggestions {
			return ""
		}
	}
	return didYouMean(name, known)
}

func upperFirst(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}

package language

import (
	"fmt"
	"slices"
	"strings"
)

// Section is a part of the reference that describes no block.
type Section struct {
	Title, Text string
}

// Reference returns a reference in Markdown (as GitHub reads it): a title and an
// introduction, a table of contents, the sections of before, every block of the
// languages, and the sections of after.
func Reference(title, intro string, before []Section, languages []Language, after []Section) string {
	w := &writer{}
	w.printf("# %s\n\n%s\n\n## Contents\n\n", title, intro)
	for _, s := range before {
		w.printf("- %s\n", link(s.Title))
	}
	for _, l := range languages {
		l.contents(w)
	}
	for _, s := range after {
		w.printf("- %s\n", link(s.Title))
	}
	sections(w, before)
	for _, l := range languages {
		l.blocks(w)
	}
	sections(w, after)
	return w.String()
}

func sections(w *writer, list []Section) {
	for _, s := range list {
		w.printf("\n## %s\n\n%s\n", s.Title, strings.TrimSpace(s.Text))
	}
}

type writer struct{ strings.Builder }

func (w *writer) printf(format string, args ...any) { w.WriteString(fmt.Sprintf(format, args...)) }

// link is a link to a heading of the same page.
func link(title string) string { return fmt.Sprintf("[%s](#%s)", title, anchor(title)) }

// anchor is the name that GitHub gives a heading.
func anchor(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		default:
			return -1
		}
	}, strings.ToLower(title))
}

// heading is that of a block: "wave in policy.rollout".
func heading(path []string) string {
	own := path[len(path)-1]
	if len(path) == 1 {
		return own
	}
	return own + " in " + strings.Join(path[:len(path)-1], " ")
}

// places are the paths of the blocks that are described.
func (l Language) places() map[*Block][]string {
	out := map[*Block][]string{}
	l.Walk(func(path []string, b *Block) {
		if b.See == "" {
			out[b] = path
		}
	})
	return out
}

func (l Language) contents(w *writer) {
	places := l.places()
	group := ""
	for _, top := range l.Blocks {
		if top.Group != group {
			group = top.Group
			w.printf("- %s\n", link(group))
		}
		w.printf("  - %s%s\n", link(top.Name), inside(places, top))
	}
}

// inside lists the blocks inside of one.
func inside(places map[*Block][]string, b *Block) string {
	var links []string
	for _, inner := range nested(b) {
		if path, ok := places[inner]; ok {
			links = append(links, fmt.Sprintf("[%s](#%s)", inner.Name, anchor(heading(path))))
		}
	}
	if len(links) == 0 {
		return ""
	}
	return ": " + strings.Join(links, ", ")
}

// nested are all blocks inside of one, at any depth.
func nested(b *Block) []*Block {
	var out []*Block
	for _, inner := range b.Blocks {
		out = append(append(out, inner), nested(inner)...)
	}
	return out
}

func (l Language) blocks(w *writer) {
	group := ""
	l.Walk(func(path []string, b *Block) {
		if b.See != "" {
			return
		}
		if len(path) == 1 && b.Group != group {
			group = b.Group
			w.printf("\n## %s\n", group)
		}
		b.write(w, path)
	})
}

func (b *Block) write(w *writer, path []string) {
	level := "###"
	if len(path) > 1 {
		level = "####"
	}
	w.printf("\n%s %s\n\n%s\n", level, heading(path), b.Doc)
	for _, note := range b.Notes {
		w.printf("\n%s\n", note)
	}
	for _, r := range b.Rules {
		w.printf("\n%s\n", r.text())
	}
	if b.Later != "" {
		w.printf("\n**Not carried out yet**: %s.\n", b.Later)
	}
	w.printf("\n```hcl\n%s\n```\n", b.Example)
	if len(b.Arguments) > 0 {
		w.printf("\n| argument | type | default | meaning |\n|---|---|---|---|\n")
	}
	for _, a := range b.Arguments {
		a.row(w, "")
		for _, p := range a.Type.parts() {
			p.row(w, a.Name+".")
		}
	}
	if len(b.Blocks) > 0 {
		w.printf("\nBlocks in it: %s.\n", b.innerHeaders(path))
	}
}

// parts are those of an object, or of the objects in a list.
func (t Type) parts() []Argument {
	if t.Of != nil {
		return t.Of.Parts
	}
	return t.Parts
}

func (b *Block) innerHeaders(path []string) string {
	var out []string
	for _, inner := range b.Blocks {
		at := append(slices.Clone(path), inner.Name)
		if inner.See != "" {
			at = []string{inner.See, inner.Name}
		}
		header := fmt.Sprintf("[`%s`](#%s)", inner.Header(), anchor(heading(at)))
		if !inner.Many {
			header += " (one at most)"
		}
		out = append(out, header)
	}
	return strings.Join(out, ", ")
}

// row is a line of the table.
func (a Argument) row(w *writer, prefix string) {
	value := a.DefaultText
	switch {
	case a.Required:
		value = "**required**"
	case a.Default != nil:
		value = "`" + Native(a.Type, a.Default) + "`"
	}
	doc := a.Doc
	if a.Later != "" {
		doc += " **Not carried out yet**: " + a.Later + "."
	}
	if a.Example != nil && a.Default == nil && a.Type.instructive() {
		doc += " Example: `" + Native(a.Type, a.Example) + "`"
	}
	w.printf("| `%s%s` | %s | %s | %s |\n", prefix, a.Name, cell(a.Type.Text()), cell(value), cell(doc))
}

// instructive: an example says more than the type.
func (t Type) instructive() bool {
	switch t.Kind {
	case KindFlag, KindWord, KindNumber, KindAmount, KindDuration, KindDate, KindInstant, KindRef, KindType, KindZone, KindObject:
		return false
	case KindList:
		return t.Of.instructive()
	default:
		return true
	}
}

// cell keeps a text inside of a cell of a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func (r Rule) text() string {
	names := "`" + strings.Join(r.Names, "`, `") + "`"
	switch {
	case r.Least == 1 && r.Most == 1:
		return "Exactly one of " + names + " is written."
	case r.Least == 1:
		return "At least one of " + names + " is written."
	default:
		return "At most one of " + names + " is written."
	}
}

package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// shape says what may stand in a block.
type shape struct {
	// required and optional are names of arguments.
	required, optional []string
	// blocks are types of nested blocks without a label, named those with one.
	blocks, named []string
}

func (s shape) schema() *hcl.BodySchema {
	out := &hcl.BodySchema{}
	for _, name := range slices.Concat(s.required, s.optional) {
		out.Attributes = append(out.Attributes, hcl.AttributeSchema{Name: name})
	}
	for _, kind := range s.blocks {
		out.Blocks = append(out.Blocks, hcl.BlockHeaderSchema{Type: kind})
	}
	for _, kind := range s.named {
		out.Blocks = append(out.Blocks, hcl.BlockHeaderSchema{Type: kind, LabelNames: []string{"name"}})
	}
	return out
}

// block is an opened block: its arguments, read with the methods of attr.go.
type block struct {
	l    *loader
	kind string
	// name is the block's label, "" if it has none.
	name string
	// at is the block's header.
	at    hcl.Range
	attrs hcl.Attributes
	inner hcl.Blocks
	ctx   *hcl.EvalContext
	// required are the arguments that cannot be left out.
	required []string
	// unknown are the reports about what does not belong into the block.
	unknown hcl.Diagnostics
}

// open checks a block against its shape and reports what does not belong there
// and what is missing. Required arguments that are missing are reported at the
// block's first line.
func (l *loader) open(b *hcl.Block, s shape) *block {
	out := &block{l: l, kind: b.Type, at: b.DefRange, ctx: l.ctx, required: s.required}
	if len(b.Labels) > 0 {
		out.name = b.Labels[0]
	}
	content, diags := b.Body.Content(l.schema(b.Type, s))
	l.adopt(reword(b.Type, diags))
	out.attrs, out.inner, out.unknown = content.Attributes, content.Blocks, diags
	slices.SortStableFunc(out.inner, func(a, b *hcl.Block) int { return a.DefRange.Start.Byte - b.DefRange.Start.Byte })
	for _, name := range s.required {
		if _, ok := out.attrs[name]; !ok && !reportedAs(diags, name) {
			l.fail(b.DefRange, fmt.Sprintf("missing argument %q", name), fmt.Sprintf("%s needs %s = ….", article(b.Type), name))
		}
	}
	return out
}

// article names a block of a type at the beginning of a sentence.
func article(kind string) string {
	if strings.ContainsRune("aeiou", rune(kind[0])) {
		return "An " + kind + " block"
	}
	return "A " + kind + " block"
}

// meant reports whether one of some arguments or blocks is written, or was meant
// by a slip that was reported.
func (b *block) meant(names ...string) bool {
	return b.slipped(names...) || slices.ContainsFunc(names, func(name string) bool {
		return b.has(name) || b.first(name) != nil
	})
}

// slipped reports whether a slip for one of some arguments or blocks was reported.
// Saying that it is missing would be a second report of one mistake.
func (b *block) slipped(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return reportedAs(b.unknown, name) })
}

// reportedAs reports whether an unknown argument was reported with the wanted one
// as its suggestion; saying that the wanted one is missing would be noise.
func reportedAs(diags hcl.Diagnostics, name string) bool {
	suffix := fmt.Sprintf("Did you mean %q?", name)
	return slices.ContainsFunc(diags, func(d *hcl.Diagnostic) bool {
		return len(d.Detail) >= len(suffix) && d.Detail[len(d.Detail)-len(suffix):] == suffix
	})
}

// schema caches the schemas: there may be ten thousand blocks of a type.
func (l *loader) schema(kind string, s shape) *hcl.BodySchema {
	key := kind + "\x00" + fmt.Sprint(len(s.optional), len(s.required), s.blocks, s.named)
	if cached, ok := l.schemas[key]; ok {
		return cached
	}
	out := s.schema()
	l.schemas[key] = out
	return out
}

// only returns the single nested block of a type, or nil. A second one is
// reported.
func (b *block) only(kind string) *hcl.Block {
	var first *hcl.Block
	for _, inner := range b.inner {
		if inner.Type != kind {
			continue
		}
		if first != nil {
			b.l.fail(inner.DefRange, fmt.Sprintf("duplicate %s block", kind),
				fmt.Sprintf("%s has one %s block at most; the first is at line %d.", article(b.kind), kind, first.DefRange.Start.Line), first.DefRange)
			continue
		}
		first = inner
	}
	return first
}

// first returns the first nested block of a type, or nil.
func (b *block) first(kind string) *hcl.Block {
	for _, inner := range b.inner {
		if inner.Type == kind {
			return inner
		}
	}
	return nil
}

// has reports whether an argument is written at all.
func (b *block) has(name string) bool {
	_, ok := b.attrs[name]
	return ok
}

// where returns the place of an argument, or that of the block.
func (b *block) place(name string) hcl.Range {
	if a, ok := b.attrs[name]; ok {
		return a.Expr.Range()
	}
	return b.at
}

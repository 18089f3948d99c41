package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// decode turns the blocks of all files into the model. References between blocks
// stay names until link. It returns false if there is too much to decode.
func (l *loader) decode() bool {
	types := blockTypes()
	byKind := make(map[string]blockType, len(types))
	schema := &hcl.BodySchema{}
	for _, t := range types {
		byKind[t.kind] = t
		schema.Blocks = append(schema.Blocks, hcl.BlockHeaderSchema{Type: t.kind, LabelNames: t.labels})
	}
	var passes [sourcePass + 1]hcl.Blocks
	for _, f := range l.files {
		if f.body == nil {
			continue
		}
		content, diags := f.body.Content(schema)
		l.adopt(reword("", diags))
		slices.SortStableFunc(content.Blocks, func(a, b *hcl.Block) int { return a.DefRange.Start.Byte - b.DefRange.Start.Byte })
		for _, b := range content.Blocks {
			pass := byKind[b.Type].pass
			passes[pass] = append(passes[pass], b)
		}
	}
	if l.tooManyHosts(passes[hostPass]) {
		return false
	}
	for pass, blocks := range passes {
		for _, b := range blocks {
			byKind[b.Type].decode(l, b)
		}
		switch pass {
		case 0:
			l.setScope("var", l.variableValues())
			l.checkVariables()
		case 1:
			l.evalLocals()
		}
	}
	l.files = nil // the trees are large, and everything is in the model now
	return true
}

// setScope makes var or local known to expressions.
func (l *loader) setScope(name string, values map[string]cty.Value) {
	if l.ctx.Variables == nil {
		l.ctx.Variables = map[string]cty.Value{}
	}
	l.ctx.Variables[name] = cty.ObjectVal(values)
}

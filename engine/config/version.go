package config

import (
	"fmt"

	"github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"
)

// versionRefused reports whether the configuration asks for another version of
// this program. Then nothing else is looked at: what looks wrong to this version
// may be right for that one.
func (l *loader) versionRefused() bool {
	// A build without a version fits every constraint.
	own, err := version.NewVersion(l.opt.Version)
	if err != nil {
		own = nil
	}
	refused := false
	schema := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "patchwave"}}}
	for _, f := range l.files {
		if f.body == nil {
			continue
		}
		content, _, _ := f.body.PartialContent(schema) // decode reports what is wrong with it
		for _, b := range content.Blocks {
			refused = l.versionOf(b, own) || refused
		}
	}
	if refused {
		l.files = nil
	}
	return refused
}

// versionOf checks one patchwave block. A pre-release counts as its release.
func (l *loader) versionOf(b *hcl.Block, own *version.Version) (refused bool) {
	inner, _, _ := b.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "required_version"}}})
	attr, ok := inner.Attributes["required_version"]
	if !ok {
		return false
	}
	want, ok := literalText(attr.Expr)
	if !ok {
		l.fail(attr.Expr.Range(), "required_version must be a plain string", "It is read before variables are known.")
		return false
	}
	constraint, err := version.NewConstraint(want)
	if err != nil {
		l.fail(attr.Expr.Range(), fmt.Sprintf("%q is no version constraint", want), "Write for example \">= 0.1.0\" or \"~> 1.2\".")
		return false
	}
	if own == nil || constraint.Check(own.Core()) {
		return false
	}
	l.fail(attr.Expr.Range(), fmt.Sprintf("this configuration needs patchwave %s", want),
		fmt.Sprintf("This is patchwave %s; install a version that fits.", own))
	return true
}

package config

import (
	"patchwave/policies"

	"github.com/hashicorp/hcl/v2"
)

// preparation is what runs before any update.
type preparation struct {
	at    hcl.Range
	value *policies.Preparation
}

func preparationShape() shape { return shape{blocks: []string{"restore_point"}} }

func (l *loader) decodePreparation(raw *hcl.Block) {
	b := l.open(raw, preparationShape())
	p := &preparation{at: raw.DefRange, value: &policies.Preparation{Name: b.name, Pos: position(raw.DefRange)}}
	if inner := b.only("restore_point"); inner != nil {
		p.value.RestorePoint = l.decodeRestorePoint(inner)
	}
	declare(l, l.model.preparations, b.name, labelRange(raw), p)
}

// providers are those of the language, in the order in which they are tried
// where a restore point names none.
var providers = []string{"snapper", "btrfs", "lvm", "zfs", "packages", "hypervisor", "command", "system_restore", "vss"}

// What a restore_point block means where it says nothing: any whole-system
// provider of the host itself, then the packages; the last three points stay.
const (
	detectable  = 5
	defaultKeep = 3
)

func restorePointShape() shape {
	return shape{optional: []string{"providers", "required", "keep", "expire"}}
}

func (l *loader) decodeRestorePoint(raw *hcl.Block) *policies.RestorePoint {
	b := l.open(raw, restorePointShape())
	r := &policies.RestorePoint{Providers: providers[:detectable:detectable], Keep: defaultKeep}
	if words, ok := b.words("providers", providers...); ok {
		b.noneEmpty("providers")
		r.Providers = words
	}
	r.Required, _ = b.flag("required")
	if n, ok := b.number("keep", 1, maxKeep); ok {
		r.Keep = n
	}
	r.Expire, _ = b.span("expire")
	return r
}

// maxKeep bounds the restore points of one host.
const maxKeep = 1000

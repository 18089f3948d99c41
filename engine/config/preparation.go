package config

import (
	"slices"

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

// providers are those of the language, availableProviders those of them that this
// version has, in the order in which they are tried where a restore point names
// none.
var (
	providers          = []string{"snapper", "btrfs", "lvm", "zfs", "packages", "hypervisor", "command", "system_restore", "vss"}
	availableProviders = []string{"packages"}
)

// defaultKeep is how many restore points of a host stay where the configuration
// does not say.
const defaultKeep = 3

func restorePointShape() shape {
	return shape{optional: []string{"providers", "required", "keep", "expire"}}
}

func (l *loader) decodeRestorePoint(raw *hcl.Block) *policies.RestorePoint {
	b := l.open(raw, restorePointShape())
	r := &policies.RestorePoint{Providers: slices.Clone(availableProviders), Keep: defaultKeep}
	if words, ok := b.words("providers", providers...); ok {
		r.Providers = words
		b.checkProviders(words)
	}
	r.Required, _ = b.flag("required")
	if n, ok := b.number("keep", 1, maxKeep); ok {
		r.Keep = n
	}
	r.Expire, _ = b.span("expire")
	return r
}

// checkProviders reports the providers that this version does not have. They are
// passed over, as one that is not on a host is; without another one no restore
// point would ever be made, and nobody would know before it is needed.
func (b *block) checkProviders(words []string) {
	var missing []string
	for _, w := range words {
		if !slices.Contains(availableProviders, w) {
			missing = append(missing, w)
		}
	}
	switch {
	case len(missing) == 0:
	case len(missing) == len(words):
		b.l.fail(b.place("providers"), "none of these providers is available in this version",
			"No restore point would be made. Add one of "+joinWords(availableProviders)+".")
	default:
		b.l.warn(b.place("providers"), "some of these providers are not available in this version",
			joinWords(missing)+" will be passed over; "+joinWords(availableProviders)+" will be used.")
	}
}

// maxKeep bounds the restore points of one host.
const maxKeep = 1000

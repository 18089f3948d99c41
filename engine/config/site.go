package config

import (
	"patchwave/inventory"

	"github.com/hashicorp/hcl/v2"
)

// site is a place where hosts stand; it needs no linking.
type site struct {
	value *inventory.Site
}

func siteShape() shape { return shape{optional: []string{"parallelism", "connect_rate"}} }

// maxConnectRate is more new connections a second than a controller can open.
const maxConnectRate = 100_000

func (l *loader) decodeSite(raw *hcl.Block) {
	b := l.open(raw, siteShape())
	s := &inventory.Site{Name: b.name, Pos: position(raw.DefRange)}
	s.Parallelism, _ = b.number("parallelism", 1, maxParallelism)
	s.ConnectRate, _ = b.number("connect_rate", 1, maxConnectRate)
	if len(b.attrs) == 0 {
		l.warn(raw.DefRange, "this site has no limits", "It bounds nothing; give it parallelism, connect_rate or both.")
	}
	declare(l, l.model.sites, b.name, labelRange(raw), &site{value: s})
}

package proxmox

import (
	"context"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// Settings are how the API is reached.
type Settings struct {
	// Name is the name of the provider block, for messages.
	Name string
	// URL is that of a node of the cluster: https://pve1.example.net:8006.
	URL string
	// Token is USER@REALM!NAME=UUID.
	Token connectors.Secret
	// CAFile is a file of certificates that alone are trusted; Fingerprint is sha256: and
	// the hex digits of the only certificate that is. "" and "" mean the authorities of
	// the system.
	CAFile, Fingerprint string
	// Poll is how often a task is asked for; 0 is two seconds.
	Poll time.Duration
}

// Provider is the provider of machines that Proxmox VE runs. It implements
// restore.Provider.
type Provider struct {
	// Word is its name in configuration.
	Word     string
	Settings Settings
}

// Name implements restore.Provider.
func (p Provider) Name() string { return p.Word }

// Place implements restore.Provider.
func (Provider) Place() restore.Place { return restore.OnController }

// Scope implements restore.Provider.
func (Provider) Scope() restore.Scope { return restore.ScopeOf(restore.Proxmox) }

// Fits implements restore.Provider.
func (Provider) Fits(h *inventory.Host, f inventory.Facts) (bool, string) {
	return restore.Fits(restore.Proxmox, h, f)
}

// Call implements restore.Provider.
func (p Provider) Call(op restore.Op, at restore.Point) (restore.Call, bool) {
	return restore.Call{Do: func(ctx context.Context) (framing.Answer, error) { return p.do(ctx, op, at) }}, true
}

// Read implements restore.Provider.
func (Provider) Read(op restore.Op, _ restore.Point, a framing.Answer) restore.Said {
	return restore.ParseAnswer(op, a)
}

func (p Provider) do(ctx context.Context, op restore.Op, at restore.Point) (framing.Answer, error) {
	w := &work{op: op, at: at, poll: p.Settings.Poll, now: time.Now}
	if w.poll <= 0 {
		w.poll = 2 * time.Second
	}
	if at.Host != nil && at.Host.Hypervisor != nil {
		w.domain = at.Host.Hypervisor.Domain
	}
	if at.Host == nil || w.domain == "" {
		return framing.Answer{}, wrong(connectors.CodeUnsupported, "hypervisor of the host has no domain: the number or the name of the machine there")
	}
	api, err := newClient(p.Settings)
	if err != nil {
		return framing.Answer{}, err
	}
	defer api.close()
	w.api = api
	return w.run(ctx)
}

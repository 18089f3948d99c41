package main

import (
	"context"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
	"patchwave/engine/restore/command"
	"patchwave/engine/restore/hypervisor"
	"patchwave/engine/restore/lvm"
	"patchwave/engine/restore/proxmox"
	"patchwave/engine/restore/snapper"
	"patchwave/engine/restore/windows"
	"patchwave/engine/restore/zfs"
	"patchwave/inventory"
	"patchwave/policies"
)

// restores are the restore points beside those of packages. It implements
// run.Restores.
type restores struct {
	dialer   connectors.Dialer
	declared map[string]*policies.Provider
	now      func() time.Time
}

// Provider implements run.Restores.
func (r restores) Provider(name string, h *inventory.Host) restore.Provider {
	if p := r.declared[name]; p != nil {
		if runs := h.Hypervisor; p.Type != policies.ProviderCommand && (runs == nil || runs.Provider != name) {
			return elsewhere{hypervisor.HyperV(name), fmt.Sprintf("hypervisor of the host does not name provider %q", name)}
		}
		return r.of(name, p, h)
	}
	switch {
	case name == restore.SystemRestore:
		return windows.SystemRestore()
	case name == restore.Btrfs:
		return btrfs.Provider()
	case name == restore.Snapper:
		return snapper.Provider()
	case name == restore.ZFS:
		return zfs.Provider()
	case name == restore.LVM:
		return lvm.Provider()
	case name == restore.VSS:
		return windows.VSS()
	case name != restore.Hypervisor:
		return nil
	case h.Hypervisor == nil:
		return hypervisor.Libvirt(name, "") // Fits says what is missing
	case h.Hypervisor.Provider != "":
		return r.of(name, r.declared[h.Hypervisor.Provider], h)
	case h.Hypervisor.Type == policies.ProviderLibvirt:
		return hypervisor.Libvirt(name, h.Hypervisor.URI)
	case h.Hypervisor.Type == policies.ProviderProxmox:
		return elsewhere{hypervisor.HyperV(name), "hypervisor of the host names no provider block, which says where the API of its Proxmox is"}
	default:
		return nil
	}
}

// of is the provider of a block, under the name by which the policy knows it; nil for
// a type that this version does not speak to.
func (r restores) of(name string, p *policies.Provider, h *inventory.Host) restore.Provider {
	switch {
	case p == nil:
		return nil
	case p.Type == policies.ProviderCommand:
		return r.programs(name, p, h)
	case p.Type == policies.ProviderProxmox:
		return proxmox.Provider{Word: name, Settings: proxmox.Settings{Name: p.Name, URL: p.URL, Token: p.Token, CAFile: p.CAFile, Fingerprint: p.Fingerprint}}
	case p.Type == policies.ProviderLibvirt && p.Target.Kind != "":
		_, uri := hypervisor.Split(p.URL)
		return hypervisor.Libvirt(name, uri)
	case p.Type == policies.ProviderLibvirt:
		return hypervisor.Libvirt(name, p.URL)
	case p.Type == policies.ProviderHyperV && p.Target.Kind != "":
		return hypervisor.HyperV(name)
	default:
		return nil
	}
}

// programs are the programs of a block, written out for a host. One that cannot be
// written out is left away: the provider then makes no point of this host.
func (r restores) programs(name string, p *policies.Provider, h *inventory.Host) restore.Provider {
	out := command.Provider{Word: name}
	s := policies.Subject{Host: h, Now: r.now(), LastSeen: r.now()}
	for _, one := range []struct {
		text []policies.Text
		into *[]string
	}{{p.Create, &out.Create}, {p.Check, &out.Check}, {p.Rollback, &out.Rollback}, {p.Remove, &out.Remove}} {
		for _, t := range one.text {
			word, err := t.Render(s)
			if err != nil {
				return command.Provider{Word: name}
			}
			*one.into = append(*one.into, word)
		}
	}
	return out
}

// Session implements run.Restores.
func (r restores) Session(ctx context.Context, name string, h *inventory.Host) (connectors.Session, error) {
	p := r.declared[name]
	if p == nil && h.Hypervisor != nil {
		p = r.declared[h.Hypervisor.Provider]
	}
	if p == nil || p.Target.Kind == "" {
		// virsh reaches the hypervisor by its own URI, from here
		return r.dialer.Dial(ctx, connectors.Target{Name: h.Name, Kind: connectors.KindLocal})
	}
	return r.dialer.Dial(ctx, p.Target)
}

// elsewhere is a provider of machines that do not run there.
type elsewhere struct {
	restore.Provider
	why string
}

// Fits implements restore.Provider.
func (e elsewhere) Fits(*inventory.Host, inventory.Facts) (bool, string) { return false, e.why }

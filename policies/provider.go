package policies

import (
	"patchwave/connectors"
	"patchwave/inventory"
)

// The types of provider blocks.
const (
	ProviderProxmox = "proxmox"
	ProviderHyperV  = "hyperv"
	ProviderLibvirt = "libvirt"
	ProviderCommand = "command"
)

// ProviderTypes is the closed list of the types of provider blocks.
func ProviderTypes() []string {
	return []string{ProviderProxmox, ProviderHyperV, ProviderLibvirt, ProviderCommand}
}

// BuiltInProviders is the closed list of restore point providers that need no
// block of their own.
func BuiltInProviders() []string {
	return []string{"snapper", "btrfs", "lvm", "zfs", "packages", "hypervisor", "command", "system_restore", "vss"}
}

// AvailableProviders are those of BuiltInProviders that this version has.
func AvailableProviders() []string {
	return []string{"btrfs", "lvm", "packages", "hypervisor", "system_restore", "vss"}
}

// DefaultProviders are tried, in this order, where a restore point names none.
func DefaultProviders() []string { return []string{"packages", "system_restore", "vss"} }

// AvailableTypes are those of ProviderTypes that this version speaks to.
func AvailableTypes() []string { return []string{ProviderHyperV, ProviderLibvirt, ProviderCommand} }

// Provider is something outside of the hosts that makes restore points of them.
type Provider struct {
	Name string
	// Type is one of ProviderTypes.
	Type string
	// Connection is the name of the connection block it is reached by, or "".
	Connection string
	// URL is its API, or "".
	URL string
	// Target is how Connection dials the machine of URL; its Kind is "" without both.
	Target connectors.Target
	// Token logs in at URL; nil means none.
	Token connectors.Secret
	// Create, Check, Rollback and Remove are programs and their arguments that run
	// on the controller, of type command only. The arguments hold declared
	// attributes of the host only.
	Create, Check, Rollback, Remove []Text
	Pos                             inventory.Position
}

// UpdateSource says where Windows takes updates from.
type UpdateSource string

// The sources of Windows updates.
const (
	SourceDefault   UpdateSource = "default"
	SourceWSUS      UpdateSource = "wsus"
	SourceMicrosoft UpdateSource = "microsoft"
	SourceOffline   UpdateSource = "offline"
)

// WindowsUpdate says how Windows hosts look for updates.
type WindowsUpdate struct {
	Source UpdateSource
	// Cab is the absolute path of the catalogue for SourceOffline.
	Cab string
	// AcceptEULA accepts the licence terms of updates that have some.
	AcceptEULA bool
	Pos        inventory.Position
}

package inventory

import (
	"slices"
	"strings"

	"patchwave/connectors"
)

// Position is a place in the configuration, for messages. File is relative to
// the configuration directory, with forward slashes; Line and Column count from
// one.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// Labels are the words an operator hung on a host.
type Labels map[string]string

// Host is one declared machine, resolved.
type Host struct {
	Name    string
	Address string
	// Connection is the name of the connection block in force.
	Connection string
	// Target is how to reach it, jump chain included.
	Target connectors.Target
	// Labels are the host's own and those inherited from groups.
	Labels Labels
	// Groups are the names of all groups it is in, outer ones too, sorted.
	Groups []string
	// Site is the name of its site, or "".
	Site string
	// Timezone is an IANA name, or "".
	Timezone string
	// MAC is the hardware address for waking it, in lower case with colons, or "".
	MAC string
	// Hypervisor is what it runs on, as declared; nil if nothing is.
	Hypervisor *Hypervisor
	// Source is the name of the source it comes from; "" if it has a block.
	Source string
	// DependsOn are names of hosts that are patched before this one.
	DependsOn []string
	// Vars are the operator's own data, as JSON values.
	Vars map[string]any
	// Policies are the names of the policies that claim it, sorted.
	Policies []string
	Pos      Position
}

// Hypervisor is what a virtual machine runs on and what it is called there.
type Hypervisor struct {
	// Type is "libvirt", "proxmox", "hyperv" or "command".
	Type string
	// Provider is the name of a provider block, or "".
	Provider string
	// URI is where the hypervisor is reached, where no provider says it.
	URI string
	// Domain is the name or number of the machine there.
	Domain string
}

// Site is a place where hosts stand, with limits of its own.
type Site struct {
	Name string
	// Parallelism bounds the connections to its hosts; 0 is no bound of its own.
	Parallelism int
	// ConnectRate bounds the new connections a second; 0 is no bound.
	ConnectRate int
	Pos         Position
}

// Group is a declared set of hosts.
type Group struct {
	Name string
	// Members are host names, nested groups already resolved, sorted.
	Members []string
	Labels  Labels
	Pos     Position
}

// Inventory is everything declared, resolved with the facts that were known.
type Inventory struct {
	// Hosts are sorted by name.
	Hosts []*Host
	// Groups are sorted by name.
	Groups []*Group
	// Sites are sorted by name.
	Sites []*Site
}

// Host returns the host of a name, or nil.
func (inv *Inventory) Host(name string) *Host {
	i, ok := slices.BinarySearchFunc(inv.Hosts, name, func(h *Host, name string) int { return strings.Compare(h.Name, name) })
	if !ok {
		return nil
	}
	return inv.Hosts[i]
}

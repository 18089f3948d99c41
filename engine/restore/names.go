package restore

import (
	"fmt"

	"patchwave/inventory"
)

// Names of providers. Packages is the one that every host can have.
const (
	Packages      = "packages"
	SystemRestore = "system_restore"
	VSS           = "vss"
	Snapper       = "snapper"
	Btrfs         = "btrfs"
	ZFS           = "zfs"
	LVM           = "lvm"
	Hypervisor    = "hypervisor"
	Proxmox       = "proxmox"
	Command       = "command"
	// None stands in a journal where no provider could make a point.
	None = "none"
)

// ScopeOf is what a kind of restore point undoes, by its name; the zero Scope for
// a kind that this version does not have.
func ScopeOf(kind string) Scope {
	switch kind {
	case Packages:
		return Scope{Kind: ScopePackages, Rollback: true}
	case SystemRestore:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true, Kept: true,
			Undoes: []string{"system files, drivers, programs and the registry"},
			CannotUndo: []string{"cumulative updates reliably: System Restore does not take back all of their servicing state",
				"files of users and data of services"}}
	case VSS:
		return Scope{Kind: ScopeFiles,
			Undoes: []string{"single files of the system drive, copied back by hand"},
			CannotUndo: []string{"the system: the volume that Windows runs from cannot be reverted to a shadow copy",
				"anything, once Windows has purged the shadow copy for want of space"}}
	case Btrfs, Snapper:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true,
			Undoes:     []string{"the whole root subvolume: programs, packages, settings and data in it"},
			CannotUndo: []string{"data that was written since in the root subvolume: logs and databases there go back too", "file systems and subvolumes of their own"}}
	case LVM:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true,
			Undoes:     []string{"the whole volume of the root: programs, packages, settings and data in it"},
			CannotUndo: []string{"data that was written since on the volume of the root: logs and databases there go back too", "file systems of their own"}}
	case ZFS:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true,
			Undoes:     []string{"the whole root dataset: programs, packages, settings and data in it"},
			CannotUndo: []string{"data that was written since in the root dataset: logs and databases there go back too", "file systems and datasets of their own"}}
	case Hypervisor, "libvirt", "hyperv", Proxmox:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true,
			Undoes:     []string{"the whole machine, with every disk that its hypervisor includes in a snapshot"},
			CannotUndo: []string{"data that was written since: logs and databases go back too", "disks that are passed through or left out of snapshots"}}
	case Command:
		return Scope{Kind: ScopeSystem, Rollback: true, TakesJobs: true, Reboots: true,
			Undoes:     []string{"what the operator's own programs take back"},
			CannotUndo: []string{"data that was written since, where they take it back too"}}
	default:
		return Scope{}
	}
}

// Fits says whether a kind of restore point can exist on a host, by what is declared
// and what the last scan said, and why not. Nothing is asked of the host.
func Fits(kind string, h *inventory.Host, f inventory.Facts) (bool, string) {
	switch kind {
	case Packages:
		return true, ""
	case SystemRestore:
		switch {
		case f.OS.Family != "windows":
			return false, "System Restore is part of Windows"
		case f.OS.Name != "windows":
			return false, "System Restore is not part of Windows Server"
		}
		return true, ""
	case VSS:
		switch {
		case f.OS.Family != "windows":
			return false, "shadow copies are part of Windows"
		case f.OS.Name != "windows-server":
			return false, "shadow copies that last can be made on Windows Server only"
		}
		return true, ""
	case Btrfs, Snapper, LVM, ZFS:
		if f.OS.Family == "windows" {
			return false, kind + " is of Linux"
		}
		return true, ""
	case Hypervisor, "libvirt", "hyperv", Proxmox, Command:
		if h == nil || h.Hypervisor == nil {
			return kind == Command, "no hypervisor is declared for the host"
		}
		if kind != Command && h.Hypervisor.Type != Command && h.Hypervisor.Domain == "" {
			return false, "hypervisor of the host has no domain: the name of the machine there"
		}
		return true, ""
	default:
		return false, fmt.Sprintf("this version has no provider %q", kind)
	}
}

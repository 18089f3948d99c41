package hypervisor

import (
	_ "embed" // the scripts
	"net/url"

	"patchwave/engine/restore"
	"patchwave/inventory"
)

//go:embed libvirt.sh
var libvirtShell string

//go:embed hyperv.ps1
var hypervShell string

// Libvirt is the provider of machines that libvirt runs. word is its name in
// configuration. uri is the connection URI as virsh takes it where it runs; "" is
// that of the host's own declaration, else qemu:///system.
func Libvirt(word, uri string) restore.Scripted {
	return restore.Scripted{Word: word, Kind: "libvirt", Where: restore.OnHypervisor, Sh: libvirtShell,
		More: func(h *inventory.Host) map[string]string {
			args := domain(h)
			switch {
			case uri != "":
				args["uri"] = uri
			case h != nil && h.Hypervisor != nil && h.Hypervisor.URI != "":
				args["uri"] = h.Hypervisor.URI
			default:
				args["uri"] = "qemu:///system"
			}
			return args
		}}
}

// HyperV is the provider of machines that Hyper-V runs. word is its name in
// configuration.
func HyperV(word string) restore.Scripted {
	return restore.Scripted{Word: word, Kind: "hyperv", Where: restore.OnHypervisor, PowerShell: restore.PowerShell() + hypervShell, More: domain}
}

// domain is what the machine is called there.
func domain(h *inventory.Host) map[string]string {
	if h == nil || h.Hypervisor == nil {
		return map[string]string{}
	}
	return map[string]string{"domain": h.Hypervisor.Domain}
}

// Split parts the URI of a remote libvirt into the machine that it is on and the URI
// that virsh takes there: "qemu+ssh://kvm1/system" is "kvm1" and "qemu:///system". The
// machine is "" if the URI is not of a remote one.
func Split(uri string) (machine, there string) {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" {
		return "", uri
	}
	scheme := u.Scheme
	for i, r := range scheme {
		if r == '+' {
			scheme = scheme[:i]
			break
		}
	}
	return u.Hostname(), scheme + "://" + u.Path
}

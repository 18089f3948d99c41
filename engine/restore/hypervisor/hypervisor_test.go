package hypervisor_test

import (
	"testing"

	"patchwave/engine/restore"
	"patchwave/engine/restore/hypervisor"
	"patchwave/engine/restore/restoretest"
	"patchwave/inventory"
)

func guest(kind string) *inventory.Host {
	return &inventory.Host{Name: "web-01", Hypervisor: &inventory.Hypervisor{Type: kind, Domain: "web-01", URI: "qemu+ssh://kvm1/system"}}
}

func TestContract(t *testing.T) {
	t.Run("libvirt", func(t *testing.T) {
		restoretest.Run(t, hypervisor.Libvirt("hypervisor", ""), restoretest.Host{Declared: guest("libvirt")})
	})
	t.Run("hyperv", func(t *testing.T) {
		restoretest.Run(t, hypervisor.HyperV("hv1"), restoretest.Host{Declared: guest("hyperv")})
	})
}

func TestFitsDeclaredMachinesOnly(t *testing.T) {
	for _, h := range []*inventory.Host{{Name: "a"}, {Name: "a", Hypervisor: &inventory.Hypervisor{Type: "libvirt"}}} {
		if ok, why := hypervisor.Libvirt("hypervisor", "").Fits(h, inventory.Facts{}); ok || why == "" {
			t.Errorf("fits %+v", h.Hypervisor)
		}
	}
}

// TestURI: the block's before the host's before the one of the machine itself.
func TestURI(t *testing.T) {
	for _, tt := range []struct{ block, own, want string }{
		{"qemu:///system", "x:///y", "qemu:///system"}, {"", "qemu+ssh://kvm1/system", "qemu+ssh://kvm1/system"}, {"", "", "qemu:///system"},
	} {
		h := guest("libvirt")
		h.Hypervisor.URI = tt.own
		c, _ := hypervisor.Libvirt("hypervisor", tt.block).Call(restore.OpDetect, restore.Point{Host: h})
		if c.Args["uri"] != tt.want || c.Args["domain"] != "web-01" {
			t.Errorf("%+v: %v", tt, c.Args)
		}
	}
}

func TestSplit(t *testing.T) {
	for uri, want := range map[string][2]string{
		"qemu+ssh://kvm1/system": {"kvm1", "qemu:///system"}, "qemu+ssh://root@kvm1:2222/system": {"kvm1", "qemu:///system"},
		"qemu:///system": {"", "qemu:///system"}, "test:///default": {"", "test:///default"}, "://": {"", "://"},
	} {
		if machine, there := hypervisor.Split(uri); machine != want[0] || there != want[1] {
			t.Errorf("%s: %q %q", uri, machine, there)
		}
	}
}

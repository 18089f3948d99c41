//go:build qemu

package btrfsguest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
)

// kinds are the layouts of the root, and how each is booted.
var kinds = map[string]string{
	"name":    "root=/dev/vda rootfstype=btrfs rootflags=subvol=@",
	"default": "root=/dev/vda rootfstype=btrfs",
	"snapper": "root=/dev/vda rootfstype=btrfs",
}

// everyFile is a line for everything in the system, kind, mode, owner and target, and
// the sums of all files.
const everyFile = `find /usr /etc /var/lib/dpkg -xdev -printf '%p %y %m %U:%G %l\n' | sort; find /usr /etc /var/lib/dpkg -xdev -type f -exec sha256sum {} + | sort -k 2`

// begin boots a guest of a kind.
func begin(t *testing.T, kind, later string) (*qemu.Guest, *qemu.Controller) {
	t.Helper()
	images, err := qemu.Images("btrfs", "image.sh", "../qemu/system.sh")
	if err != nil {
		t.Fatal(err)
	}
	g := qemu.New(t, images, filepath.Join(images, kind+".img"), kinds[kind])
	provider := "btrfs"
	if kind == "snapper" {
		provider = kind
	}
	c := qemu.NewController(t, g, kind, qemu.BadDaemon(provider, later))
	g.Power(t)
	return g, c
}

// same wants two systems to be the same, to the byte.
func same(t *testing.T, what, before, after string) {
	t.Helper()
	if diff := qemu.Changed(before, after); len(diff) > 0 {
		t.Errorf("%s: %d lines differ:\n%s", what, len(diff), strings.Join(diff[:min(len(diff), 20)], ""))
	}
}

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

// badDaemon updates a daemon to a version that does not start, with an action that
// comes after the restore point.
const badDaemon = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["PROVIDER"]
    required  = true
    keep      = 1
  }
  run "later" {
    command = ["sh", "-c", <<-EOT
LATER
    EOT
    ]
  }
}

verification "lab" {
  service "labdbad" {
    state  = "running"
    within = "20s"
  }
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.bad
  preparation  = preparation.lab
  verification = verification.lab
  reboot {
    when    = "never"
    timeout = "15m"
  }
}
`

// everyFile is a line for everything in the system, kind, mode, owner and target, and
// the sums of all files.
const everyFile = `find /usr /etc /var/lib/dpkg -xdev -printf '%p %y %m %U:%G %l\n' | sort; find /usr /etc /var/lib/dpkg -xdev -type f -exec sha256sum {} + | sort -k 2`

// begin boots a guest of a kind.
func begin(t *testing.T, kind, later string) (*qemu.Guest, *qemu.Controller) {
	t.Helper()
	images, err := qemu.Images("btrfs", "image.sh")
	if err != nil {
		t.Fatal(err)
	}
	g := qemu.New(t, images, filepath.Join(images, kind+".img"), kinds[kind])
	provider := "btrfs"
	if kind == "snapper" {
		provider = kind
	}
	c := qemu.NewController(t, g, kind, strings.NewReplacer("LATER", later, "PROVIDER", provider).Replace(badDaemon))
	g.Power(t)
	return g, c
}

// same wants two systems to be the same, to the byte.
func same(t *testing.T, what, before, after string) {
	t.Helper()
	if diff := changed(before, after); len(diff) > 0 {
		t.Errorf("%s: %d lines differ:\n%s", what, len(diff), strings.Join(diff[:min(len(diff), 20)], ""))
	}
}

// changed are the lines of only one of two texts.
func changed(before, after string) []string {
	count := map[string]int{}
	for line := range strings.Lines(before) {
		count[line]--
	}
	for line := range strings.Lines(after) {
		count[line]++
	}
	var diff []string
	for line, n := range count {
		if n != 0 {
			diff = append(diff, line)
		}
	}
	return diff
}

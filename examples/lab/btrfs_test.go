//go:build lab

package lab_test

import (
	"strings"
	"testing"
)

// swappedRoots is badDaemon with snapshots as restore points, and an action that comes
// after the point.
var swappedRoots = strings.NewReplacer(`providers = ["packages"]
    required  = true
  }`, `providers = ["btrfs"]
    required  = true
    keep      = 1
  }
  run "later" {
    command = LATER
    undo    = ["true"]
  }`, `rollout {`, `reboot {
    when = "never"
  }
  rollout {`).Replace(badDaemon)

// later changes the host after its point: a subvolume inside of the root gets another
// file, /etc a file that must go again; and on the host "gone" the snapshot is deleted.
const later = `["sh", "-c", <<-EOT
      set -e
      echo later >/srv/inside/later
      echo later >/etc/later
      case $(hostname) in *-gone)
        top=$(mktemp -d)
        mount -o subvolid=5 "$(findmnt -nvo SOURCE /)" "$top"
        btrfs subvolume delete "$top"/@patchwave/patchwave-* >/dev/null
        umount "$top"
      esac
    EOT
    ]
`

// everyFile is a line for everything in the system, kind, mode, owner and target, and
// the sums of all files.
const everyFile = `find /usr /etc /var/lib/dpkg -xdev -printf '%p %y %m %U:%G %l\n' | sort; find /usr /etc /var/lib/dpkg -xdev -type f -exec sha256sum {} + | sort -k 2`

// TestSwappedRoot: after an upgrade that fails its verification the host boots from the
// snapshot, and is what it was; where the snapshot is gone the host is left as it is,
// and that is said.
func TestSwappedRoot(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(swappedRoots, "LATER", later, 1), "btrfs-back", "btrfs-gone")
	f.sh(t, onAll("btrfs subvolume create /srv/inside >/dev/null && echo before >/srv/inside/before"))
	before := f.sh(t, onAll(everyFile))
	root := f.sh(t, onAll("btrfs subvolume show / | grep UUID"))
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", map[string]string{"btrfs-back": "rolled-back", "btrfs-gone": "failed"}, doc.states())
	back, gone := doc.host(t, "btrfs-back"), doc.host(t, "btrfs-gone")
	if back.Reboots != 1 || len(back.Updates) == 0 {
		t.Errorf("reboots %d, updates %+v, error %+v", back.Reboots, back.Updates, back.Error)
	}
	for _, c := range back.Updates {
		if c.State != "rolled-back" {
			t.Errorf("%s is %s", c.Name, c.State)
		}
	}
	if !strings.Contains(gone.Error.Message, "the snapshot is no longer there") || gone.Reboots != 0 {
		t.Errorf("without its snapshot: %+v, %d reboots", gone.Error, gone.Reboots)
	}
	after := f.sh(t, onAll(everyFile))
	if diff := changed(before, after)["btrfs-back"]; len(diff) > 0 {
		t.Errorf("not as it was:\n%s", strings.Join(diff, "\n"))
	}
	if len(changed(before, after)["btrfs-gone"]) < 3 {
		t.Error("the comparison finds no upgrade where nothing was rolled back")
	}
	now := f.sh(t, onAll("btrfs subvolume show / | grep UUID"))
	if now["btrfs-back"] == root["btrfs-back"] || now["btrfs-gone"] != root["btrfs-gone"] {
		t.Errorf("the roots were %q and are %q", root, now)
	}
	host := f.hosts["btrfs-back"]
	same(t, "on the host that is back", "before\nlater\nactive\n0\n.failed\n@\n", host.MustSh(t, swapped))
	// once more: the first point and what it replaced go, what is another's stays
	host.MustSh(t, "top=$(mktemp -d); mount -o subvolid=5 $(findmnt -nvo SOURCE /) $top; btrfs subvolume snapshot / $top/@patchwave/daily >/dev/null; umount $top")
	doc = decode[runDoc](t, f.patchwave(t, 7, "apply", "-l", "btrfs-back", "-y", "-o", "json"))
	same(t, "states", map[string]string{"btrfs-back": "rolled-back"}, doc.states())
	same(t, "after the second time", "before\nlater\nactive\n0\n.failed\n@\n", host.MustSh(t, swapped))
	host.MustSh(t, "[ $(btrfs subvolume list / | grep -c ' path @patchwave/daily$') = 1 ]")
	if diff := changed(before, f.sh(t, onAll(everyFile)))["btrfs-back"]; len(diff) > 0 {
		t.Errorf("the second time not as it was:\n%s", strings.Join(diff, "\n"))
	}
}

// swapped says what is in the subvolume inside of the root, whether the daemon runs,
// what patchwave left mounted, what it has beside its point, and what the next boot
// takes.
const swapped = `cat /srv/inside/*; systemctl is-active labdbad; find /run -maxdepth 1 -name 'patchwave-btrfs*' | wc -l
	btrfs subvolume list / | sed -n 's,.* path @patchwave/patchwave-[^.]*\.,.,p'
	btrfs subvolume get-default / | sed 's/.* path //'`

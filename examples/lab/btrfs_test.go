//go:build lab

package lab_test

import (
	"slices"
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
// file, /etc a file that must go again; on the host "gone" the snapshot is deleted, and
// on "odd" the next boot takes its root by number.
const later = `["sh", "-c", <<-EOT
      set -e
      echo later >/srv/inside/later
      echo later >/etc/later
      case $(hostname) in
      *-odd) sed -i s/subvol=@/subvolid=256,subvol=@/ /etc/fstab ;;
      *-gone)
        top=$(mktemp -d)
        mount -o subvolid=5 "$(findmnt -nvo SOURCE /)" "$top"
        btrfs subvolume delete "$top"/@patchwave/patchwave-* >/dev/null
        umount "$top"
        ;;
      esac
    EOT
    ]
`

// everyFile is a line for everything in the system, kind, mode, owner and target, and
// the sums of all files. The index in memory of rpm's database is written by who reads.
const everyFile = `find /usr /etc /var/lib/dpkg /var/lib/rpm -xdev -printf '%p %y %m %U:%G %l\n' 2>/dev/null | sort; find /usr /etc /var/lib/dpkg /var/lib/rpm -xdev -type f ! -name '*.sqlite-shm' -exec sha256sum {} + 2>/dev/null | sort -k 2`

// TestSwappedRoot: after an upgrade that fails its verification the hosts boot from the
// snapshot, and are what they were, twice. Where the snapshot is gone, or another
// root would boot than the one that is swapped in, the host is left as it is, and
// that is said.
func TestSwappedRoot(t *testing.T) {
	t.Parallel()
	names := []string{"btrfs-back", "btrfsdefault-back", "btrfs-gone", "btrfs-odd"}
	f := newFleet(t, strings.Replace(swappedRoots, "LATER", later, 1), names...)
	f.sh(t, onAll("btrfs subvolume create /srv/inside >/dev/null && echo before >/srv/inside/before"))
	before, root := f.sh(t, onAll(everyFile)), f.sh(t, onAll(rootUUID))
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", map[string]string{names[0]: "rolled-back", names[1]: "rolled-back", names[2]: "failed", names[3]: "failed"}, doc.states())
	after, now := f.sh(t, onAll(everyFile)), f.sh(t, onAll(rootUUID))
	for name, why := range map[string]string{names[2]: "the snapshot is no longer there", names[3]: "take subvolid= out of /etc/fstab"} {
		h := doc.host(t, name)
		if !strings.Contains(h.Error.Message, why) || h.Reboots != 0 || now[name] != root[name] {
			t.Errorf("%s: %+v, %d reboots", name, h.Error, h.Reboots)
		}
		if len(changed(before, after)[name]) < 3 {
			t.Errorf("%s: the comparison finds no upgrade where nothing was rolled back", name)
		}
		if !slices.ContainsFunc(changed(before, after)[name], func(l string) bool { return strings.HasPrefix(l, "- /usr/bin/pinky ") }) {
			t.Errorf("%s: the package has removed no file", name)
		}
	}
	for _, name := range names[:2] {
		h := doc.host(t, name)
		if h.Reboots != 1 || len(h.Updates) == 0 || now[name] == root[name] {
			t.Errorf("%s: reboots %d, updates %+v, error %+v", name, h.Reboots, h.Updates, h.Error)
		}
		for _, c := range h.Updates {
			if c.State != "rolled-back" {
				t.Errorf("%s: %s is %s", name, c.Name, c.State)
			}
		}
		if diff := changed(before, after)[name]; len(diff) > 0 {
			t.Errorf("%s is not as it was:\n%s", name, strings.Join(diff, "\n"))
		}
		same(t, name+" is back", "before\nlater\nactive\n0\n.failed\n/@\n", f.hosts[name].MustSh(t, swapped))
		t.Logf("%s: bytes of its own: %s", name, f.hosts[name].MustSh(t, inTop("btrfs filesystem du -s --raw patchwave-*")))
		// another's snapshot in the same place
		f.hosts[name].MustSh(t, inTop("btrfs subvolume snapshot / daily"))
	}
	// once more: the first point and what it replaced go, what is another's stays
	doc = decode[runDoc](t, f.patchwave(t, 7, "apply", "-l", strings.Join(names[:2], ","), "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", names[:2]...), doc.states())
	after = f.sh(t, onAll(everyFile))
	for _, name := range names[:2] {
		same(t, name+" the second time", "before\nlater\nactive\n0\n.failed\n/@\n", f.hosts[name].MustSh(t, swapped))
		f.hosts[name].MustSh(t, "[ $(btrfs subvolume list / | grep -c ' path @patchwave/daily$') = 1 ]")
		if diff := changed(before, after)[name]; len(diff) > 0 {
			t.Errorf("%s is the second time not as it was:\n%s", name, strings.Join(diff, "\n"))
		}
	}
}

const snapshotByHand = `
baseline "tool" {
  approve "tool" {
    packages = ["labtool", "liblab", "confpkg"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["btrfs", "packages"]
  }
}

policy "lab" {
  hosts       = group.lab
  baseline    = baseline.tool
  preparation = preparation.lab
}
`

// TestSwappedRootByHand undoes a run that went well, with the snapshot that it made.
func TestSwappedRootByHand(t *testing.T) {
	t.Parallel()
	f := newFleet(t, snapshotByHand, "btrfs-hand")
	before := f.sh(t, onAll(everyFile))
	run := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	f.sh(t, onAll("rm /usr/bin/whoami && echo by-hand >/etc/by-hand"))
	doc := decode[runDoc](t, f.patchwave(t, 0, "rollback", run.Run.ID, "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	if h := doc.host(t, "btrfs-hand"); h.Reboots != 1 {
		t.Errorf("%d reboots", h.Reboots)
	}
	for name, diff := range changed(before, f.sh(t, onAll(everyFile))) {
		if len(diff) > 0 {
			t.Errorf("%s is not as it was:\n%s", name, strings.Join(diff, "\n"))
		}
	}
}

// rootUUID is which subvolume the system runs from.
const rootUUID = `btrfs subvolume show / | grep UUID`

// inTop runs something where the snapshots are.
func inTop(do string) string {
	return "set -e; top=$(mktemp -d); mount -o subvolid=5 $(findmnt -nvo SOURCE /) $top; cd $top/@patchwave; " + do + "; cd /; umount $top; rmdir $top"
}

// swapped says what is in the subvolume inside of the root, whether the daemon runs,
// what patchwave left mounted, what it has beside its point, and where the root lies.
const swapped = `cat /srv/inside/*; systemctl is-active labdbad; find /run -maxdepth 1 -name 'patchwave-btrfs*' | wc -l
	btrfs subvolume list / | sed -n 's,.* path @patchwave/patchwave-[^.]*\.,.,p'
	findmnt -nvo FSROOT /`

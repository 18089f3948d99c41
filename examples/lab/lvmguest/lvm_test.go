//go:build qemu

package lvmguest_test

import (
	"strings"
	"testing"

	"patchwave/engine/restore"
	"patchwave/examples/lab/qemu"
)

// everyFile is a line for everything in the system, kind, mode, owner and target, and
// the sums of all files. LVM writes its archive and backup in /etc/lvm anew when a merge ends.
const everyFile = `find /usr /etc /var/lib/dpkg -xdev -path '/etc/lvm/archive*' -prune -o -path '/etc/lvm/backup*' -prune -o -printf '%p %y %m %U:%G %l\n' | sort; find /usr /etc /var/lib/dpkg -xdev -path '/etc/lvm/archive*' -prune -o -path '/etc/lvm/backup*' -prune -o -type f -exec sha256sum {} + | sort -k 2`

// ownBoot gives the guest a /boot of its own until its next boot.
const ownBoot = `set -e
truncate -s 120M /srv/boot.img
mke2fs -q -t ext4 /srv/boot.img
mount -o loop /srv/boot.img /mnt
cp -a /boot/. /mnt/
umount /mnt
mount -o loop /srv/boot.img /boot`

func kinds(t *testing.T, do func(*testing.T, string)) {
	t.Parallel()
	for _, kind := range []string{"thick", "thin"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			do(t, kind)
		})
	}
}

// TestBack: a real upgrade that fails its verification is undone, to the byte, three
// times; the kernels in a /boot of its own keep their modules. The merge is over before
// the host boots.
func TestBack(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "set -e\necho later >/etc/later\nmkdir -p /usr/lib/modules/9.9-later\necho x >/usr/lib/modules/9.9-later/module\nlvs --noheadings -a -o lv_name,lv_size,data_percent\ndd if=/dev/zero of=/root/big bs=1M count=60 2>/dev/null")
		g.Must(t, ownBoot)
		before, boot := g.Must(t, everyFile), g.Must(t, "cat /proc/sys/kernel/random/boot_id")
		doc := finish(t, g.Begin(t, "apply", "-y", "-o", "json"), 7, "rolled-back")
		if h := doc.Hosts[0]; h.Reboots != 1 || len(h.Updates) != 2 {
			t.Errorf("%d reboots, updates %+v", h.Reboots, h.Updates)
		}
		if g.Must(t, "cat /proc/sys/kernel/random/boot_id") == boot {
			t.Error("the guest has not booted")
		}
		if got := g.Must(t, "cat /usr/lib/modules/9.9-later/module; rm -r /usr/lib/modules/9.9-later; labtool; systemctl is-active labdbad; ls /root; ls -A / | grep -c '^.patchwave' || :"); got != "x\n1.0\nactive\n0\n" {
			t.Errorf("after the rollback: %q", got)
		}
		if diff := qemu.Changed(before, g.Must(t, everyFile)); len(diff) > 0 {
			t.Errorf("it is not as it was:\n%s", strings.Join(diff, ""))
		}
		for range 2 {
			finish(t, g.Begin(t, "apply", "-y", "-o", "json"), 7, "rolled-back")
			if diff := qemu.Changed(before, g.Must(t, everyFile)); len(diff) > 0 {
				t.Errorf("again it is not as it was:\n%s", strings.Join(diff, ""))
			}
		}
		if n := g.Printed(t, "patchwave: the snapshot is merged"); n != 3 {
			t.Errorf("merged on the way down %d times, want 3", n)
		}
		t.Logf("%s: %s", kind, g.Must(t, "lvs -a -o lv_name,lv_attr,lv_tags"))
	})
}

// TestScript holds each operation against a real LVM, with what others do to it.
func TestScript(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "true")
		at, vg := point(), "lab-"+kind
		if s := g.asked(t, restore.OpDetect, at); !s.Possible || s.Need != 512<<20 || s.Free < s.Need {
			t.Fatalf("detect: %+v", s)
		}
		if s := g.asked(t, restore.OpCheck, at); s.State != restore.Absent {
			t.Errorf("check before: %+v", s)
		}
		made := g.asked(t, restore.OpCreate, at)
		if again := g.asked(t, restore.OpCreate, at); made.State != restore.Whole || made.ID == "" || again.ID != made.ID {
			t.Fatalf("create: %+v, then %+v", made, again)
		}
		t.Logf("%s: size %d", kind, made.Size)
		at.ID = made.ID
		checked := g.asked(t, restore.OpCheck, at)
		if checked.State != restore.Whole || checked.Identity == "" {
			t.Errorf("check: %+v", checked)
		}
		at.Before = checked.Identity
		if s := g.asked(t, restore.OpProve, at); s.State != restore.NotRestored {
			t.Errorf("prove without a rollback: %+v", s)
		}
		g.Must(t, "lvcreate -y -q -n daily -L 8M "+vg+" 2>&1 || lvcreate -y -q -n daily -V 8M --thinpool pool "+vg)
		if s := g.asked(t, restore.OpList, restore.Point{Host: at.Host}); len(s.Points) != 1 || s.Points[0].ID != at.ID || s.Points[0].Created == 0 {
			t.Errorf("list: %+v", s)
		}
		other := at
		other.ID = "another"
		if s := g.asked(t, restore.OpRemove, other); s.State != "" || s.Code != "guard" {
			t.Errorf("remove of another: %+v", s)
		}
		g.Must(t, "lvchange -q --deltag patchwave "+vg+"/"+at.Tag)
		if s := g.asked(t, restore.OpRemove, at); s.State != "" || s.Code != "guard" {
			t.Errorf("remove without our tag: %+v", s)
		}
		if s := g.asked(t, restore.OpRollback, at); s.State != restore.NotRestored {
			t.Errorf("rollback to another's: %+v", s)
		}
		g.Must(t, "lvchange -q --addtag patchwave "+vg+"/"+at.Tag)
		for _, want := range []restore.State{restore.Removed, restore.Absent} {
			if s := g.asked(t, restore.OpRemove, at); s.State != want {
				t.Errorf("remove, want %s: %+v", want, s)
			}
		}
		if got := strings.TrimSpace(g.Must(t, "lvs --noheadings -o lv_name "+vg+"/daily")); got != "daily" {
			t.Errorf("the volume of another: %q", got)
		}
	})
}

// TestNoRoom: where the volume group or the thin pool is full, nothing is changed.
func TestNoRoom(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "touch /etc/later")
		fill := map[string]string{"thick": "lvcreate -y -q -n filler -l 80%FREE lab-thick",
			"thin": "lvcreate -y -q -n filler -V 900M --thinpool pool lab-thin && dd if=/dev/zero of=/dev/lab-thin/filler bs=1M count=850 conv=fsync"}[kind]
		g.Must(t, fill)
		doc := finish(t, g.Begin(t, "apply", "-y", "-o", "json"), 3, "failed")
		if why := doc.Hosts[0].Error.Message; !strings.Contains(why, "512 MiB are needed") || !strings.Contains(why, "nothing was changed") {
			t.Errorf("it says %q", why)
		}
		if got := g.Must(t, "labtool; ls /etc/later 2>/dev/null || echo none"); got != "1.0\nnone\n" {
			t.Errorf("in the guest: %q", got)
		}
	})
}

// TestSpoiled: a snapshot that was filled, or removed by somebody, is not gone back to:
// the host is left as it is, and that is said.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	for name, trial := range map[string][3]string{
		"full":       {"thick", "dd if=/dev/zero of=/root/big bs=1M count=600 conv=fsync 2>/dev/null", "LVM has made it invalid"},
		"gone thick": {"thick", "lvremove -y -q $(lvs --noheadings -o lv_full_name @patchwave)", "the snapshot is no longer there"},
		"gone thin":  {"thin", "lvremove -y -q $(lvs --noheadings -o lv_full_name @patchwave)", "the snapshot is no longer there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := start(t, trial[0], trial[1])
			boot := g.Must(t, "cat /proc/sys/kernel/random/boot_id")
			doc := finish(t, g.Begin(t, "apply", "-y", "-o", "json"), 3, "failed")
			if why := doc.Hosts[0].Error.Message; !strings.Contains(why, trial[2]) || !strings.Contains(why, "look at the host now") {
				t.Errorf("it says %q", why)
			}
			if g.Must(t, "cat /proc/sys/kernel/random/boot_id") != boot {
				t.Error("it was booted")
			}
			t.Logf("it says: %s", doc.Hosts[0].Error.Message)
		})
	}
}

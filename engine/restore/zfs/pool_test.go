//go:build zfs

package zfs_test

import (
	"strings"
	"testing"

	"patchwave/engine/restore"
)

// debian is a pool as the guide of OpenZFS for Debian lays it out, in little, with
// snapshots that are somebody else's. The system in it is the machine's own.
const debian = `zpool create -f -O mountpoint=none -O compression=lz4 -O acltype=posix -O xattr=sa -R /rootfs rpool /dev/vda1
zfs create -o canmount=off -o mountpoint=none rpool/ROOT
zfs create -o canmount=noauto -o mountpoint=/ -o com.example:note='two  words' rpool/ROOT/debian
zfs create -o mountpoint=/home -o canmount=noauto rpool/home
mount -t zfs -o zfsutil rpool/ROOT/debian /rootfs
for d in bin sbin lib lib64 usr etc var modules; do cp -a /$d /rootfs/; done
mkdir -p /rootfs/proc /rootfs/sys /rootfs/dev /rootfs/run /rootfs/tmp /rootfs/boot /rootfs/usr/lib/modules/6.1-old
echo old >/rootfs/etc/version; echo status >/rootfs/var/lib/dpkg/status
umount /rootfs
zfs snapshot rpool/ROOT/debian@daily-1
sync; zpool export rpool`

// TestPool is the life of a point on a real pool: made, gone back to over a boot,
// removed; and what is somebody else's stays.
func TestPool(t *testing.T) {
	for name, root := range roots() {
		t.Run(name, func(t *testing.T) { life(t, installed(t, root)) })
	}
}

func roots() map[string]string {
	return map[string]string{"by name": "root=ZFS=rpool/ROOT/debian", "by bootfs": "root=zfs:AUTO"}
}

// installed is a machine that runs from a pool.
func installed(t *testing.T, root string) *console {
	t.Helper()
	c := boot(t, root)
	c.up()
	t.Log(c.sh(debian))
	if root == "root=zfs:AUTO" {
		t.Log(c.sh("zpool import -N -d /dev rpool; zpool set bootfs=rpool/ROOT/debian rpool; zpool export rpool"))
	}
	c.reboot()
	return c
}

func (c *console) reboot() {
	c.t.Helper()
	c.type1("sync; /bin/busybox reboot -f")
	c.up()
}

func life(t *testing.T, c *console) {
	t.Helper()
	at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", "zfs")}
	if s := c.ask(restore.OpDetect, at); !s.Possible || s.Free < s.Need || s.Need < 512<<20 {
		t.Fatalf("detect: %+v", s)
	}
	if s := c.ask(restore.OpCheck, at); s.State != restore.Absent {
		t.Errorf("check before: %+v", s)
	}
	made, again := c.ask(restore.OpCreate, at), c.ask(restore.OpCreate, at)
	if made.State != restore.Whole || made.ID == "" || again.ID != made.ID {
		t.Fatalf("create: %+v, then %+v", made, again)
	}
	at.ID = made.ID
	checked := c.ask(restore.OpCheck, at)
	if checked.State != restore.Whole || checked.Identity == "" || checked.Identity == made.ID {
		t.Fatalf("check: %+v", checked)
	}
	at.Before = checked.Identity
	if s := c.ask(restore.OpProve, at); s.State != restore.NotRestored {
		t.Errorf("prove without a rollback: %+v", s)
	}
	if got := c.sh("zfs destroy rpool/ROOT/debian@" + at.Tag); !strings.Contains(got, "busy") {
		t.Errorf("somebody's destroy is not refused: %s", got)
	}
	c.sh("echo new >/etc/version; rm /var/lib/dpkg/status; mkdir -p /usr/lib/modules/6.2-new; echo m >/usr/lib/modules/6.2-new/one; zfs snapshot rpool/ROOT/debian@daily-2")
	if s := c.ask(restore.OpRollback, at); s.State != restore.Pending || s.Why != "" || len(s.Cannot) != 0 {
		t.Fatalf("rollback: %+v", s)
	}
	c.up()
	if got := c.sh("cat /etc/version /var/lib/dpkg/status /usr/lib/modules/6.2-new/one; mount | grep ' on / '"); !strings.HasPrefix(got, "old\nstatus\nm\nrpool/ROOT/debian on /") {
		t.Errorf("the system is not the old one: %s", got)
	}
	s := c.ask(restore.OpProve, at)
	if s.State != restore.Restored || s.Identity == at.Before {
		t.Errorf("prove: %+v", s)
	}
	t.Log(c.sh("zfs list -t all -o name,origin,used,canmount,mountpoint -r rpool; zpool get bootfs rpool; zfs get -H -s local -o property,value all rpool/ROOT/debian"))
	kept(t, c, at)
}

// kept: what hangs on a point keeps it, and what is somebody else's outlives it.
func kept(t *testing.T, c *console, at restore.Point) {
	t.Helper()
	if s := c.ask(restore.OpRemove, at); s.State != "" || s.Code != "locked" {
		t.Errorf("remove, while a snapshot of somebody is in the old root: %+v", s)
	}
	listed := c.ask(restore.OpList, restore.Point{})
	if len(listed.Points) != 1 || listed.Points[0].ID != at.ID || listed.Points[0].Created == 0 {
		t.Errorf("list: %+v", listed)
	}
	c.sh("zfs destroy rpool/ROOT/" + at.Tag + ".failed@daily-2; zfs hold backup rpool/ROOT/debian@" + at.Tag)
	if s := c.ask(restore.OpRemove, at); s.State != "" || s.Code != "locked" || !strings.Contains(s.Why, "backup") {
		t.Errorf("remove of what somebody holds: %+v", s)
	}
	c.sh("zfs release backup rpool/ROOT/debian@" + at.Tag)
	evil := at
	evil.ID = "12345"
	if s := c.ask(restore.OpRemove, evil); s.State != "" || s.Code != "guard" {
		t.Errorf("remove of another of its name: %+v", s)
	}
	if s := c.ask(restore.OpRemove, at); s.State != restore.Removed {
		t.Errorf("remove: %+v", s)
	}
	if s := c.ask(restore.OpRemove, at); s.State != restore.Absent {
		t.Errorf("remove again: %+v", s)
	}
	if got := c.sh("zfs list -H -o name -t all -r rpool/ROOT"); got != "rpool/ROOT\nrpool/ROOT/debian\nrpool/ROOT/debian@daily-1\n" {
		t.Errorf("left: %s", got)
	}
	if s := c.ask(restore.OpDetect, at); !s.Possible {
		t.Errorf("detect after it: %+v", s)
	}
}

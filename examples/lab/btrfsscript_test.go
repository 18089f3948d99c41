//go:build lab

package lab_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
	"patchwave/examples/lab/labhost"
	"patchwave/inventory"
)

// asked runs an operation of the provider btrfs on a host, as root, and says how long
// it took.
func asked(t *testing.T, h *labhost.Host, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	return askedOf(t, btrfs.Provider(), h, op, at)
}

// askedOf is asked of any provider.
func askedOf(t *testing.T, p restore.Provider, h *labhost.Host, op restore.Op, at restore.Point) restore.Said {
	t.Helper()
	const nonce = "00112233445566778899aabbccddeeff"
	call, ok := p.Call(op, at)
	if !ok {
		t.Fatalf("%s has no call", op)
	}
	body, err := script.Encode(connectors.DialectSh, call.Script, nonce, call.Args)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	// a script has a shell of its own
	out := h.MustSh(t, "cat >/run/op <<'END-OF-OP'\n"+string(body)+"\nEND-OF-OP\nsh /run/op || :")
	t.Logf("%s: %s", op, time.Since(began).Round(time.Millisecond))
	return p.Read(op, at, framing.ParseLog(nonce, []byte(out)))
}

// TestSnapshotScript holds the script of the provider against a real btrfs: what it
// makes, what it refuses, and what it never touches.
func TestSnapshotScript(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "btrfs-one")
	h := f.hosts["btrfs-one"]
	at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", h.Name), Host: &inventory.Host{Name: h.Name}}
	detects(t, h, at)
	at = creates(t, h, at)
	spoiled(t, h, at)
	removes(t, h, at)
	goesBack(t, h, at)
}

// detects holds detect against what a rollback could not come through.
func detects(t *testing.T, h *labhost.Host, at restore.Point) {
	t.Helper()
	h.MustSh(t, "btrfs subvolume create /srv/inside")
	said := asked(t, h, restore.OpDetect, at)
	if !said.Possible || said.Free < said.Need || said.Need < 512<<20 || !strings.Contains(strings.Join(said.Cannot, "\n"), "/srv/inside: a subvolume") {
		t.Errorf("detect: %+v", said)
	}
	for why, trial := range map[string][2]string{
		"subvolid=":                           {"cp /etc/fstab /etc/fstab.was; sed -i s/subvol=@/subvolid=256,subvol=@/ /etc/fstab", "mv /etc/fstab.was /etc/fstab"},
		"the next boot takes":                 {"cp /etc/fstab /etc/fstab.was; sed -i s/subvol=@/subvol=@other/ /etc/fstab", "mv /etc/fstab.was /etc/fstab"},
		"cannot be told":                      {"cp /etc/fstab /etc/fstab.was; : >/etc/fstab", "mv /etc/fstab.was /etc/fstab"},
		"/var/lib/dpkg is not in the root":    {"mount -t tmpfs tmpfs /var/lib/dpkg", "umount /var/lib/dpkg"},
		"btrfs of the root, 921 MiB are need": {"fallocate -l 4900M /root/big", "rm /root/big; btrfs filesystem sync /"},
	} {
		h.MustSh(t, trial[0])
		if s := asked(t, h, restore.OpDetect, at); s.Possible || !strings.Contains(s.Why, why) {
			t.Errorf("%s: %+v", why, s)
		}
		h.MustSh(t, trial[1])
	}
}

// creates makes the point and returns it.
func creates(t *testing.T, h *labhost.Host, at restore.Point) restore.Point {
	t.Helper()
	if s := asked(t, h, restore.OpCheck, at); s.State != restore.Absent {
		t.Errorf("check before: %+v", s)
	}
	made := asked(t, h, restore.OpCreate, at)
	again := asked(t, h, restore.OpCreate, at)
	if made.State != restore.Whole || made.ID == "" || again.ID != made.ID || len(made.Cannot) == 0 {
		t.Fatalf("create: %+v, then %+v", made, again)
	}
	at.ID = made.ID
	checked := asked(t, h, restore.OpCheck, at)
	if checked.State != restore.Whole || checked.Identity == "" || checked.Identity == made.ID {
		t.Errorf("check: %+v", checked)
	}
	at.Before = checked.Identity
	if s := asked(t, h, restore.OpProve, at); s.State != restore.NotRestored {
		t.Errorf("prove without a rollback: %+v", s)
	}
	listed := asked(t, h, restore.OpList, restore.Point{Host: at.Host})
	if len(listed.Points) != 1 || listed.Points[0].Tag != at.Tag || listed.Points[0].ID != at.ID || listed.Points[0].Created == 0 {
		t.Errorf("list: %+v", listed)
	}
	return at
}

// spoiled changes the snapshot behind the back of whoever made it.
func spoiled(t *testing.T, h *labhost.Host, at restore.Point) {
	t.Helper()
	h.MustSh(t, inTop("btrfs property set "+at.Tag+" ro false"))
	if s := asked(t, h, restore.OpCheck, at); s.State != restore.Unusable || !strings.Contains(s.Why, "not read-only") {
		t.Errorf("written to: %+v", s)
	}
	if s := asked(t, h, restore.OpRollback, at); s.State != restore.NotRestored {
		t.Errorf("rollback to it: %+v", s)
	}
	h.MustSh(t, inTop("btrfs property set "+at.Tag+" ro true; mv "+at.Tag+" kept; btrfs subvolume snapshot -r / "+at.Tag))
	if s := asked(t, h, restore.OpCheck, at); s.State != restore.Unusable || !strings.Contains(s.Why, "another subvolume") {
		t.Errorf("another of its name: %+v", s)
	}
	if s := asked(t, h, restore.OpRemove, at); s.State != "" || s.Code != "guard" {
		t.Errorf("remove of another's: %+v", s)
	}
}

// removes removes the point, and nothing else.
func removes(t *testing.T, h *labhost.Host, at restore.Point) {
	t.Helper()
	h.MustSh(t, inTop("btrfs subvolume delete "+at.Tag+"; mv kept "+at.Tag+"; btrfs subvolume snapshot / "+at.Tag+".failed; btrfs subvolume create daily"))
	evil := at
	for _, tag := range []string{"daily", "patchwave-../daily", "patchwave-*"} {
		evil.Tag = tag
		if s := asked(t, h, restore.OpRemove, evil); s.State != "" || s.Why == "" {
			t.Errorf("remove of %s: %+v", tag, s)
		}
	}
	if s := asked(t, h, restore.OpRemove, at); s.State != restore.Removed {
		t.Errorf("remove: %+v", s)
	}
	if s := asked(t, h, restore.OpRemove, at); s.State != restore.Absent {
		t.Errorf("remove again: %+v", s)
	}
	left := h.MustSh(t, "btrfs subvolume list / | sed -n 's,.* path @patchwave/,,p'; find /run -maxdepth 1 -name 'patchwave-btrfs*'")
	same(t, "left", "daily\n", left)
}

// goesBack is the way back itself, without a run around it.
func goesBack(t *testing.T, h *labhost.Host, at restore.Point) {
	t.Helper()
	h.MustSh(t, "rm -f /boot/vmlinu*; mkdir -p /usr/lib/modules/6.1-old")
	made := asked(t, h, restore.OpCreate, restore.Point{Tag: at.Tag, Host: at.Host})
	at.ID = made.ID
	// a kernel that came since, in a /boot that does not go back
	h.MustSh(t, "mkdir /usr/lib/modules/6.2-new && echo module >/usr/lib/modules/6.2-new/one && rm -r /usr/lib/modules/6.1-old && echo later >/etc/later")
	boot, err := h.BootID()
	if err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpRollback, at); s.State != restore.Pending || s.Why != "" || len(s.Cannot) != 0 {
		t.Fatalf("rollback: %+v", s)
	}
	if s := asked(t, h, restore.OpDetect, at); s.Possible {
		t.Errorf("a point of a system that goes down: %+v", s)
	}
	if s := asked(t, h, restore.OpRemove, at); s.Code != "locked" {
		t.Errorf("remove of what it still runs from: %+v", s)
	}
	if _, err := h.WaitReboot(t.Context(), boot); err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpProve, at); s.State != restore.Restored || s.Identity == at.Before {
		t.Errorf("prove: %+v", s)
	}
	same(t, "modules", "6.1-old\nmodule\n", h.MustSh(t, "[ ! -e /etc/later ] && ls -d /usr/lib/modules/6.1-old | sed 's,.*/,,' && cat /usr/lib/modules/6.2-new/one"))
	if s := asked(t, h, restore.OpRemove, at); s.State != restore.Removed {
		t.Errorf("remove after it: %+v", s)
	}
}

//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/engine/restore"
	"patchwave/engine/restore/btrfs"
	"patchwave/engine/restore/snapper"
	"patchwave/inventory"
)

// spent fills the disk as soon as the bad package has done its harm.
const spent = `["sh", "-c", <<-EOT
      sed 's/^ *//' >/run/spend <<'END'
      until [ ! -e /usr/bin/pinky ]; do sleep 0.1; done
      ` + fill + `
END
      setsid sh /run/spend >/dev/null 2>&1 </dev/null &
    EOT
    ]
`

// TestRoomSpent fills the disk of a host to the last byte in the middle of its updates.
// It is taken back all the same, and there is room again.
func TestRoomSpent(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(swappedRoots, "LATER", spent, 1), "btrfs-spent")
	before, root := f.sh(t, onAll(everyFile)), f.sh(t, onAll(rootUUID))
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	now := f.sh(t, onAll(rootUUID))
	for name, diff := range changed(before, f.sh(t, onAll(everyFile))) {
		if now[name] == root[name] || len(diff) > 0 {
			t.Errorf("%s is not as it was:\n%s", name, strings.Join(diff, "\n"))
		}
		f.hosts[name].MustSh(t, "! ls /root/fill-* /var/lib/patchwave-host/spare* 2>/dev/null")
	}
}

// shut stops the SSH server of the host, and keeps it from starting again, as soon as the
// bad package has done its harm.
const shut = `["sh", "-c", <<-EOT
      cat >/run/shut <<'END'
      until [ ! -e /usr/bin/pinky ]; do sleep 0.1; done
      echo Garbage yes >>/etc/ssh/sshd_config
      systemctl stop ssh
END
      setsid sh /run/shut >/dev/null 2>&1 </dev/null &
    EOT
    ]
`

// TestShutOut: the updates leave a host that nobody can log in to any more. It goes back
// by the connection that is still there.
func TestShutOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(swappedRoots, "LATER", shut, 1), "btrfs-shut")
	before := f.sh(t, onAll(everyFile))
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	for name, diff := range changed(before, f.sh(t, onAll(everyFile))) {
		if len(diff) > 0 {
			t.Errorf("%s is not as it was:\n%s", name, strings.Join(diff, "\n"))
		}
	}
}

// TestToolsGone: the updates took away the programs by which the host goes back. Those of
// the point are as good.
func TestToolsGone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "btrfs-bare")
	h := f.hosts["btrfs-bare"]
	at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", h.Name), Host: &inventory.Host{Name: h.Name}}
	at.ID = asked(t, h, restore.OpCreate, at).ID
	h.MustSh(t, "rm -f /usr/bin/perl* /usr/bin/python3* /usr/bin/btrfs /bin/btrfs")
	if s := asked(t, h, restore.OpDetect, restore.Point{Host: at.Host}); s.Possible || !strings.Contains(s.Why, "btrfs is not installed") {
		t.Errorf("detect: %+v", s)
	}
	at.Before = asked(t, h, restore.OpCheck, at).Identity
	boot, err := h.BootID()
	if err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpRollback, at); s.State != restore.Pending || s.Why != "" {
		t.Fatalf("rollback: %+v", s)
	}
	if _, err := h.WaitReboot(t.Context(), boot); err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpProve, at); s.State != restore.Restored {
		t.Errorf("prove: %+v", s)
	}
	// somebody keeps what failed, under a name like ours
	h.MustSh(t, "command -v btrfs perl; "+inTop("btrfs subvolume snapshot "+at.Tag+".failed "+at.Tag+".failed-mine; btrfs subvolume snapshot / "+at.Tag+".mine"))
	if s := asked(t, h, restore.OpRemove, at); s.State != restore.Removed {
		t.Errorf("remove: %+v", s)
	}
	same(t, "left", at.Tag+".failed-mine\n"+at.Tag+".mine\n", h.MustSh(t, "btrfs subvolume list / | sed -n 's,.* path @patchwave/,,p' | sort"))
	if l := asked(t, h, restore.OpList, restore.Point{Host: at.Host}); len(l.Points) > 0 {
		t.Errorf("list: %+v", l)
	}
}

// TestOneKeeper: what a way back leaves beside a point of snapper is no point of btrfs,
// and a point of btrfs is none of snapper.
func TestOneKeeper(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "snapper-one")
	h := f.hosts["snapper-one"]
	h.MustSh(t, "snapper -c root create-config /")
	point := func(run string) restore.Point {
		return restore.Point{Tag: restore.Tag(run, h.Name), Host: &inventory.Host{Name: h.Name}}
	}
	own, snapped := point("r20261122-020000-a1b2c3"), point("r20261123-020000-a1b2c3")
	h.MustSh(t, "head -c 5000000 /dev/urandom >/root/big; sync")
	own.ID = asked(t, h, restore.OpCreate, own).ID
	h.MustSh(t, "rm /root/big; head -c 5000000 /dev/urandom >/root/other; sync")
	snapped.ID = askedOf(t, snapper.Provider(), h, restore.OpCreate, snapped).ID
	h.MustSh(t, "rm /root/other; sync; "+inTop("btrfs subvolume create "+own.Tag+".failed; btrfs subvolume create "+snapped.Tag+".failed"))
	for want, p := range map[string]restore.Provider{own.Tag: btrfs.Provider(), snapped.Tag: snapper.Provider()} {
		if l := askedOf(t, p, h, restore.OpList, restore.Point{Host: own.Host, Args: map[string]string{"size": "yes"}}); len(l.Points) != 1 || l.Points[0].Tag != want || l.Points[0].Size < 5000000 || l.Points[0].Size > 50000000 {
			t.Errorf("%s: %+v", p.Name(), l.Points)
		}
	}
	// its snapshot was deleted behind the back of patchwave: what is left is found
	h.MustSh(t, "snapper -c root delete "+snapped.ID)
	if l := asked(t, h, restore.OpList, restore.Point{Host: own.Host}); len(l.Points) != 2 || l.Points[1].Tag != snapped.Tag || l.Points[1].ID != "-" {
		t.Errorf("what is left: %+v", l.Points)
	}
	if l := askedOf(t, snapper.Provider(), h, restore.OpList, restore.Point{Host: own.Host}); len(l.Points) > 0 {
		t.Errorf("of snapper: %+v", l.Points)
	}
}

//go:build lab

package lab_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"patchwave/engine/restore"
	"patchwave/examples/lab/labhost"
	"patchwave/inventory"
)

// fill leaves not a byte on the root, neither for data nor for a new file's name.
const fill = `for size in 256M 16M 1M 64K; do n=0; while fallocate -l $size /root/fill-$size-$n 2>/dev/null; do n=$((n + 1)); done; done
	n=0; while head -c 3000 /dev/urandom >/root/fill-small-$n 2>/dev/null && [ $n -lt 2000 ]; do n=$((n + 1)); done
	btrfs filesystem sync / || :`

// TestSnapshotFull: a full disk and a quota keep points from being made, and say so; they
// do not keep a host from going back.
func TestSnapshotFull(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "btrfs-full")
	h := f.hosts["btrfs-full"]
	at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", h.Name), Host: &inventory.Host{Name: h.Name}}
	h.MustSh(t, "btrfs quota enable /; btrfs quota rescan -w / >/dev/null; btrfs qgroup limit 500M /")
	limited(t, h, at, "a quota group lets the root have ")
	h.MustSh(t, "btrfs qgroup limit none /; btrfs quota disable /")
	if s := asked(t, h, restore.OpDetect, at); !s.Possible {
		t.Errorf("detect without a limit: %+v", s)
	}
	h.MustSh(t, fill)
	limited(t, h, at, "are free on the btrfs of the root")
	if l := asked(t, h, restore.OpList, restore.Point{Host: at.Host}); len(l.Points) > 0 || l.Why != "" {
		t.Errorf("list: %+v", l)
	}
	h.MustSh(t, "rm /root/fill-*; btrfs filesystem sync /")
	at.ID = asked(t, h, restore.OpCreate, at).ID
	at.Before = asked(t, h, restore.OpCheck, at).Identity
	h.MustSh(t, fill)
	if out := h.MustSh(t, "head -c 1000000 /dev/zero >/etc/late 2>&1 || echo full"); !strings.Contains(out, "full") {
		t.Errorf("the disk is not full: %s", h.MustSh(t, "btrfs filesystem usage /"))
	}
	boot, err := h.BootID()
	if err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpRollback, at); s.State != restore.Pending {
		t.Fatalf("rollback on a full disk: %+v\n%s", s, h.MustSh(t, "btrfs filesystem usage /"))
	}
	if _, err := h.WaitReboot(t.Context(), boot); err != nil {
		t.Fatal(err)
	}
	if s := asked(t, h, restore.OpProve, at); s.State != restore.Restored {
		t.Errorf("prove: %+v", s)
	}
	// what a crashed run leaves, without its snapshot
	h.MustSh(t, inTop("btrfs subvolume delete "+at.Tag))
	if l := asked(t, h, restore.OpList, restore.Point{Host: at.Host}); len(l.Points) != 1 || l.Points[0].Tag != at.Tag || l.Points[0].ID != "-" || l.Points[0].Created == 0 {
		t.Errorf("list of what is left: %+v", l)
	}
	at.ID = "-"
	if s := asked(t, h, restore.OpRemove, at); s.State != restore.Removed {
		t.Errorf("remove: %+v", s)
	}
	h.MustSh(t, "[ $(btrfs subvolume list / | grep -c @patchwave) = 0 ]; ! ls /root/fill-* 2>/dev/null")
}

// limited wants that no point is made, for want of space.
func limited(t *testing.T, h *labhost.Host, at restore.Point, why string) {
	t.Helper()
	if s := asked(t, h, restore.OpDetect, at); s.Possible || s.Code != "disk" || !strings.Contains(s.Why, why) {
		t.Errorf("detect: %+v", s)
	}
	if s := asked(t, h, restore.OpCreate, at); s.State != restore.Unusable || s.Code != "disk" || !strings.Contains(s.Why, why) {
		t.Errorf("create: %+v", s)
	}
}

// dark stalls the run after the point of one host, and the rollback of the others after
// its first and its third step.
const dark = `["sh", "-c", <<-EOT
      case $(hostname) in
      *-early) echo 1 >/run/cut ;;
      *-late) echo 3 >/run/cut ;;
      *)
        : >/run/cut.now
        sleep 600
        ;;
      esac
    EOT
    ]
`

// TestSwapCutResumed: the power of three hosts goes, and patchwave with it: of one
// between its point and its updates, of one before and of one after its root was swapped.
// A resume ends clear: what was not begun is said, what was begun is finished, and the
// way back can be asked for again.
func TestSwapCutResumed(t *testing.T) {
	t.Parallel()
	const between, early, late = "btrfs-between", "btrfs-early", "btrfs-late"
	f := newFleet(t, strings.Replace(swappedRoots, "LATER", dark, 1), between, early, late)
	f.sh(t, onAll(cutter+"; btrfs subvolume create /srv/inside >/dev/null; echo kept >/srv/inside/kept"))
	before := f.sh(t, onAll(everyFile))
	cmd, err := f.lab.Command(t.Context(), f.dir, "-C", f.dir, "apply", "-y", "-q")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- f.lab.Run(cmd) }()
	at(t, f.names(), func(name string) error {
		return waitFor(t.Context(), f.hosts[name], 3*time.Minute, "[ -e /run/cut.now ]")
	})
	kill(t, cmd)
	if err := <-ended; err == nil {
		t.Error("it ended well though it was killed")
	}
	at(t, f.names(), func(name string) error {
		h := f.hosts[name]
		return errors.Join(h.Stop(t.Context()), h.Start(t.Context()))
	})
	run := decode[runDoc](t, f.patchwave(t, 0, "status", "-o", "json")).Run
	doc := decode[runDoc](t, f.patchwave(t, 7, "resume", run.ID, "-o", "json"))
	same(t, "states", map[string]string{between: "failed", early: "failed", late: "rolled-back"}, doc.states())
	for name, why := range map[string]string{between: "was rebooted while the job ran; look at the host, then scan it; nothing was changed", early: "the host runs from the same subvolume as before; look at the host now"} {
		if h := doc.host(t, name); !strings.Contains(h.Error.Message, why) || h.Why != "" {
			t.Errorf("%s: %+v, %s", name, h.Error, h.Why)
		}
	}
	after := f.sh(t, onAll(everyFile))
	if diff := changed(before, after); len(diff[between])+len(diff[late]) > 0 || len(diff[early]) < 3 {
		t.Errorf("after the resume: %q", diff)
	}
	f.patchwave(t, 0, "rollback", run.ID, "-l", early, "-y", "-o", "json")
	if diff := changed(before, f.sh(t, onAll(everyFile)))[early]; len(diff) > 0 {
		t.Errorf("%s is not as it was: %q", early, diff)
	}
	for name, out := range f.sh(t, onAll("cat /srv/inside/kept; findmnt -nvo FSROOT /; btrfs subvolume list / | sed -n 's,.* path @patchwave/patchwave-[^.]*,,p' | sort")) {
		want := "kept\n/@\n\n.failed\n"
		if name == between {
			want = "kept\n/@\n\n"
		}
		same(t, name, want, out)
	}
}

//go:build qemu

package btrfsguest_test

import (
	"context"
	"sort"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
)

// TestCutBeforeApply cuts the power when the controller was told of the restore point and
// nothing is installed: the point must be on the disk. The run says that nothing was
// changed. The next one is rolled back, and at every flush of it the root is what it has
// to be.
func TestCutBeforeApply(t *testing.T) {
	for _, kind := range []string{"name", "default", "snapper"} {
		t.Run(kind, func(t *testing.T) { cutBeforeApply(t, kind) })
	}
}

func cutBeforeApply(t *testing.T, kind string) {
	g, c := begin(t, kind, "[ ! -e /srv/second ] || exit 0\ntouch /run/begun\nsleep 900")
	before := g.Must(t, everyFile)
	run := c.Begin(t, "apply", "-y", "-o", "json")
	g.Until(t, "the action runs", func(ctx context.Context) bool {
		_, err := g.Sh(ctx, "[ -e /run/begun ]")
		return err == nil
	})
	g.Cut(t)
	g.Power(t)
	doc := qemu.Finish(t, run, 3)
	if h := doc.Hosts[0]; h.State != "failed" || !strings.Contains(h.Error.Message, "nothing was changed") {
		t.Errorf("the host is %s: %+v", h.State, h.Error)
	}
	same(t, "after the cut", before, g.Must(t, everyFile))
	if got := g.Must(t, points); got != "1\n" {
		t.Errorf("of the point that the controller was told of there are %q", got)
	}
	// without a cut: every state in which one could have come
	g.Must(t, "touch /srv/second; sync")
	written := g.Written(t)
	doc = qemu.Finish(t, c.Begin(t, "apply", "-y", "-o", "json"), 7)
	if h := doc.Hosts[0]; h.State != "rolled-back" || h.Reboots != 1 {
		t.Errorf("the host is %s after %d reboots: %+v", h.State, h.Reboots, h.Error)
	}
	same(t, "after the rollback", before, g.Must(t, everyFile))
	d := disks(t, g, kind)
	whole(t, d, d.log.After(written), sumOf(before))
}

// points counts our snapshots.
const points = `top=$(mktemp -d); mount -o subvolid=5 /dev/vda $top
{ ls -A $top/@patchwave 2>/dev/null; grep -l '<key>patchwave</key>' $top/@/.snapshots/*/info.xml 2>/dev/null; } | wc -l
umount $top; rmdir $top`

// whole: the point is what was there before from the first flush after which the host has
// something else; and from the first flush that has something of the rollback on, the root
// is either that or what ran, the whole of it, and what ran never comes again.
func whole(t *testing.T, d *disk, from int, before string) {
	t.Helper()
	flushes := d.log.Flushes[sort.SearchInts(d.log.Flushes, from):]
	swap := sort.Search(len(flushes), func(i int) bool {
		d.to(t, flushes[i])
		return d.look(t, false, 0).begun
	})
	if swap == len(flushes) {
		t.Fatal("there is no rollback on the disk")
	}
	t.Logf("%d flushes, the rollback begins with number %d", len(flushes), swap)
	d.to(t, flushes[len(flushes)-1])
	d.failed = true
	end := d.look(t, true, 0)
	d.failed = false
	if end.system != before || end.failed == "" || end.failed == before {
		t.Fatalf("in the end the root is not what it has to be: %+v", end)
	}
	step := max(1, swap/6)
	for i := 0; i < swap; i += step { // while packages are installed
		d.to(t, flushes[i])
		if s := d.look(t, true, uint64(i%2)); s.point != before && (s.point != "" || s.system != before) {
			t.Errorf("at flush %d the point is not what was there before:\n%s", i, s.layout)
		}
	}
	last, after := "", 0
	for i := max(0, swap-2); i < len(flushes) && after < 4; i++ {
		d.to(t, flushes[i])
		s := d.look(t, false, 0)
		if s.root == end.root {
			after++
		} else if after > 0 {
			t.Errorf("at flush %d the root is what ran again:\n%s", i, s.layout)
		}
		if s.layout == last {
			continue
		}
		last = s.layout
		for seed := range uint64(3) {
			s := d.look(t, true, seed)
			t.Logf("at flush %d (seed %d) the root is the restored system: %v\n%s", i, seed, s.system == before, s.layout)
			if s.system != before && s.system != end.failed || s.point != before {
				t.Errorf("it is neither that nor the old one, or the point is not what was there before: %+v", s)
			}
		}
	}
	if after == 0 {
		t.Error("the root was never another one")
	}
}

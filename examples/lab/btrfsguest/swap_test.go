//go:build qemu

package btrfsguest_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
	"patchwave/examples/lab/step"
)

// stepper: after each step the file system is committed, so that there is a state of the
// disk for it. The first one waits as long as there is /run/hold.
var stepper = step.After("/run/stepped", `btrfs filesystem sync /
echo "$tool $*" >>/run/stepped
while [ -e /run/hold ]; do sleep 0.1; done`) + `
btrfs subvolume create /srv/inside >/dev/null
echo kept >/srv/inside/kept
sync`

// TestCutInSwap records a rollback, with a commit after each of its steps, and boots the
// disk as it was at each state in which it had another layout. Each has the whole of the
// system of then or of what ran, and the controller, which had crashed meanwhile, goes on
// to a clear end: what was swapped is finished, what was not is said, and goes back when
// that is asked for.
func TestCutInSwap(t *testing.T) {
	for _, kind := range []string{"name", "default", "snapper"} {
		t.Run(kind, func(t *testing.T) { cutInSwap(t, kind) })
	}
}

func cutInSwap(t *testing.T, kind string) {
	g, c := begin(t, kind, "touch /run/hold /run/stepped")
	g.Must(t, stepper)
	before := g.Must(t, everyFile)
	run := c.Begin(t, "apply", "-y", "-o", "json")
	g.Until(t, "the rollback has begun", func(ctx context.Context) bool {
		_, err := g.Sh(ctx, "[ -s /run/stepped ]")
		return err == nil
	})
	run.Kill(t)
	saved, written := save(t, c), g.Written(t)
	broken, boot := g.Must(t, everyFile), g.Must(t, bootID)
	g.Must(t, "rm /run/hold")
	g.Until(t, "the guest has booted", func(ctx context.Context) bool {
		out, err := g.Sh(ctx, bootID)
		return err == nil && out != boot
	})
	d := disks(t, g, kind)
	if sumOf(before) == sumOf(broken) {
		t.Fatal("the updates have changed nothing")
	}
	first := d.states(t, d.log.After(written), sumOf(before), sumOf(broken))
	restored := 0
	for i, flush := range first {
		t.Run(fmt.Sprintf("state %d", i+1), func(t *testing.T) {
			d.to(t, flush)
			qemu.Copy(t, d.path, g.Path("cut.img"))
			g.Disk = g.Path("cut.img")
			saved.back(t, c)
			g.Power(t)
			defer g.Kill(t)
			if resumed(t, g, c, before, broken) {
				restored++
			}
		})
	}
	if restored == 0 || restored == len(first) {
		t.Errorf("of %d states %d were restored: some have to be, and some not", len(first), restored)
	}
}

const bootID = "cat /proc/sys/kernel/random/boot_id"

// states looks at the disk at every flush, and returns the first flush of each layout. Each
// of these boots the whole of one system, and so it does where the disk has also written
// some of what came later.
func (d *disk) states(t *testing.T, flush int, before, broken string) []int {
	t.Helper()
	var first []int
	known, restored := map[string]bool{}, map[string]bool{}
	end, after := false, 0
	for _, at := range d.log.Flushes {
		if at < flush || after == 4 {
			continue
		}
		d.to(t, at)
		s := d.look(t, false, 0)
		if end = end || restored[s.root] && !strings.Contains(s.layout, ".swap"); end {
			after++
		}
		if known[s.layout] {
			continue
		}
		known[s.layout] = true
		first = append(first, at)
		for seed := range uint64(2) {
			s := d.look(t, true, seed)
			what := map[string]string{before: "the restored system", broken: "what ran"}[s.system]
			t.Logf("state %d, seed %d, at write %d, boots %s:\n%s", len(first), seed, at, what, s.layout)
			if what == "" || s.point != before {
				t.Errorf("the root is neither the old nor the restored system, or the point is not what was there before: %+v", s)
			}
			if s.system == before {
				restored[s.root] = true
			} else if len(restored) > 0 && seed == 0 {
				t.Errorf("the root is what ran again: %+v", s)
			}
		}
	}
	t.Logf("%d layouts", len(first))
	return first
}

// resumed has patchwave go on, and wants a clear end. It says whether the guest had booted
// the restored system.
func resumed(t *testing.T, g *qemu.Guest, c *qemu.Controller, before, broken string) (restored bool) {
	t.Helper()
	booted := g.Must(t, everyFile)
	restored = len(qemu.Changed(before, booted)) == 0
	if !restored {
		same(t, "what ran", broken, booted)
	}
	status := qemu.Finish(t, c.Begin(t, "status", "-o", "json"), 0)
	doc := qemu.Finish(t, c.Begin(t, "resume", status.Run.ID, "-o", "json"), 7)
	h := doc.Hosts[0]
	if restored {
		if h.State != "rolled-back" {
			t.Errorf("the host is %s: %+v", h.State, h.Error)
		}
	} else {
		if h.State != "failed" || !strings.Contains(h.Error.Message, "look at the host now") {
			t.Errorf("the host is %s: %+v", h.State, h.Error)
		}
		qemu.Finish(t, c.Begin(t, "rollback", status.Run.ID, "-y", "-o", "json"), 0)
	}
	t.Logf("restored: %v; after the resume: %s: %s", restored, h.State, h.Error.Message)
	same(t, "in the end", before, g.Must(t, everyFile))
	if got := g.Must(t, "cat /srv/inside/kept; systemctl is-active labdbad; labtool"); got != "kept\nactive\n1.0\n" {
		t.Errorf("the guest has %q", got)
	}
	if got := g.Must(t, left); got != "" {
		t.Errorf("left: %q", got)
	}
	return restored
}

// left is what must not be there when a rollback has come to its end.
const left = `top=$(mktemp -d); mount -o subvolid=5 /dev/vda $top
ls -A $top/@patchwave 2>/dev/null | grep -E '\.(swap|new)$'
umount $top; rmdir $top; find /run -maxdepth 1 -name 'patchwave-btrfs*'; :`

// database is a copy of that of a controller.
type database map[string][]byte

func save(t *testing.T, c *qemu.Controller) database {
	t.Helper()
	saved := database{}
	for _, name := range c.Database(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		saved[name] = text
	}
	return saved
}

// back is the database as it was.
func (d database) back(t *testing.T, c *qemu.Controller) {
	t.Helper()
	for _, name := range c.Database(t) {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range d {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

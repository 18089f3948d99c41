//go:build zfs

package zfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"patchwave/engine/restore"
	"patchwave/examples/lab/qemu"
)

// TestPoolCut looks for the states of a real pool that a power cut in a rollback can leave,
// on a disk that has lost what was not flushed. They are found by booting from them.
// What boots by bootfs always has one of the two systems. What boots by name has not,
// between the two renames, and the rename by hand of doc.go helps. From each the rollback
// goes through when it is asked for again.
func TestPoolCut(t *testing.T) {
	for name, root := range roots() {
		t.Run(name, func(t *testing.T) {
			c := installed(t, root)
			at := restore.Point{Tag: restore.Tag("r20261122-020000-a1b2c3", "zfs")}
			at.ID = c.ask(restore.OpCreate, at).ID
			at.Before = c.ask(restore.OpCheck, at).Identity
			c.sh("echo new >/etc/version; sync")
			written, err := os.Stat(c.disk + ".log")
			if err != nil {
				t.Fatal(err)
			}
			if s := c.ask(restore.OpRollback, at); s.State != restore.Pending || s.Why != "" {
				t.Fatalf("rollback: %+v", s)
			}
			c.up()
			c.stop()
			log, err := qemu.ReadLog(c.disk + ".log")
			if err != nil {
				t.Fatal(err)
			}
			search(t, cut{c: c, log: log, root: root, at: at, flushes: log.Flushes[sort.SearchInts(log.Flushes, log.After(written.Size())):]})
		})
	}
}

// cut is a disk with all that was flushed to it in a rollback.
type cut struct {
	c       *console
	log     *qemu.Log
	root    string
	at      restore.Point
	flushes []int
}

// at boots from what the disk was at a flush, and says what the root then is, and its
// version; both are empty where nothing has booted.
func (k cut) boot(t *testing.T, i int) (c *console, dataset, version string) {
	t.Helper()
	c = &console{t: t, dir: k.c.dir, disk: filepath.Join(t.TempDir(), "disk")}
	empty(t, c.disk)
	f, err := os.OpenFile(c.disk, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(k.log.Replay(f, 0, k.flushes[i]), f.Close()); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	c.start(k.root)
	c.up()
	dataset, version = c.running()
	t.Logf("flush %d of %d: %q, %q after %.0f s", i, len(k.flushes), dataset, version, time.Since(began).Seconds())
	return c, dataset, version
}

// running is the dataset of the root, and what the system in it is.
func (c *console) running() (dataset, version string) {
	c.t.Helper()
	for line := range strings.Lines(c.sh("mount")) {
		if name, rest, ok := strings.Cut(line, " on / type zfs"); ok && rest != "" {
			return name, strings.TrimSpace(c.sh("cat /etc/version"))
		}
	}
	return "", ""
}

// search finds where one state becomes the next, and goes on from there.
func search(t *testing.T, k cut) {
	t.Helper()
	const name = "rpool/ROOT/debian"
	first := func(so func(dataset, version string) bool) int {
		return sort.Search(len(k.flushes), func(i int) bool {
			c, dataset, version := k.boot(t, i)
			c.stop()
			return so(dataset, version)
		})
	}
	between := first(func(dataset, version string) bool { return dataset != name || version == "old" })
	after := first(func(dataset, version string) bool { return dataset == name && version == "old" })
	if between == 0 || after <= between || after == len(k.flushes) {
		t.Fatalf("of %d flushes the first with another root is %d, the first with the restored one is %d", len(k.flushes), between, after)
	}
	t.Logf("%d flushes; from %d to %d nothing has the name of the root", len(k.flushes), between, after)
	c, dataset, version := k.boot(t, between)
	switch {
	case k.root == "root=zfs:AUTO":
		if want := "rpool/ROOT/" + k.at.Tag + ".failed"; dataset != want || version != "new" {
			t.Errorf("it boots %q, %q, want %s", dataset, version, want)
		}
	case dataset != "":
		t.Errorf("it boots %q, %q: doc.go says that it does not", dataset, version)
	default:
		t.Log(c.sh("zfs rename rpool/ROOT/" + k.at.Tag + ".failed " + name))
		c.reboot()
		if dataset, version = c.running(); dataset != name || version != "new" {
			t.Errorf("after the rename by hand it boots %q, %q", dataset, version)
		}
	}
	k.again(t, c)
	c.stop()
	c, _, _ = k.boot(t, between-1)
	k.again(t, c)
	c.stop()
	c, _, _ = k.boot(t, after)
	if s := c.ask(restore.OpProve, k.at); s.State != restore.Restored {
		t.Errorf("prove: %+v", s)
	}
	k.gone(t, c)
	c.stop()
}

// again: the rollback was cut before it was done.
func (k cut) again(t *testing.T, c *console) {
	t.Helper()
	if s := c.ask(restore.OpProve, k.at); s.State != restore.NotRestored {
		t.Errorf("prove: %+v", s)
	}
	if s := c.ask(restore.OpRollback, k.at); s.State != restore.Pending || s.Why != "" {
		t.Fatalf("rollback again: %+v\n%s", s, c.sh("zfs list -t all -r rpool"))
	}
	c.up()
	if dataset, version := c.running(); dataset != "rpool/ROOT/debian" || version != "old" {
		t.Errorf("after the rollback it boots %q, %q", dataset, version)
	}
	if s := c.ask(restore.OpProve, k.at); s.State != restore.Restored {
		t.Errorf("prove: %+v", s)
	}
	k.gone(t, c)
}

// gone removes the point, and all that came of it.
func (k cut) gone(t *testing.T, c *console) {
	t.Helper()
	if s := c.ask(restore.OpRemove, k.at); s.State != restore.Removed {
		t.Errorf("remove: %+v", s)
	}
	if got := c.sh("zfs list -H -o name -t all -r rpool/ROOT"); got != "rpool/ROOT\nrpool/ROOT/debian\nrpool/ROOT/debian@daily-1\n" {
		t.Errorf("left: %s", got)
	}
}

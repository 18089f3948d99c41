//go:build qemu

package lvmguest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
)

// guest is a machine whose root is a volume of the given kind, "thick" or "thin", and the
// controller of it. What it writes is kept when its power is cut.
type guest struct {
	*qemu.Guest
	*qemu.Controller
	kind string
}

// start boots a new guest, with a script for the action.
func start(t *testing.T, kind, later string) *guest {
	t.Helper()
	images, err := qemu.Images("lvm", "image.sh", "volumes.sh", "../qemu/system.sh")
	if err != nil {
		t.Fatal(err)
	}
	// the thick root is found by its UUID, which its snapshots have too
	root := "/dev/mapper/lab--thin-root--lv"
	if kind == "thick" {
		id, err := os.ReadFile(filepath.Join(images, "uuid"))
		if err != nil {
			t.Fatal(err)
		}
		root = "UUID=" + strings.TrimSpace(string(id))
	}
	g := qemu.New(t, images, filepath.Join(images, kind+".img"), "root="+root)
	g.Keeps = true
	c := qemu.NewController(t, g, "lvm", qemu.BadDaemon("lvm", later))
	g.Power(t)
	return &guest{g, c, kind}
}

// finish wants the exit code of a call and the state of the one host.
func finish(t *testing.T, call *qemu.Call, code int, state string) qemu.Report {
	t.Helper()
	doc := qemu.Finish(t, call, code)
	if len(doc.Hosts) != 1 || doc.Hosts[0].State != state {
		t.Fatalf("want %s: %+v", state, doc.Hosts)
	}
	return doc
}

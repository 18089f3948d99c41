//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// TestSnapperRoot: a package whose script removes a file and a service that no longer
// starts, on hosts with snapper, in both layouts. They boot from snapper's snapshot, are
// what they were, and snapper has what it had.
func TestSnapperRoot(t *testing.T) {
	t.Parallel()
	names := []string{"snapper-back", "suse-back"}
	policies := strings.Replace(swappedRoots, `["btrfs"]`, `["snapper"]`, 1)
	f := newFleet(t, strings.Replace(policies, "LATER", later, 1), names...)
	f.hosts["snapper-back"].MustSh(t, "snapper -c root create-config /")
	f.sh(t, onAll("btrfs subvolume create /srv/inside >/dev/null && echo before >/srv/inside/before; snapper -c root create -d another"))
	before, had, root := f.sh(t, onAll(everyFile)), f.sh(t, packages()), f.sh(t, onAll(rootUUID))
	nights := 1
	if labhost.Full() {
		nights = 3
	}
	for range nights {
		doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
		same(t, "states", everywhere("rolled-back", names...), doc.states())
		for _, name := range names {
			if h := doc.host(t, name); h.Reboots != 1 || len(h.Updates) == 0 {
				t.Errorf("%s: reboots %d, updates %+v, error %+v", name, h.Reboots, h.Updates, h.Error)
			}
		}
		now := f.sh(t, onAll(rootUUID))
		same(t, "packages", had, f.sh(t, packages()))
		for name, diff := range changed(before, f.sh(t, onAll(everyFile))) {
			if now[name] == root[name] {
				t.Errorf("%s runs from the root that it ran from before", name)
			}
			if len(diff) > 0 {
				t.Errorf("%s is not as it was:\n%s", name, strings.Join(diff, "\n"))
			}
		}
		root = now
		t.Log(f.sh(t, onAll("cd /.snapshots; btrfs filesystem du -s --raw */snapshot")))
		for name, out := range f.sh(t, onAll("cat /srv/inside/*; systemctl is-active labdbad; ls /usr/bin/pinky; "+snapperLists)) {
			if !strings.HasPrefix(out, "before\nlater\nactive\n/usr/bin/pinky\n") || !strings.Contains(out, ",single,,another,\n") {
				t.Errorf("%s:\n%s", name, out)
			}
			// keep is 1: the point of this run
			if n := strings.Count(out, "patchwave: before updates"); n != 1 {
				t.Errorf("%s: %d points of ours:\n%s", name, n, out)
			}
		}
	}
}

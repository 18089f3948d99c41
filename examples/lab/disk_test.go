//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// full mounts a file system without room for anything over a directory of the
// host.
func full(dir string) string {
	return "mkdir -p " + dir + "; mount -t tmpfs -o size=64k tmpfs " + dir + "; " +
		"head -c 1M /dev/zero >" + dir + "/ballast 2>/dev/null; "
}

// TestFullDisk applies updates where there is no room: for patchwave's own
// files, or for the packages. Nothing is half done, and it is said why.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	f := newFleet(t, oneUpdate, "apt", "dnf", "plain", "apt-archives", "pacman-cache")
	at(t, f.names(), func(name string) error {
		dir := "/var/lib/patchwave-host"
		switch name {
		case "apt-archives":
			dir = "/var/cache/apt/archives"
		case "pacman-cache":
			dir = "/var/cache/pacman/pkg"
		}
		_, err := f.hosts[name].Sh(t.Context(), full(dir)+"mkdir -p "+dir+"/partial || :")
		return err
	})
	// as Arch ships it: pacman looks for room before it begins
	f.hosts["pacman-cache"].MustSh(t, `sed -i 's/^Architecture/CheckSpace\n&/' /etc/pacman.conf`)
	before := f.sh(t, packages())
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	for _, h := range doc.Hosts {
		if h.State != "failed" || h.Error.Code != "disk" {
			t.Errorf("%s is %s, %+v, want disk", h.Name, h.State, h.Error)
		}
	}
	same(t, "packages", before, f.sh(t, packages()))
	for name, out := range f.sh(t, map[labhost.Flavour]string{
		labhost.Apt: "dpkg --audit; ls /var/lib/dpkg/updates", labhost.Pacman: "ls /var/lib/pacman/db.lck 2>/dev/null || :",
	}) {
		if strings.TrimSpace(out) != "" {
			t.Errorf("%s is left half done: %q", name, out)
		}
	}
	// With room again the same command does its work.
	f.sh(t, onAll("for d in /var/lib/patchwave-host /var/cache/apt/archives /var/cache/pacman/pkg; do ! mountpoint -q $d || umount $d; done"))
	doc = decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("done", f.names()...), doc.states())
}

//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// forge puts copies into apt's cache that have the name and the version of what is
// installed, and are other packages: one whose content differs, and one, in no
// repository, whose script does.
const forge = `cd /tmp && for name in labtool goneold; do
	mkdir -p forged/DEBIAN forged/usr/share/$name forged/etc
	dpkg-query -s $name | grep -v -e ^Status -e ^Conffiles -e '^ /' >forged/DEBIAN/control
	echo /etc/$name.conf >forged/DEBIAN/conffiles
	cp /etc/$name.conf forged/etc/
	cp /usr/share/$name/version forged/usr/share/$name/
	case $name in
	labtool) echo forged >forged/usr/share/$name/version ;;
	goneold) printf '#!/bin/sh\ntouch /tmp/forged-ran\n' >forged/DEBIAN/postinst && chmod 755 forged/DEBIAN/postinst ;;
	esac
	dpkg-deb --root-owner-group -b forged /var/cache/apt/archives/${name}_1.0-1_all.deb
	rm -rf forged
done`

// TestMarksAndCopies: what the hosts lose of their marks, holds and locks between a run
// and its rollback is set again, and that is told. With apt no copy is believed by its
// name, a configuration file that stood there before its package came stays, and so
// does what is left of a package that had been removed before.
func TestMarksAndCopies(t *testing.T) {
	t.Parallel()
	f := newFleet(t, moving(`host.package_manager == "apt"`), append(labFlavours(), "apt-rc")...)
	f.hosts["apt"].MustSh(t, forge+"; echo mine >/etc/labnewdep.conf")
	f.hosts["apt-rc"].MustSh(t, "apt-get install -y -q labnewdep && apt-get remove -y -q labnewdep && echo old >/etc/labnewdep.conf")
	before, marked, exact := f.sh(t, packages()), f.sh(t, marks()), f.sh(t, exactly())
	states := f.hosts["apt-rc"].MustSh(t, "dpkg-query -W")
	run := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	f.sh(t, map[labhost.Flavour]string{
		labhost.Apt:    "apt-mark unhold heldpkg; apt-mark manual libauto; apt-mark auto labtool",
		labhost.Dnf:    "dnf -q -C versionlock delete lockedpkg; dnf -q -y -C mark install libauto; dnf -q -y -C mark remove labtool",
		labhost.Zypper: "zypper -n removelock lockedpkg; zypper -n addlock labsh",
		labhost.Pacman: "pacman -D --asexplicit libauto; pacman -D --asdeps labtool",
	})
	doc := decode[runDoc](t, f.patchwave(t, 0, "rollback", run.Run.ID, "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	f.hosts["zypper"].MustSh(t, "grep -q labsh /etc/zypp/locks && zypper -n removelock labsh") // a new one stays
	same(t, "packages", before, f.sh(t, packages()))
	same(t, "marks", marked, f.sh(t, marks()))
	for name, diff := range changed(exact, f.sh(t, exactly())) {
		same(t, name+": what is not exactly as before", []string{}, diff)
	}
	same(t, "what dpkg knows", states, f.hosts["apt-rc"].MustSh(t, "dpkg-query -W"))
	same(t, "configuration", "mine\n", f.hosts["apt"].MustSh(t, "cat /etc/labnewdep.conf; ls /tmp/forged-ran 2>/dev/null || :"))
	for name, words := range map[string]string{"apt": "heldpkg (held)", "apt-rc": "heldpkg (held)", "dnf": "lockedpkg", "zypper": "lockedpkg (held)", "pacman": "libauto (automatic)"} {
		notes := strings.Join(doc.host(t, name).Notes, "\n")
		if !strings.Contains(notes, "the rollback has set again what had been lost since: ") || !strings.Contains(notes, words) {
			t.Errorf("%s says %q", name, notes)
		}
		t.Log(name + ": " + notes)
	}
}

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

const nightly = `
baseline "night" {
  approve "night" {
    packages = ["labtool", "liblab"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

policy "lab" {
  hosts       = group.lab
  baseline    = baseline.night
  preparation = preparation.lab
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// onlyNew makes the mirrors of a host as most are: they have the newest versions only.
// The old ones stand in /srv/repo/archive, of which the host knows nothing.
func onlyNew() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		// a repository without an index tool: the paragraphs of main, divided
		labhost.Apt: `cd /srv/repo && mkdir now archive && ln -s ../main/pool now/ && ln -s ../main/pool archive/
			awk -v RS= -v ORS='\n\n' '!/\nVersion: 1.0-1\n/' main/dists/bookworm/main/binary-amd64/Packages >now/Packages
			awk -v RS= -v ORS='\n\n' '/\nVersion: 1.0-1\n/' main/dists/bookworm/main/binary-amd64/Packages >archive/Packages
			for r in now archive; do (cd $r && printf 'Origin: Lab\nLabel: %s\nSuite: %s\nDate: %s\nSHA256:\n %s %s Packages\n' $r $r "$(date -Ru)" "$(sha256sum <Packages | cut -c1-64)" "$(stat -c %s Packages)" >Release); done
			printf 'deb [trusted=yes] copy:/srv/repo/now ./\ndeb [trusted=yes] copy:/srv/repo/security bookworm-security main\n' >/etc/apt/sources.list.d/lab.list`,
		labhost.Dnf:    "mv /srv/repo/base /srv/repo/archive; sed -i '/^\\[lab-base/,/^$/d' /etc/yum.repos.d/lab.repo; dnf -q clean all",
		labhost.Zypper: "mv /srv/repo/base /srv/repo/archive; zypper -n removerepo lab-base",
		labhost.Pacman: "mkdir /srv/repo/archive; mv /var/cache/pacman/pkg/*-1.0-1-any.pkg.tar.zst /srv/repo/archive/",
	}
}

// archive makes /srv/repo/archive known as one should a snapshot of old versions: a
// repository that nothing is taken from by itself.
func archive() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		labhost.Apt: "echo 'deb [trusted=yes] copy:/srv/repo/archive ./' >/etc/apt/sources.list.d/archive.list; " +
			"printf 'Package: *\nPin: release l=archive\nPin-Priority: 50\n' >/etc/apt/preferences.d/archive",
		labhost.Dnf:    "printf '[archive]\nname=Archive\nbaseurl=file:///srv/repo/archive\ngpgcheck=0\npriority=200\ncost=2000\n' >/etc/yum.repos.d/archive.repo",
		labhost.Zypper: "zypper -n addrepo -G -p 200 file:///srv/repo/archive archive",
		labhost.Pacman: "echo 'Server = file:///srv/repo/archive' >>/etc/pacman.conf",
	}
}

// TestArchive: mirrors have the newest versions only. With a repository of old ones as
// a source of the host the restore point is whole before anything is changed, and the
// hosts go back; without, they are not changed. The archive moves no host by itself.
func TestArchive(t *testing.T) {
	t.Parallel()
	f := newFleet(t, nightly, append(labFlavours(), "dnf-without", "zypper-without", "pacman-without")...)
	f.sh(t, onlyNew())
	for name, h := range f.hosts {
		if !strings.HasSuffix(name, "-without") {
			h.MustSh(t, archive()[h.Flavour])
		}
	}
	before := f.sh(t, packages())
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	states := everywhere("done", labFlavours()...)
	for _, name := range []string{"dnf-without", "zypper-without", "pacman-without"} {
		states[name] = "failed"
		if h := doc.host(t, name); !strings.Contains(h.Error.Message, "the required restore point cannot bring back labtool 1.0-1") {
			t.Errorf("%s: %+v", name, h.Error)
		}
	}
	same(t, "states", states, doc.states())
	now := f.sh(t, packages())
	for name, diff := range changed(before, now) {
		if want := 4; states[name] == "done" && len(diff) != want || states[name] == "failed" && len(diff) != 0 {
			t.Errorf("%s has changed: %q", name, diff)
		}
	}
	// what apt has kept is from the archive, not packed again
	f.hosts["apt"].MustSh(t, "cd /var/lib/patchwave-host/points/* && cmp labtool_1.0-1_all.deb /srv/repo/archive/pool/labtool_1.0-1_all.deb && cmp liblab_1.0-1_amd64.deb /srv/repo/archive/pool/liblab_1.0-1_amd64.deb")
	for _, name := range labFlavours() {
		f.patchwave(t, 0, "rollback", name, "-y", "-q")
	}
	same(t, "packages after the rollback", before, f.sh(t, packages()))
}

// TestHistoryUndo shows why a rollback on dnf is one transaction of our own and not
// "dnf history undo", and that ours ends in the state of the manifest, replaced and
// obsoleted packages and marks with it. The other needs a repository that still has the
// old versions, and that no lock keeps from them; without, it does nothing.
func TestHistoryUndo(t *testing.T) {
	t.Parallel()
	f := newFleet(t, moving("false"), "dnf", "dnf-undo")
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	f.patchwave(t, 0, "apply", "-y", "-q")
	applied := f.sh(t, packages())
	const undo = "dnf -y --setopt='lab-base.skip_if_unavailable=1' history undo last 2>&1"
	refused := func(why string) {
		out, err := f.hosts["dnf-undo"].Sh(t.Context(), undo)
		if err == nil {
			t.Errorf("dnf history undo works %s:\n%s", why, out)
		}
		t.Log(why + ": " + out)
		same(t, "packages after an undo "+why, applied["dnf-undo"], f.sh(t, packages())["dnf-undo"])
	}
	const lock = "dnf -q -C versionlock add labtool"
	f.sh(t, onAll(lock))
	refused("with a lock on what is installed now")
	f.hosts["dnf-undo"].MustSh(t, "dnf -q -C versionlock delete labtool")
	f.sh(t, onAll("mv /srv/repo/base /srv/repo/away && dnf -q clean all"))
	refused("without the old versions")

	f.patchwave(t, 0, "rollback", "dnf", "-y", "-q")
	same(t, "packages after the rollback", before["dnf"], f.sh(t, packages())["dnf"])
	f.hosts["dnf"].MustSh(t, "mv /srv/repo/away /srv/repo/base && sed -i /labtool/d /etc/dnf/plugins/versionlock.list") // the lock is as it was
	plain := strings.NewReplacer("\n\n", "\n").Replace                                                                  // the lock that was added has left an empty line
	same(t, "marks after the rollback", plain(marked["dnf"]), plain(f.hosts["dnf"].MustSh(t, strings.Replace(marks()[labhost.Dnf], " -C ", " ", 1))))

	f.hosts["dnf-undo"].MustSh(t, "mv /srv/repo/away /srv/repo/base && dnf -q clean all && "+undo)
	same(t, "packages after the undo", before["dnf-undo"], f.sh(t, packages())["dnf-undo"])
}

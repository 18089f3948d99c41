//go:build lab

package lab_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// aStagedNight is a policy in a window that opens soon, whose updates are downloaded
// ahead of it.
const aStagedNight = `
window "night" {
  schedule = "*-*-* %s"
  duration = "4h"
  timezone = "UTC"
}

baseline "night" {
  approve "night" {
    packages = ["labtool", "liblab"]
  }
}

preparation "night" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

policy "night" {
  hosts       = group.lab
  baseline    = baseline.night
  window      = window.night
  preparation = preparation.night
  stage {
    before = "6h"
  }
  reboot {
    when = "never"
  }
}
`

// untilOpen is how long before its window a host is staged.
const untilOpen = 75 * time.Second

// staged asks a host for what its package manager has downloaded of the packages of
// this night.
func staged() map[labhost.Flavour]string {
	const names = " -name '*.deb' -o -name 'labtool-1.1*' -o -name 'liblab-*1.0-2*' | sed 's,.*/,,' | sort"
	return map[labhost.Flavour]string{
		labhost.Apt:    "find /var/cache/apt/archives" + names,
		labhost.Dnf:    "find /var/cache/dnf" + names,
		labhost.Zypper: "find /var/cache/zypp/packages 2>/dev/null" + names,
		labhost.Pacman: "find /var/cache/pacman/pkg" + names,
	}
}

// TestStagedNight downloads ahead of a window, and in it the mirror is gone: what is
// installed is what was downloaded, by every package manager, the restore point that the
// policy requires is there, and the hosts can go back.
func TestStagedNight(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", labFlavours()...)
	f.patchwave(t, 0, "ping") // so that it is built
	opens := time.Now().UTC().Add(untilOpen).Truncate(time.Second)
	f.configure(t, labhost.Config{Policies: fmt.Sprintf(aStagedNight, opens.Format("15:04:05"))})
	// dnf does not download from file:, it installs what is there.
	f.hosts["dnf"].MustSh(t, "systemd-run -q --unit mirror python3 -m http.server -b 127.0.0.1 -d /srv/repo 8080; sed -i 's,file:///srv/repo,http://127.0.0.1:8080,' /etc/yum.repos.d/lab.repo; "+
		"for i in 1 2 3 4 5 6 7 8 9; do ! python3 -c 'import urllib.request as u; u.urlopen(\"http://127.0.0.1:8080/base/repodata/repomd.xml\")' || break; sleep 1; done")
	f.hosts["pacman"].MustSh(t, "mv /var/cache/pacman/pkg/labtool-1.0-1-any.pkg.tar.zst /srv/repo/lab/")
	before := f.sh(t, packages())
	same(t, "archives in the caches", everywhere("", f.names()...), f.sh(t, staged()))

	said := f.patchwave(t, 0, "run").Stderr
	if !regexp.MustCompile(`(?m)^policy night: downloaded ahead on 4 of 4 hosts$`).MatchString(said) {
		t.Errorf("run says %q", said)
	}
	const rpms = "labtool-1.1-1.el9.noarch.rpm\nliblab-1.0-2.el9_4.1.noarch.rpm\n"
	same(t, "archives in the caches", map[string]string{
		"apt": "labtool_1.1-1_all.deb\nliblab_1.0-1+deb12u1_amd64.deb\n", "dnf": rpms, "zypper": rpms,
		"pacman": "labtool-1.1-1-any.pkg.tar.zst\nliblab-1:1.0-2-any.pkg.tar.zst\n",
	}, f.sh(t, staged()))
	same(t, "packages after the staging", before, f.sh(t, packages()))
	for name, out := range f.sh(t, onAll("cd /var/lib/patchwave-host/ahead && find . -name 'lab*' | sort")) {
		t.Log(name + " has kept ahead:\n" + out)
	}

	f.sh(t, onAll("mount -t tmpfs none /srv/repo"))
	for name, out := range f.sh(t, map[labhost.Flavour]string{
		labhost.Apt: "apt-get -y -q --download-only install lab-security-tool && echo reached || :", labhost.Dnf: "systemctl stop mirror; dnf -y --downloadonly install newname && echo reached || :",
		labhost.Zypper: "zypper -n --no-refresh install --download-only newname && echo reached || :", labhost.Pacman: "pacman -Sw --noconfirm newname && echo reached || :",
	}) {
		if strings.Contains(out, "reached") {
			t.Fatalf("%s can still reach its mirror: %s", name, out)
		}
	}
	<-time.After(time.Until(opens))
	doc := decode[runDoc](t, f.patchwave(t, 0, "run", "-o", "json"))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	rpm := []string{"- labtool 1.0-1.el9", "- liblab 1.0-1.el9", "+ labtool 1.1-1.el9", "+ liblab 1.0-2.el9_4.1"}
	same(t, "what the night changed", map[string][]string{
		"apt": {"- labtool 1.0-1", "- liblab 1.0-1", "+ labtool 1.1-1", "+ liblab 1.0-1+deb12u1"}, "dnf": rpm, "zypper": rpm,
		"pacman": {"- labtool 1.0-1", "- liblab 1.0-1", "+ labtool 1.1-1", "+ liblab 1:1.0-2"},
	}, changed(before, f.sh(t, packages())))
	t.Log("show:\n" + f.patchwave(t, 0, "show", doc.Run.ID, "dnf").Stdout)
	same(t, "what is left of the old packages ahead of the night", everywhere("", f.names()...), f.sh(t, onAll("find /var/lib/patchwave-host/ahead -name 'lab*'")))
	f.patchwave(t, 0, "rollback", doc.Run.ID, "-y", "-q")
	same(t, "packages after the rollback", before, f.sh(t, packages()))
}

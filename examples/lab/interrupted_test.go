//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// TestInterrupted kills each package manager in the middle of its work, and lets
// one update fail half-way: the scan says what state the host is in and how to
// get out of it, and nothing is installed on top.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	f := newFleet(t, oneUpdate, labFlavours()...)
	f.beginByHand(t)
	// systemd learns of the deaths a moment after the signal
	f.sh(t, onAll("systemctl kill -s KILL byhand; timeout 60 sh -c 'while systemctl is-active -q byhand; do sleep 0.1; done'"))
	f.add(t, "apt-half")
	if out, err := f.hosts["apt-half"].Sh(t.Context(), "apt-get -y install brokenpkg=1.1-1"); err == nil {
		t.Fatalf("brokenpkg was installed:\n%s", out)
	}
	f.configure(t, labhost.Config{Policies: oneUpdate})
	said := map[string]string{
		"apt":      "run `dpkg --configure -a`",
		"apt-half": "brokenpkg half-configured; run `dpkg --configure -a`",
		"dnf":      "slowpkg-1.0-1.el9.noarch, slowpkg-2.0-1.el9.noarch installed twice",
		"zypper":   "slowpkg-1.0-1.el9.noarch, slowpkg-2.0-1.el9.noarch",
		"pacman":   "`rm /var/lib/pacman/db.lck`",
	}
	scan := decode[scanDoc](t, f.patchwave(t, 3, "scan", "-o", "json"))
	for name, words := range said {
		host := scan.host(t, name)
		if host.State != "failed" || host.Error.Code != "interrupted" || !strings.Contains(host.Error.Message, words) {
			t.Errorf("%s is %s, %+v; want failed, interrupted, %q", name, host.State, host.Error, words)
		}
	}
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-p", "lab", "-y", "-o", "json"))
	same(t, "states", everywhere("failed", f.names()...), doc.states())
	for name, out := range f.sh(t, map[labhost.Flavour]string{
		labhost.Apt: "dpkg-query -W -f '${Version}' labtool", labhost.Dnf: "rpm -q --qf '%{version}-1' labtool",
		labhost.Zypper: "rpm -q --qf '%{version}-1' labtool", labhost.Pacman: "pacman -Q labtool | cut -d' ' -f2",
	}) {
		if got := strings.TrimSpace(out); got != "1.0-1" {
			t.Errorf("%s has labtool %s: something was installed on top", name, got)
		}
	}
}

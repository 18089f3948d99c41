//go:build lab

package lab_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

const oneUpdate = `
baseline "one" {
  approve "one" {
    packages = ["labtool"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.one
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// byHand installs slowpkg with the host's own tools, as an administrator does
// while nobody thinks of patchwave.
func byHand() map[labhost.Flavour]string {
	return map[labhost.Flavour]string{
		labhost.Apt:    "systemd-run -q --unit=byhand apt-get -y install slowpkg=2.0-1",
		labhost.Dnf:    "systemd-run -q --unit=byhand dnf -y install slowpkg-2.0-1.el9",
		labhost.Zypper: "systemd-run -q --unit=byhand zypper -n install slowpkg=2.0-1.el9",
		labhost.Pacman: "systemd-run -q --unit=byhand pacman -S --noconfirm slowpkg",
	}
}

// beginByHand starts byHand on the hosts and waits until they are in the middle
// of it.
func (f fleet) beginByHand(t *testing.T) {
	t.Helper()
	f.hold(t)
	f.sh(t, byHand())
	f.installing(t)
}

// TestLocked has another program hold each package manager's lock, and stops it
// in the middle: a scan waits, as long as the operator's timeouts let it, and
// then says so. When the program goes on, patchwave has waited for it and does
// its own work after.
func TestLocked(t *testing.T) {
	t.Parallel()
	f := newFleet(t, oneUpdate, labFlavours()...)
	f.beginByHand(t)
	f.sh(t, onAll("systemctl kill -s STOP byhand"))
	f.configure(t, labhost.Config{Policies: oneUpdate, Connection: "timeouts {\n command = \"40s\"\n}"})
	for _, host := range decode[scanDoc](t, f.patchwave(t, 3, "scan", "--refresh", "always", "-o", "json")).Hosts {
		if host.State == "ok" || host.Error.Code != "locked" {
			t.Errorf("%s is %s, %+v", host.Name, host.State, host.Error)
		}
	}
	f.configure(t, labhost.Config{Policies: oneUpdate})
	apply := f.begin(t.Context(), t, "apply", "-p", "lab", "-y", "-o", "json")
	at(t, f.names(), func(name string) error {
		return waitFor(t.Context(), f.hosts[name], 2*time.Minute, "pgrep -x sudo")
	})
	f.letGo(t)
	f.sh(t, onAll("systemctl kill -s CONT byhand"))
	doc := decode[runDoc](t, apply.wait(t, 0))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	order := f.sh(t, map[labhost.Flavour]string{
		labhost.Apt:    `sed -n 's/^.* status installed \(labtool\|slowpkg\):.* \(2.0-1\|1.1-1\)$/\1/p' /var/log/dpkg.log`,
		labhost.Dnf:    `rpm -q --qf '%{installtime} %{name}\n' slowpkg labtool | sort -n | cut -d' ' -f2`,
		labhost.Zypper: `rpm -q --qf '%{installtime} %{name}\n' slowpkg labtool | sort -n | cut -d' ' -f2`,
		labhost.Pacman: `sed -n 's/^.* upgraded \(labtool\|slowpkg\) .*/\1/p' /var/log/pacman.log`,
	})
	for name, out := range order {
		if got := strings.Fields(out); len(got) != 2 || got[0] != "slowpkg" || got[1] != "labtool" {
			t.Errorf("%s installed %q, want slowpkg by hand and then labtool, each once", name, got)
		}
	}
}

// TestListsLocked holds the lock of apt's lists, which only a refresh takes: what
// is known from before is listed as stale.
func TestListsLocked(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "apt")
	f.sh(t, onAll(`systemd-run -q --unit=holder perl -MFcntl=:flock,:DEFAULT -e '
		open(my $f, ">>", "/var/lib/apt/lists/lock") or die; my $l = pack("s s l! l! i x4", F_WRLCK, 0, 0, 0, 0);
		fcntl($f, F_SETLK, $l) or die "lock: $!"; sleep 600'
		until apt-get update 2>&1 | grep 'held by process'; do :; done`))
	f.configure(t, labhost.Config{Connection: "timeouts {\n command = \"40s\"\n}"})
	host := decode[scanDoc](t, f.patchwave(t, 3, "scan", "--refresh", "always", "-o", "json")).host(t, "apt")
	if host.State != "stale" || host.Error.Code != "locked" || !strings.Contains(host.Error.Message, "perl") || len(host.Updates) != 21 {
		t.Errorf("the host is %s with %d updates, %+v", host.State, len(host.Updates), host.Error)
	}
	scan := f.begin(t.Context(), t, "scan", "--refresh", "always", "-q")
	if err := waitFor(t.Context(), f.hosts["apt"], time.Minute, "pgrep -x sudo"); err != nil {
		t.Fatal(err)
	}
	f.sh(t, onAll("systemctl stop holder"))
	scan.wait(t, 0)
}

//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// TestRebootInAJob: hosts reboot by themselves in the middle of the job that
// installs, as a package's script or an administrator may ask them to. The job is
// gone, nobody begins it again, and the run says so; once the host is put right by
// hand, the next run does what is left.
func TestRebootInAJob(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, "apt", "dnf")
	booted := f.bootIDs(t)
	f.hold(t)
	apply := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	apply.installing(t, f)
	at(t, f.names(), func(name string) error {
		f.hosts[name].MustSh(t, "systemctl reboot")
		_, err := f.hosts[name].WaitReboot(t.Context(), booted[name])
		return err
	})
	r := apply.wait(t, 3)
	doc := decode[runDoc](t, r)
	for _, h := range doc.Hosts {
		if h.State != "lost" || h.Error.Code != "lost" || !strings.Contains(h.Error.Message, "was rebooted while the job ran") || h.Reboots != 0 {
			t.Errorf("%s is %s after %d reboots of ours, %+v", h.Name, h.State, h.Reboots, h.Error)
		}
	}
	left := f.sh(t, onAll("ls /var/lib/patchwave-host/jobs /var/lib/patchwave-host/claim 2>&1 | grep -v ':$' || :"))
	for name, out := range left {
		if got := lines(out); len(got) != 1 || !strings.Contains(got[0], "No such file") {
			t.Errorf("%s: a job or the claim is left: %q", name, got)
		}
	}
	f.sh(t, map[labhost.Flavour]string{
		labhost.Apt: "dpkg --configure -a",
		labhost.Dnf: "rpm -q slowpkg-2.0-1.el9 && rpm -e --nodeps --noscripts slowpkg-1.0-1.el9 2>/dev/null || :",
	})
	doc = decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	for _, h := range doc.Hosts {
		if h.State != "done" && h.State != "unchanged" {
			t.Errorf("%s is %s in the next run, %+v", h.Name, h.State, h.Error)
		}
	}
	for name, out := range f.sh(t, packages()) {
		if !strings.Contains(out, "slowpkg 2.0-1") || strings.Contains(out, "slowpkg 1.0-1") {
			t.Errorf("%s does not have one new slowpkg", name)
		}
	}
}

// TestFullInTheMiddle: the disk of a host is full of other things while a package
// is being installed. What became of the job is known all the same.
func TestFullInTheMiddle(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, "apt", "dnf", "plain")
	f.sh(t, onAll("mkdir -p /var/lib/patchwave-host && chmod 700 /var/lib/patchwave-host && mount -t tmpfs -o size=1m,mode=700 tmpfs /var/lib/patchwave-host"))
	f.hold(t)
	apply := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	apply.installing(t, f)
	at(t, f.names(), func(name string) error {
		f.hosts[name].MustSh(t, "head -c 2M /dev/zero >/var/lib/patchwave-host/ballast 2>/dev/null || :")
		return nil
	})
	f.letGo(t)
	doc := decode[runDoc](t, apply.wait(t, 0))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	f.upgradedOnce(t)
}

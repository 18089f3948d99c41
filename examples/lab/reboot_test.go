//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

const rebootUpdates = `
baseline "reboot" {
  approve "reboot" {
    packages = ["rebootpkg"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.reboot
  reboot {
    when    = "required"
    timeout = "25s"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// TestReboot reboots hosts because an update needs it, one without systemd too.
// One does not come back in time, and is reported so. See TestEverything for the
// other package managers.
func TestReboot(t *testing.T) {
	t.Parallel()
	back := []string{"apt", "plain"}
	f := newFleet(t, rebootUpdates, append(back, "apt-dark")...)
	booted := f.bootIDs(t)
	if err := f.hosts["apt-dark"].HoldBoot(); err != nil {
		t.Fatal(err)
	}
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	want := everywhere("done", back...)
	want["apt-dark"] = "lost"
	same(t, "states", want, doc.states())
	if dark := doc.host(t, "apt-dark"); dark.Error.Code != "timeout" || !strings.Contains(dark.Error.Message, "did not come back within 25s") {
		t.Errorf("the host that stays away: %+v", dark.Error)
	}
	if err := f.hosts["apt-dark"].ReleaseBoot(); err != nil {
		t.Fatal(err)
	}
	for _, name := range back {
		now, err := f.hosts[name].BootID()
		if err != nil || now == booted[name] || doc.host(t, name).Reboots != 1 {
			t.Errorf("%s: boot id %s, then %s, %v; reboots %d", name, booted[name], now, err, doc.host(t, name).Reboots)
		}
	}
	if _, err := f.hosts["apt-dark"].WaitReboot(t.Context(), booted["apt-dark"]); err != nil {
		t.Fatal(err)
	}
	scan := decode[scanDoc](t, f.patchwave(t, 0, "scan", "-o", "json"))
	claims := f.sh(t, onAll("ls /var/lib/patchwave-host/jobs /var/lib/patchwave-host/claim 2>&1 | grep -v ':$' || :"))
	for _, name := range back {
		if scan.host(t, name).Facts.Reboot {
			t.Errorf("%s still wants a reboot", name)
		}
		if left := lines(claims[name]); len(left) != 1 || !strings.Contains(left[0], "No such file") {
			t.Errorf("%s: a job or the claim is left: %q", name, left)
		}
	}

	// The run is over: its claim on the host that was lost keeps nobody away.
	f.configure(t, labhost.Config{Policies: oneUpdate})
	again := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states of the next run", everywhere("done", f.names()...), again.states())
}

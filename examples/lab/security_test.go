//go:build lab

package lab_test

import (
	"testing"
)

const securityUpdates = `
baseline "security" {
  approve "security" {
    classification = ["security"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.security
}
`

// TestSecurity installs security updates and nothing else, and leaves everything
// else on the hosts as it was. Done once, there is nothing to do.
func TestSecurity(t *testing.T) {
	t.Parallel()
	f := newFleet(t, securityUpdates, everyKind()...)
	before, marked, booted := f.sh(t, packages()), f.sh(t, marks()), f.bootIDs(t)
	doc := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	apt := []string{"goneold 1.1-1", "labboth 1.1-1", "liblab 1.0-1+deb12u1"}
	rpm := []string{"goneold 1.1-1.el9", "kernel-core 5.14.0-2.el9", "labmulti 1.3-1.el9", "liblab 1.0-2.el9_4.1"}
	want := map[string][]string{"apt": apt, "plain": apt, "dnf": rpm, "zypper": rpm, "pacman": {}}
	for name, diff := range changed(before, f.sh(t, packages())) {
		same(t, name+" has come to", want[name], came(t, name, diff))
	}
	same(t, "marks", marked, f.sh(t, marks()))
	now := f.bootIDs(t)
	for _, h := range doc.Hosts {
		// zypper calls the patch of kernel-core interactive, and would leave it out
		reboots := map[string]int{"dnf": 1, "zypper": 1}[h.Name]
		if h.Reboots != reboots || (now[h.Name] != booted[h.Name]) != (reboots > 0) {
			t.Errorf("%s: %d reboots in the report, boot id %s, then %s", h.Name, h.Reboots, booted[h.Name], now[h.Name])
		}
	}

	logs := f.sh(t, upgradeLogs())
	doc = decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states of the second run", everywhere("unchanged", f.names()...), doc.states())
	same(t, "records of the package managers", logs, f.sh(t, upgradeLogs()))
	same(t, "boot ids", now, f.bootIDs(t))
}

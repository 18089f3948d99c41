//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

const allUpdates = `
baseline "all" {
  approve "all" {
    packages = ["*"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.all
  rollout {
    max_failures = "100%"
  }
}
`

// TestEverything approves all there is, one package of which has a script that
// fails: with dpkg it stays half-configured, dnf and pacman report success all
// the same. That update has failed, in the manager's words; all others are
// installed, and the reboot that they need is made.
func TestEverything(t *testing.T) {
	t.Parallel()
	f := newFleet(t, allUpdates, everyKind()...)
	before, marked, booted := f.sh(t, packages()), f.sh(t, marks()), f.bootIDs(t)
	plan := decode[planDoc](t, f.patchwave(t, 0, "plan", "-o", "json"))
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("failed", f.names()...), doc.states())
	words := map[string]string{
		"apt":    "post-installation script subprocess returned error exit status 3",
		"plain":  "post-installation script subprocess returned error exit status 3",
		"dnf":    "scriptlet failed, exit status 3",
		"zypper": "scriptlet failed, exit status 3",
		"pacman": "its install script failed: boom",
	}
	now := f.bootIDs(t)
	after := changed(before, f.sh(t, packages()))
	for _, name := range f.names() {
		h := doc.host(t, name)
		planned := plan.host(t, name).changes()
		got := []string{}
		for _, c := range h.Updates {
			got = append(got, c.line())
			switch {
			case c.Name == "brokenpkg":
				if c.State != "failed-but-present" || !strings.Contains(c.Why, words[name]) {
					t.Errorf("%s: brokenpkg is %s: %q", name, c.State, c.Why)
				}
			case c.State != "installed":
				t.Errorf("%s: %s is %s: %q", name, c.Name, c.State, c.Why)
			}
		}
		same(t, name+" was planned and got", planned, sorted(got))
		installed := []string{}
		for _, line := range planned {
			pkg := strings.Fields(line)
			if pkg[1] != "brokenpkg" || f.hosts[name].Flavour != labhost.Apt {
				installed = append(installed, pkg[1]+" "+pkg[2])
			}
		}
		same(t, name+" has come to", sorted(installed), came(t, name, after[name], "brokenpkg"))
		if h.Reboots != 1 || now[name] == booted[name] {
			t.Errorf("%s: %d reboots in the report, boot id %s, then %s", name, h.Reboots, booted[name], now[name])
		}
		if !strings.Contains(h.Error.Message, "brokenpkg") || h.Error.Code != "exit" {
			t.Errorf("%s: %+v", name, h.Error)
		}
	}
	for name, diff := range changed(marked, f.sh(t, marks())) {
		want := []string{}
		if f.hosts[name].Flavour == labhost.Apt { // what came new came as a dependency
			want = []string{"+ auto labnewdep", "+ auto linux-image-6.1.2-1-lab"}
		}
		same(t, name+": marks that have changed", want, diff)
	}
}

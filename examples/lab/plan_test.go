//go:build lab

package lab_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// planUpdates are updates that bring new packages (keptback, linux-image-lab)
// and, where leave is given, that remove some.
func planUpdates(leave string) string {
	return `
baseline "plan" {
  approve "plan" {
    packages = ["labtool", "labapp", "keptback", "linux-image-lab", "liblab"]
  }
  approve "moving" {
    packages = ["removerpkg"]
    ` + leave + `
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.plan
  reboot {
    when = "never"
  }
}
`
}

// simulated asks apt what the approved versions would do, as changes in a plan
// are compared.
const simulated = `apt-get -s --no-install-recommends install labtool=1.1-1 labapp=1.1-1 keptback=2.0-1 linux-image-lab=6.1.2-1 \
	liblab=1.0-1+deb12u1 REMOVER | sed -n \
	-e 's/^Inst \([^ ]*\) \[[^]]*\] (\([^ ]*\) .*/upgrade \1 \2/p' -e 's/^Inst \([^ ]*\) (\([^ ]*\) .*/install \1 \2/p' \
	-e 's/^Remv \([^ ]*\) .*/remove \1/p'`

// TestPlan compares a plan with apt's own simulation, new and removed packages
// included, and carries it out: that happens and nothing else.
func TestPlan(t *testing.T) {
	t.Parallel()
	f := newFleet(t, planUpdates(""), "apt")
	plan := decode[planDoc](t, f.patchwave(t, 0, "plan", "-o", "json")).host(t, "apt")
	want := lines(f.sh(t, onAll(strings.Replace(simulated, "REMOVER", "", 1)))["apt"])
	same(t, "planned, by apt and by patchwave", want, plan.changes())
	if plan.skipped()["removerpkg"] != "blocked" || plan.skipped()["heldpkg"] != "not-matched" {
		t.Errorf("left out: %v", plan.skipped())
	}

	f.configure(t, labhost.Config{Policies: planUpdates("allow_removals = true")})
	file := filepath.Join(f.dir, "the.plan")
	plan = decode[planDoc](t, f.patchwave(t, 10, "plan", "--out", file, "--detailed-exitcode", "-o", "json")).host(t, "apt")
	want = lines(f.sh(t, onAll(strings.Replace(simulated, "REMOVER", "removerpkg=2.0-1", 1)))["apt"])
	same(t, "planned with removals, by apt and by patchwave", want, plan.changes())
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the plan file: %v, %v", info, err)
	}

	before := f.sh(t, packages())
	f.patchwave(t, 0, "apply", file, "-y", "-q")
	installed := []string{}
	for _, line := range plan.changes() {
		if pkg := strings.Fields(line); pkg[0] != "remove" {
			installed = append(installed, pkg[1]+" "+pkg[2])
		}
	}
	same(t, "installed", sorted(installed), came(t, "apt", changed(before, f.sh(t, packages()))["apt"], "victimpkg"))
}

const someUpdates = `
baseline "some" {
  approve "some" {
    packages = ["labtool", "liblab", "labapp", "libauto", "confpkg"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.some
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// TestDrift saves a plan, and changes the hosts before it is carried out. Newer
// versions in the repositories are no drift where the planned ones can still be
// had; where somebody has updated by hand nothing is done, and the others go on.
func TestDrift(t *testing.T) {
	t.Parallel()
	// pacman has only the newest of each package: pacman-next has been shown it
	drifting := []string{"apt-drift", "dnf-drift", "zypper-drift", "pacman-drift", "pacman-next"}
	f := newFleet(t, someUpdates, append(labFlavours(), drifting...)...)
	file := filepath.Join(f.dir, "tonight.plan")
	f.patchwave(t, 0, "plan", "--out", file, "-q")
	byHand := map[labhost.Flavour]string{
		labhost.Apt: "apt-get -qq -y install labtool=1.1-1", labhost.Dnf: "dnf -q -y upgrade labtool",
		labhost.Zypper: "zypper -q -n install labtool=1.1-1.el9", labhost.Pacman: "pacman -S --noconfirm labtool",
	}
	at(t, f.names(), func(name string) error {
		script := "lab-repo next on; "
		switch {
		case name == "pacman":
			return nil
		case strings.HasSuffix(name, "-drift"):
			script = byHand[f.hosts[name].Flavour]
		case f.hosts[name].Flavour == labhost.Apt:
			script += "apt-get update"
		case f.hosts[name].Flavour == labhost.Dnf:
			script += "dnf -q makecache"
		case f.hosts[name].Flavour == labhost.Zypper:
			script += "zypper -q -n refresh"
		}
		_, err := f.hosts[name].Sh(t.Context(), script)
		return err
	})
	f.patchwave(t, 0, "scan", "--refresh", "always", "-q", "-l", "pacman-next")
	before := f.sh(t, packages())
	doc := decode[runDoc](t, f.patchwave(t, 6, "apply", file, "-y", "-o", "json"))
	want := everywhere("done", labFlavours()...)
	for _, name := range drifting {
		want[name] = "skipped"
		if h := doc.host(t, name); h.Error.Code != "drift" || !strings.Contains(h.Error.Message, "labtool") {
			t.Errorf("%s: %+v", name, h)
		}
	}
	same(t, "states", want, doc.states())
	tools := map[string]string{}
	for name, diff := range changed(before, f.sh(t, packages())) {
		if want[name] == "skipped" && len(diff) > 0 {
			t.Errorf("%s has drifted and was changed: %q", name, diff)
		}
		for _, line := range diff {
			if version, ok := strings.CutPrefix(line, "+ labtool "); ok {
				tools[name] = strings.TrimSuffix(version, ".el9")
			}
		}
	}
	same(t, "labtool, which is at 1.2 meanwhile, has come as", everywhere("1.1-1", labFlavours()...), tools)
}

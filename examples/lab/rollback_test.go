//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

const badDaemon = `
baseline "bad" {
  approve "bad" {
    packages = ["labdbad", "labtool"]
  }
}

preparation "lab" {
  restore_point {
    providers = ["packages"]
    required  = true
  }
}

verification "lab" {
  service "labdbad" {
    state  = "running"
    within = "5s"
  }
  tcp "answers" {
    port   = 8098
    within = "5s"
  }
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.bad
  preparation  = preparation.lab
  verification = verification.lab
  rollout {
    max_failures = "100%"
  }
}
`

// TestVerification updates a daemon to a version that does not start: that is
// seen, and the hosts go back to what they had.
func TestVerification(t *testing.T) {
	t.Parallel()
	f := newFleet(t, badDaemon, labFlavours()...)
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	doc := decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	for _, h := range doc.Hosts {
		for _, c := range h.Updates {
			if c.State != "rolled-back" {
				t.Errorf("%s: %s is %s", h.Name, c.Name, c.State)
			}
		}
	}
	same(t, "packages after the rollback", before, f.sh(t, packages()))
	same(t, "marks after the rollback", marked, f.sh(t, marks()))
	for name, out := range f.sh(t, onAll("systemctl is-active labdbad; perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(\"127.0.0.1:8098\") or die; print $s \"GET / HTTP/1.0\\r\\n\\r\\n\"; print <$s>'")) {
		if !strings.HasPrefix(out, "active\n") || !strings.Contains(out, "ok labdbad 1.0") {
			t.Errorf("%s: the daemon says %q", name, out)
		}
	}
}

const movingUpdates = `
baseline "moving" {
  approve "moving" {
    packages       = ["labtool", "liblab", "labapp", "libauto", "labmulti", "confpkg", "keptback", "removerpkg", "newname", "a-very-long-*"]
    allow_removals = true
  }
  approve "gone" {
    where = GONE
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.moving
  reboot {
    when = "never"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// moving are updates of many kinds; with gone, also one whose old version is in
// no repository any more.
func moving(gone string) string {
	return strings.Replace(movingUpdates, "GONE", `update.name == "goneold" && `+gone, 1)
}

// TestRollback undoes a run by hand, everywhere: upgrades, epochs, packages that
// came new, packages that went, and what was installed by itself.
func TestRollback(t *testing.T) {
	t.Parallel()
	f := newFleet(t, moving("false"), everyKind()...)
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	run := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	for name, diff := range changed(before, f.sh(t, packages())) {
		if len(diff) < 10 {
			t.Errorf("%s was hardly changed: %q", name, diff)
		}
	}
	doc := decode[runDoc](t, f.patchwave(t, 0, "rollback", run.Run.ID, "-y", "-o", "json"))
	same(t, "states", everywhere("rolled-back", f.names()...), doc.states())
	same(t, "packages", before, f.sh(t, packages()))
	same(t, "marks", marked, f.sh(t, marks()))
}

// TestRollbackOfWhatIsGone undoes the last run host by host, all at once. Where an
// old version cannot be had again, that is said, and all others are back; with
// apt the package was made again from its installed files.
func TestRollbackOfWhatIsGone(t *testing.T) {
	t.Parallel()
	f := newFleet(t, moving("true"), labFlavours()...)
	before, marked := f.sh(t, packages()), f.sh(t, marks())
	f.patchwave(t, 0, "apply", "-y", "-q")
	rollbacks := map[string]background{}
	for _, name := range f.names() {
		rollbacks[name] = f.begin(t.Context(), t, "rollback", name, "-y", "-o", "json")
	}
	for name, rollback := range rollbacks {
		exit, state := 3, "failed"
		if f.hosts[name].Flavour == labhost.Apt {
			exit, state = 0, "rolled-back"
		}
		host := decode[runDoc](t, rollback.wait(t, exit)).host(t, name)
		if host.State != state || state == "failed" && !strings.Contains(host.Error.Message, "did not bring back goneold 1.0-1") {
			t.Errorf("%s is %s, %+v", name, host.State, host.Error)
		}
	}
	for name, diff := range changed(before, f.sh(t, packages())) {
		want := []string{"- goneold 1.0-1", "+ goneold 1.1-1"}
		if f.hosts[name].Flavour == labhost.Apt {
			want = []string{}
		}
		for i := range diff {
			diff[i] = strings.TrimSuffix(diff[i], ".el9")
		}
		same(t, name+" after its rollback", want, diff)
	}
	same(t, "marks", marked, f.sh(t, marks()))
}

//go:build lab

package lab_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// watchful stays on a host for a while after the update, waiting for a port that
// nobody opens.
const watchful = `
baseline "one" {
  approve "one" {
    packages = ["labtool"]
  }
}

verification "lab" {
  tcp "nobody" {
    port   = 8097
    within = "30s"
  }
  on_failure = "continue"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.one
  verification = verification.lab
  rollout {
    max_failures = "100%"
  }
}
`

// TestTwoControllers lets two controllers that know nothing of each other come to
// the same hosts: the claim of the first keeps the second away, until the first
// is done.
func TestTwoControllers(t *testing.T) {
	t.Parallel()
	f := newFleet(t, watchful, "apt", "dnf", "plain")
	other := f
	other.dir = t.TempDir()
	other.configure(t, labhost.Config{Policies: strings.Replace(watchful, "labtool", "labmulti", 1)})
	first := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	at(t, f.names(), func(name string) error {
		// installed and being verified: what keeps the second away is the claim, not a lock of apt
		return waitFor(t.Context(), f.hosts[name], 2*time.Minute, "[ -e /var/lib/patchwave-host/claim ] && ls /var/lib/patchwave-host/jobs/*updates*/rc")
	})
	doc := decode[runDoc](t, other.patchwave(t, 3, "apply", "-y", "-o", "json"))
	for _, h := range doc.Hosts {
		if h.State != "failed" || h.Error.Code != "locked" || !strings.Contains(h.Error.Message, "another run works on this host") {
			t.Errorf("the second controller on %s: %s, %+v", h.Name, h.State, h.Error)
		}
	}
	doc = decode[runDoc](t, first.wait(t, 0))
	same(t, "states of the first controller", everywhere("done", f.names()...), doc.states())
	for name, out := range f.sh(t, packages()) {
		if strings.Contains(out, "labmulti 1.3") || !strings.Contains(out, "labtool 1.1-1") {
			t.Errorf("%s: the second controller has worked, or the first has not:\n%s", name, out)
		}
	}
	doc = decode[runDoc](t, other.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states of the second controller, after the first", everywhere("done", f.names()...), doc.states())
}

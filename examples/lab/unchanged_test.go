//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

const unchangedEverywhere = `
baseline "some" {
  approve "some" {
    packages = PACKAGES
  }
}

preparation "lab" {
  restore_point {}
}

verification "same" {
  unchanged  = ["services", "listeners", "mounts", "failed_units", "broken_packages", "kernel", "routes", "time"]
  on_failure = "rollback"
}

policy "lab" {
  hosts        = group.lab
  baseline     = baseline.some
  preparation  = preparation.lab
  verification = verification.same
  reboot {
    when = "always"
  }
  rollout {
    max_failures = "100%"
  }
}
`

// TestUnchanged: hosts that were updated and rebooted are what they were, with every
// package manager, and without systemd. One whose daemon does not start any more is
// not, though nobody wrote a probe for it.
func TestUnchanged(t *testing.T) {
	t.Parallel()
	f := newFleet(t, strings.Replace(unchangedEverywhere, "PACKAGES", `["labtool", "labd"]`, 1), everyKind()...)
	doc := decode[runDoc](t, f.patchwave(t, 0, "apply", "-y", "-o", "json"))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	for _, h := range doc.Hosts {
		if h.Reboots != 1 || len(h.Verification) != 8 {
			t.Errorf("%s: %d reboots, verification %+v", h.Name, h.Reboots, h.Verification)
		}
		for _, v := range h.Verification {
			if !v.OK || v.Kind != "unchanged" {
				t.Errorf("%s: %s: %s", h.Name, v.Name, v.Detail)
			}
		}
	}

	f.configure(t, labhost.Config{Policies: strings.Replace(unchangedEverywhere, "PACKAGES", `["labdbad"]`, 1)})
	doc = decode[runDoc](t, f.patchwave(t, 7, "apply", "-y", "-l", "apt", "-o", "json"))
	told := map[string]string{}
	for _, v := range doc.host(t, "apt").Verification {
		if !v.OK {
			told[v.Name] = v.Detail
		}
	}
	if !strings.Contains(told["services"], "service labdbad ran before and is") || told["listeners"] != "nothing listens on tcp/8098 any more" || told["mounts"] != "" {
		t.Errorf("it is told that %q", told)
	}
	same(t, "states", map[string]string{"apt": "rolled-back"}, doc.states())
}

//go:build lab

package lab_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// aNight is a policy in a window that has just opened: a canary, then the rest.
const aNight = `
window "night" {
  schedule = "*-*-* %s"
  duration = "4h"
  timezone = "UTC"
}

baseline "night" {
  approve "night" {
    packages = [%q]
  }
}

preparation "kept" {
  restore_point {
    providers = ["packages"]
  }
}

verification "well" {
  tcp "answers" {
    port   = 8098
    within = "3s"
  }
  on_failure = %q
}

policy "night-%d" {
  hosts        = group.lab
  baseline     = baseline.night
  window       = window.night
  preparation  = preparation.kept
  verification = verification.well
  reboot {
    when = "never"
  }
  rollout {
    max_failures = %q
    wave "canary" {
      count = 1
    }
    wave "rest" {
      batch = 10
    }
  }
}
`

// night configures a night in which one package is due.
func (f fleet) night(t *testing.T, n int, pkg, onFailure, allowed string) {
	t.Helper()
	opened := time.Now().UTC().Add(-time.Minute).Format("15:04")
	f.configure(t, labhost.Config{Policies: fmt.Sprintf(aNight, opened, pkg, onFailure, n, allowed)})
}

// morning wants a report of the last run that says all of it, one pattern a line.
func (f fleet) morning(t *testing.T, words ...string) {
	t.Helper()
	text := f.patchwave(t, 0, "report").Stdout
	for _, w := range words {
		if !regexp.MustCompile("(?m)^" + w + "$").MatchString(text) {
			t.Errorf("the report does not say %q:\n%s", w, text)
		}
	}
	t.Log("at eight in the morning:\n" + text)
}

// TestNights has three nights on hosts of all kinds. In the first the canary
// fails, and nobody else is touched; in the second a daemon does not come back,
// and every host is taken back; in the third the controller dies. The report of
// each tells what an operator has to know in the morning.
func TestNights(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "apt", "dnf", "plain")
	before := f.sh(t, packages())

	f.night(t, 1, "brokenpkg", "stop", "0")
	doc := decode[runDoc](t, f.patchwave(t, 5, "run", "-o", "json"))
	want := everywhere("skipped", f.names()...)
	want["apt"] = "failed"
	same(t, "states of the first night", want, doc.states())
	f.morning(t,
		`The run stopped: policy night-1 has 1 failure and allows 0\. 2 hosts were not touched; once the cause is mended, the next apply does the rest\. 0 of 3 hosts updated and well\.`,
		`Failed: apt\. What each said: patchwave show r\S+ HOST`,
		` +post-installation script subprocess returned error exit status 3|.*post-installation script.*`)
	f.hosts["apt"].MustSh(t, "apt-get -y -q --allow-downgrades install brokenpkg=1.0-1")
	same(t, "packages after the first night", before, f.sh(t, packages()))

	f.night(t, 2, "labdbad", "rollback", "100%")
	doc = decode[runDoc](t, f.patchwave(t, 7, "run", "-o", "json"))
	same(t, "states of the second night", everywhere("rolled-back", f.names()...), doc.states())
	same(t, "packages after the second night", before, f.sh(t, packages()))
	f.morning(t,
		`0 of 3 hosts updated and well\.`,
		`Taken back: .*apt.*; the versions from before are installed again\. What was wrong: patchwave show r\S+ HOST`,
		`  exit: verification failed: tcp answers .*`)

	f.night(t, 3, "slowpkg", "continue", "0")
	run := runOf(t, f.killedAt(t, "installing", "run"))
	f.morning(t, `The run is not finished: its process is gone, or was told to let go\. 1 host is in the middle of it \(apt\); what was begun there goes on by itself\. 2 hosts were not begun\.( The timer goes on with it\.)? Go on with: patchwave resume `+run)
	doc = decode[runDoc](t, f.patchwave(t, 0, "run", "-o", "json"))
	same(t, "states of the third night", everywhere("done", f.names()...), doc.states())
	f.upgradedOnce(t)
	f.morning(t, `2 of 3 hosts updated and well\.`, `Updated, but not well: plain; .*`, `It was interrupted and gone on with once, at .*\.`)
	if text := f.patchwave(t, 0, "show", run, "apt").Stdout; strings.Count(text, "upgrade slowpkg 1.0-1 -> 2.0-1 installed") != 1 {
		t.Errorf("show does not tell of one upgrade:\n%s", text)
	}
}

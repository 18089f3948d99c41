//go:build lab

package lab_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// aStagedNight is a policy in a window that opens soon, whose updates are downloaded
// ahead of it.
const aStagedNight = `
window "night" {
  schedule = "*-*-* %s"
  duration = "4h"
  timezone = "UTC"
}

baseline "night" {
  approve "night" {
    packages = ["labtool", "liblab"]
  }
}

policy "night" {
  hosts    = group.lab
  baseline = baseline.night
  window   = window.night
  stage {
    before = "6h"
  }
  reboot {
    when = "never"
  }
}
`

// untilOpen is how long before its window a host is staged.
const untilOpen = 75 * time.Second

// staged are the archives in the cache of apt.
const staged = "cd /var/cache/apt/archives && ls *.deb 2>/dev/null || :"

// TestStagedNight downloads ahead of a window, and in it the mirror is gone: what is
// installed is what was downloaded.
func TestStagedNight(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "apt")
	h := f.hosts["apt"]
	opens := time.Now().UTC().Add(untilOpen).Truncate(time.Second)
	f.configure(t, labhost.Config{Policies: fmt.Sprintf(aStagedNight, opens.Format("15:04:05"))})
	before := f.sh(t, packages())
	if out := h.MustSh(t, staged); out != "" {
		t.Fatalf("the cache has %q already", out)
	}

	said := f.patchwave(t, 0, "run").Stderr
	if !regexp.MustCompile(`(?m)^policy night: downloaded ahead on 1 of 1 host$`).MatchString(said) {
		t.Errorf("run says %q", said)
	}
	same(t, "archives in the cache", "labtool_1.1-1_all.deb\nliblab_1.0-1+deb12u1_amd64.deb\n", h.MustSh(t, staged))
	same(t, "packages after the staging", before, f.sh(t, packages()))

	h.MustSh(t, "mount -t tmpfs none /srv/repo")
	if out, err := h.Sh(t.Context(), "apt-get -y -q --download-only install lab-security-tool"); err == nil {
		t.Fatalf("the mirror can still be reached: %s", out)
	}
	<-time.After(time.Until(opens))
	doc := decode[runDoc](t, f.patchwave(t, 0, "run", "-o", "json"))
	same(t, "states", everywhere("done", "apt"), doc.states())
	same(t, "what the night changed", map[string][]string{"apt": {
		"- labtool 1.0-1", "- liblab 1.0-1", "+ labtool 1.1-1", "+ liblab 1.0-1+deb12u1",
	}}, changed(before, f.sh(t, packages())))
	t.Log("show:\n" + f.patchwave(t, 0, "show", doc.Run.ID, "apt").Stdout)
}

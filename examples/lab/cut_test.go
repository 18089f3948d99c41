//go:build lab

package lab_test

import (
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

const slowUpdate = `
baseline "slow" {
  approve "slow" {
    packages = ["slowpkg"]
  }
}

policy "lab" {
  hosts    = group.lab
  baseline = baseline.slow
  reboot {
    when = "never"
  }
}
`

// TestCutDuringInstall pulls the cable while a package that takes twelve seconds
// is being installed, and plugs it in again after eight: the host goes on by
// itself, its script runs once, and the run ends as if nothing had happened.
func TestCutDuringInstall(t *testing.T) {
	t.Parallel()
	lab := labhost.Start(t)
	h := lab.Host(t, "web", labhost.Apt)
	dir := t.TempDir()
	if err := lab.WriteConfig(dir, labhost.Config{Policies: slowUpdate}, h); err != nil {
		t.Fatal(err)
	}
	type answer struct {
		labhost.Result
		err error
	}
	done := make(chan answer, 1)
	go func() {
		r, err := lab.Patchwave(t.Context(), dir, "apply", "-p", "lab", "-y")
		done <- answer{r, err}
	}()
	waitFor(t, h, time.Minute, "pgrep -f slowpkg.postinst")
	if err := h.LinkDown(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitFor(t, h, time.Minute, `[ "$(ps -o etimes= -p "$(pgrep -of slowpkg.postinst)")" -ge 8 ]`)
	if err := h.LinkUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := <-done
	if r.err != nil || r.ExitCode != 0 {
		t.Errorf("apply ended with %d, %v\n%s\n%s", r.ExitCode, r.err, r.Stdout, r.Stderr)
	}
	out := h.MustSh(t, `dpkg-query -W -f '${db:Status-Abbrev} ${Version}\n' slowpkg; grep -c 'configure slowpkg:all 2.0-1' /var/log/dpkg.log`)
	if out != "ii  2.0-1\n1\n" {
		t.Errorf("on the host: %q", out)
	}
}

// waitFor waits until a script succeeds on the host.
func waitFor(t *testing.T, h *labhost.Host, limit time.Duration, script string) {
	t.Helper()
	deadline := time.Now().Add(limit)
	err := labhost.Poll(t.Context(), 100*time.Millisecond, func() error {
		_, err := h.Sh(t.Context(), script)
		if err != nil && time.Now().After(deadline) {
			t.Fatalf("still not, after %s: %v", limit, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

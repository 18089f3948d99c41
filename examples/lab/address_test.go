//go:build lab

package lab_test

import (
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// TestAnotherAddress gives the machine that patchwave runs on another address in
// the middle of a run, and once more between a killed run and its resume: claims
// are by the controller, wherever it is.
func TestAnotherAddress(t *testing.T) {
	t.Parallel()
	f := newFleet(t, slowUpdate, "apt", "dnf", "plain")
	f.hold(t)
	apply := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	apply.installing(t, f)
	if err := f.lab.MoveTo(t.Context(), "10.77.0.2"); err != nil {
		t.Fatal(err)
	}
	f.letGo(t)
	doc := decode[runDoc](t, apply.wait(t, 0))
	same(t, "states", everywhere("done", f.names()...), doc.states())
	f.upgradedOnce(t)

	f.configure(t, labhost.Config{Policies: oneUpdate})
	printed := f.killedAt(t, "installing", "apply", "-y")
	if err := f.lab.MoveTo(t.Context(), "10.77.0.3"); err != nil {
		t.Fatal(err)
	}
	doc = decode[runDoc](t, f.patchwave(t, 0, "resume", runOf(t, printed), "-o", "json"))
	same(t, "states after the resume", everywhere("done", f.names()...), doc.states())
	from := f.sh(t, onAll(`journalctl -q --no-pager -o cat -u ssh 2>/dev/null | sed -n 's/^Accepted .* from \([0-9.]*\) .*/\1/p' | uniq | tail -n 3 | tr '\n' ' '; ls /var/lib/patchwave-host/claim 2>/dev/null || :`))
	for _, name := range []string{"apt", "dnf"} {
		if got := strings.TrimSpace(from[name]); got != "10.77.0.1 10.77.0.2 10.77.0.3" {
			t.Errorf("%s saw logins from, or has the claim: %s", name, got)
		}
	}
}

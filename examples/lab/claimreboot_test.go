//go:build lab

package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchwave/examples/lab/labhost"
)

// TestTwoControllersAndAReboot: the claim of the first controller keeps the second
// away also while the host reboots for the first, and while it is verified then.
func TestTwoControllersAndAReboot(t *testing.T) {
	t.Parallel()
	const once = "timeouts {\n connect = \"3s\"\n}\nretry {\n attempts = 1\n}"
	rebooting := strings.Replace(watchful, "  rollout {", "  reboot {\n    when = \"always\"\n  }\n  rollout {", 1)
	f := newFleet(t, rebooting, "apt", "plain")
	other := f
	other.dir = t.TempDir()
	other.configure(t, labhost.Config{Policies: strings.Replace(rebooting, "labtool", "labmulti", 1), Connection: once})
	booted := f.bootIDs(t)
	for _, h := range f.hosts {
		if err := h.HoldBoot(); err != nil {
			t.Fatal(err)
		}
	}
	first := f.begin(t.Context(), t, "apply", "-y", "-o", "json")
	at(t, f.names(), func(name string) error {
		return labhost.Poll(t.Context(), 100*time.Millisecond, func() error {
			if id, err := f.hosts[name].BootID(); err == nil {
				return fmt.Errorf("%s is still up, with boot id %s", name, id)
			}
			return nil
		})
	})
	doc := decode[runDoc](t, other.patchwave(t, 4, "apply", "-y", "-o", "json"))
	same(t, "states of the second controller, in the reboot", everywhere("unreachable", f.names()...), doc.states())
	at(t, f.names(), func(name string) error {
		if err := f.hosts[name].ReleaseBoot(); err != nil {
			return err
		}
		_, err := f.hosts[name].WaitReboot(t.Context(), booted[name])
		return err
	})
	doc = decode[runDoc](t, other.patchwave(t, 3, "apply", "-y", "-o", "json"))
	for _, h := range doc.Hosts {
		if h.State != "failed" || h.Error.Code != "locked" || !strings.Contains(h.Error.Message, "another run works on this host") {
			t.Errorf("the second controller on %s, after the reboot: %s, %+v", h.Name, h.State, h.Error)
		}
	}
	doc = decode[runDoc](t, first.wait(t, 0))
	same(t, "states of the first controller", everywhere("done", f.names()...), doc.states())
	for name, out := range f.sh(t, packages()) {
		if strings.Contains(out, "labmulti 1.3") || !strings.Contains(out, "labtool 1.1-1") {
			t.Errorf("%s: the second controller has worked, or the first has not:\n%s", name, out)
		}
	}
}

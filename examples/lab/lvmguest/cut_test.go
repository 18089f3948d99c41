//go:build qemu

package lvmguest_test

import (
	"context"
	"strings"
	"testing"

	"patchwave/examples/lab/qemu"
)

// TestCutBeforeApply: the power fails when the snapshot is there and nothing is
// installed. The host boots with its snapshot, nothing was changed, the run says so; the
// next one, where there is room, makes its own point and goes back to that.
func TestCutBeforeApply(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "[ ! -e /srv/second ] || exit 0\ntouch /srv/begun\nsync\nsleep 900")
		before := g.Must(t, everyFile)
		run := g.Begin(t, "apply", "-y", "-o", "json")
		g.Until(t, "the action runs", func(ctx context.Context) bool {
			_, err := g.Sh(ctx, "[ -e /srv/begun ]")
			return err == nil
		})
		g.Cut(t)
		g.Power(t)
		if doc := finish(t, run, 3, "failed"); !strings.Contains(doc.Hosts[0].Error.Message, "nothing was changed") {
			t.Errorf("it says %+v", doc.Hosts[0].Error)
		}
		if diff := qemu.Changed(before, g.Must(t, everyFile)); len(diff) > 0 {
			t.Errorf("it is not as it was:\n%s", strings.Join(diff, ""))
		}
		g.Must(t, "touch /srv/second")
		if kind == "thick" { // the group has room for one
			g.Must(t, "lvremove -y -q $(lvs --noheadings -o lv_full_name @patchwave)")
		}
		finish(t, g.Begin(t, "apply", "-y", "-o", "json"), 7, "rolled-back")
		if diff := qemu.Changed(before, g.Must(t, everyFile)); len(diff) > 0 {
			t.Errorf("after the second run it is not as it was:\n%s", strings.Join(diff, ""))
		}
	})
}

// TestCutInMerge: the power fails as the merge begins, with 300 MB to be merged. It goes
// on with the next boot, and the run ends as if nothing had been.
func TestCutInMerge(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "dd if=/dev/urandom of=/root/big bs=1M count=300 conv=fsync 2>/dev/null")
		before := g.Must(t, everyFile)
		run := g.Begin(t, "apply", "-y", "-o", "json")
		g.Until(t, "the merge begins", func(context.Context) bool { return g.Printed(t, "patchwave: the snapshot is being merged") > 0 })
		g.Cut(t)
		if n := g.Printed(t, "patchwave: the snapshot is merged"); n > 0 {
			t.Logf("%s: it was merged when the power failed", kind)
		}
		g.Power(t)
		finish(t, run, 7, "rolled-back")
		if got := g.Must(t, "labtool; ls /root; ls -A / | grep -c '^.patchwave' || :"); got != "1.0\n0\n" {
			t.Errorf("after the rollback: %q", got)
		}
		if diff := qemu.Changed(before, g.Must(t, everyFile)); len(diff) > 0 {
			t.Errorf("it is not as it was:\n%s", strings.Join(diff, ""))
		}
		if got := g.Must(t, "lvs -a --noheadings -o lv_name | grep -c patchwave || :"); got != "0\n" {
			t.Errorf("snapshots left: %q", got)
		}
	})
}

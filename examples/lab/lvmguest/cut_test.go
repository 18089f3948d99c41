//go:build qemu

package lvmguest_test

import (
	"context"
	"strings"
	"testing"
)

// TestCutBeforeApply: the power fails when the snapshot is there and nothing is
// installed. The host boots with its snapshot, nothing was changed, the run says so; the
// next one, where there is room, makes its own point and goes back to that.
func TestCutBeforeApply(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "[ ! -e /srv/second ] || exit 0\ntouch /srv/begun\nsync\nsleep 900")
		before := g.must(t, everyFile)
		run := g.begin(t, "apply", "-y", "-o", "json")
		g.until(t, "the action runs", func(ctx context.Context) bool {
			_, err := g.sh(ctx, "[ -e /srv/begun ]")
			return err == nil
		})
		g.cut(t)
		g.power(t)
		e := <-run
		t.Logf("%s: %d: %s\n%s", kind, e.code, e.out, e.errors)
		if e.code == 0 || e.code == -1 || !strings.Contains(e.out, `"failed"`) && !strings.Contains(e.out, `"rolled-back"`) {
			t.Errorf("the run ended with %d\n%s\n%s", e.code, e.out, e.errors)
		}
		g.reach(t)
		if diff := changed(before, g.must(t, everyFile)); len(diff) > 0 {
			t.Errorf("it is not as it was:\n%s", strings.Join(diff, ""))
		}
		g.must(t, "touch /srv/second")
		if kind == "thick" { // the group has room for one
			g.must(t, "lvremove -y -q $(lvs --noheadings -o lv_full_name @patchwave)")
		}
		finish(t, g.begin(t, "apply", "-y", "-o", "json"), 7, "rolled-back")
		if diff := changed(before, g.must(t, everyFile)); len(diff) > 0 {
			t.Errorf("after the second run it is not as it was:\n%s", strings.Join(diff, ""))
		}
	})
}

// TestCutInMerge: the power fails as the merge begins, with 300 MB to be merged. It goes
// on with the next boot, and the run ends as if nothing had been.
func TestCutInMerge(t *testing.T) {
	kinds(t, func(t *testing.T, kind string) {
		g := start(t, kind, "dd if=/dev/urandom of=/root/big bs=1M count=300 conv=fsync 2>/dev/null")
		before := g.must(t, everyFile)
		run := g.begin(t, "apply", "-y", "-o", "json")
		g.until(t, "the merge begins", func(context.Context) bool { return g.printed(t, "patchwave: the snapshot is being merged") > 0 })
		g.cut(t)
		if n := g.printed(t, "patchwave: the snapshot is merged"); n > 0 {
			t.Logf("%s: it was merged when the power failed", kind)
		}
		g.power(t)
		finish(t, run, 7, "rolled-back")
		if got := g.must(t, "labtool; ls /root; ls -A / | grep -c '^.patchwave' || :"); got != "1.0\n0\n" {
			t.Errorf("after the rollback: %q", got)
		}
		if diff := changed(before, g.must(t, everyFile)); len(diff) > 0 {
			t.Errorf("it is not as it was:\n%s", strings.Join(diff, ""))
		}
		if got := g.must(t, "lvs -a --noheadings -o lv_name | grep -c patchwave || :"); got != "0\n" {
			t.Errorf("snapshots left: %q", got)
		}
	})
}

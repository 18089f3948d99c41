package zypper

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates/updatestest"
)

// bounded stands for the function of stage.sh.
const bounded = "\nstage_bounded() { \"$@\"; }\nzypper_cache() { printf '%s' \"$pw_arg_dir/cache\"; }\nmkdir -p \"$pw_arg_dir/cache/repo\"\n"

// TestStageArguments: the transaction of the installation, and only its download.
func TestStageArguments(t *testing.T) {
	fakes := fakeZypper + bounded + ": >\"$pw_arg_dir/cache/repo/fresh-2.0-1.x86_64.rpm\"\n"
	updatestest.Play(t, New().Shell().Job, fakes, "zypper_stage && pw_run stage.files zypper_staged", map[string]string{"changes": changes, "lock_wait": "60"},
		func(t *testing.T, p updatestest.Played) {
			want := "zypper --non-interactive --no-refresh install --no-force-resolution --no-recommends --auto-agree-with-licenses " +
				"--download-only -- labtool.noarch=1.1-1 fresh.x86_64=1:2.0-1 !oldname.noarch=1.0-1 (60)\n"
			if diff := cmp.Diff(want, p.Log); diff != "" {
				t.Error(diff)
			}
			// labtool is installed already
			if got := p.Text("stage.files"); p.Text("status") != "0" || got != "labtool\tnoarch\t1.1-1\tstaged\nfresh\tx86_64\t1:2.0-1\tstaged" {
				t.Errorf("status %s, %q", p.Text("status"), got)
			}
			if _, ok := p.Answer.Get("zypper.stage"); !ok {
				t.Error("no frame")
			}
		})
}

func TestStageReturnsTheStatus(t *testing.T) {
	updatestest.Play(t, New().Shell().Job, fakeZypper+bounded+"fake_rc='8 0'", "zypper_stage", map[string]string{"changes": changes, "lock_wait": "60"},
		func(t *testing.T, p updatestest.Played) {
			if p.Text("status") != "8" {
				t.Errorf("status %s", p.Text("status"))
			}
		})
}

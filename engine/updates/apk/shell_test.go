package apk

import (
	"os"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/updates/updatestest"
)

// job runs apk_install with a fake apk and a world in a temporary directory. It
// returns the answer, the calls of apk and what world holds afterwards.
func job(t *testing.T, apk, world, changes string) (framing.Answer, []string, string) {
	t.Helper()
	h := updatestest.NewHost(t)
	h.Command("apk", apk)
	h.Write("world", world)
	s := script.Script{Name: "test", Version: 1, Sh: New().Shell().Job +
		"\napk_world='" + h.Dir + "/world'\napk_saved='" + h.Dir + "/saved'\nWORLD='" + h.Dir + "/world'; export WORLD\napk_install\n"}
	a, rc := h.Run(updatestest.Shells(t)[0], s, map[string]string{"changes": changes, "lock_wait": "7", "dir": h.Dir})
	if rc != 0 {
		t.Fatalf("status %d: %+v", rc, a)
	}
	if _, err := os.Stat(h.Path("saved")); !os.IsNotExist(err) {
		t.Errorf("the copy of world is still there: %v", err)
	}
	return a, h.Calls("apk"), h.Read("world")
}

func TestInstallPutsWorldBack(t *testing.T) {
	pins := `case $* in *--simulate*) exit 0;; info*) exit 1;; *add*) printf 'a=2-r0\nb\nc++<3\n!old\n' >"$WORLD"; `
	tests := []struct {
		name, apk, changes, want string
		rc                       int
	}{
		{"success", pins + "exit 0;; esac", "upgrade\ta\tx86_64\t1-r0\t2-r0", "a\nb\nc++<3\nold\nolder\n", 0},
		{"failure", pins + "echo 'ERROR: boom'; exit 5;; esac", "upgrade\ta\tx86_64\t1-r0\t2-r0", "a\nb\nc++<3\nold\nolder\n", 5},
		{"removal", pins + "exit 0;; esac", "remove\told\tx86_64\t1-r0\t-", "a\nb\nc++<3\nolder\n", 0},
		{"removal of a name with signs", pins + "exit 0;; esac", "remove\tc++\tx86_64\t1-r0\t", "a\nb\nold\nolder\n", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, calls, world := job(t, tt.apk, "a b\nc++<3\nold\nolder\n", tt.changes)
			frame, ok := a.Get("apk.install")
			if !ok || frame.RC != tt.rc || world != tt.want {
				t.Errorf("frame %+v, world %q, calls %q", frame, world, calls)
			}
		})
	}
}

func TestInstallArguments(t *testing.T) {
	_, calls, _ := job(t, "", "a\n", "upgrade\ta\tx86_64\t1-r0\t2-r0\ninstall\tnew\tx86_64\t-\t1.0_p1-r3\nremove\told\tx86_64\t1-r0\t-")
	want := []string{"--no-network add --simulate a=2-r0 new=1.0_p1-r3 !old", "--wait 7 --no-progress add a=2-r0 new=1.0_p1-r3 !old"}
	if len(calls) < 2 || calls[0] != want[0] || calls[1] != want[1] {
		t.Errorf("calls %q", calls)
	}
}

func TestInstallStopsWhenThePlanIsOld(t *testing.T) {
	a, calls, world := job(t, "echo '(1/2) Upgrading a (1-r0 -> 2-r0)'; echo '(2/2) Purging b (1-r0)'", "a\n", "upgrade\ta\tx86_64\t1-r0\t2-r0")
	out := New().ParseInstall(a)
	if len(calls) != 1 || world != "a\n" || out.Claimed || !strings.Contains(out.Problem.Message, "nothing was changed") || !strings.Contains(out.Problem.Message, "Purging b") {
		t.Errorf("calls %q, world %q, %+v", calls, world, out.Problem)
	}
}

func TestInstallRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, changes := range []string{
		"upgrade\t--root\tx86_64\t1\t2", "upgrade\ta b\tx86_64\t1\t2", "upgrade\ta\tx86_64\t1\t2;id", "explode\ta\tx86_64\t1\t2",
		"upgrade\ta\tx86_64\t1\t", "upgrade\ta\tx86_64\t1\t2\nupgrade\t-x\tx86_64\t1\t2", "remove\ta\tx86_64\t1\t2",
	} {
		a, calls, world := job(t, "", "a\n", changes)
		if out := New().ParseInstall(a); len(calls) != 0 || world != "a\n" || out.Claimed {
			t.Errorf("%q: calls %q, %+v", changes, calls, out)
		}
	}
}

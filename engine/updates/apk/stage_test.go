package apk

import (
	"slices"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// staged runs a script with a fake apk, whose files fetched ahead are in a directory
// of the test.
func staged(t *testing.T, h updatestest.Host, s script.Script, changes string) (framing.Answer, int, []string) {
	t.Helper()
	h.Write("world", "a\n")
	set := "apk_world='" + h.Dir + "/world'; apk_saved='" + h.Dir + "/saved'; apk_ahead='" + h.Dir + "/ahead/apk'\n"
	for _, call := range []string{"\nstage_host apk", "\napk_install"} {
		if i := strings.LastIndex(s.Sh, call); i >= 0 {
			s.Sh = s.Sh[:i] + "\n" + set + s.Sh[i:]
		}
	}
	a, rc := h.Run(updatestest.Shells(t)[0], s, map[string]string{"changes": changes, "lock_wait": "7", "dir": h.Dir, "size": "0", "mounts": "", "limit": "60", "yield": h.Path("yield")})
	return a, rc, h.Calls("apk")
}

const twoChanges = "upgrade\ta\tx86_64\t1-r0\t2-r0\ninstall\tb\tx86_64\t-\t1-r0\nremove\told\tx86_64\t1-r0\t-"

// TestStageThenInstall: the files are fetched, and the installation takes those that
// apk itself finds whole; then they are gone.
func TestStageThenInstall(t *testing.T) {
	h := updatestest.NewHost(t)
	h.Command("apk", `case $* in
*fetch*) echo x >"$FAKE/ahead/apk/a-2-r0.apk"; echo x >"$FAKE/ahead/apk/b-3-r0.apk" ;;
verify*b-*) exit 1 ;;
info*) exit 1 ;;
esac`)
	a, rc, calls := staged(t, h, updates.StageScript(New()), twoChanges)
	if frame, _ := a.Get("stage.files"); rc != 0 || string(frame.Out) != "a\tx86_64\t2-r0\tstaged\nb\tx86_64\t1-r0\tmissing\n" {
		t.Fatalf("status %d, %q, %q", rc, frame.Out, calls)
	}
	if calls[0] != "--no-progress fetch --output "+h.Path("ahead", "apk")+" a b" {
		t.Errorf("calls %q", calls)
	}
	h.Write("calls", "")
	_, rc, calls = staged(t, h, updates.InstallScript(New()), twoChanges)
	file := h.Path("ahead", "apk", "a-2-r0.apk")
	if rc != 0 || calls[0] != "verify "+file || !slices.Contains(calls, "--wait 7 --no-progress add "+file+" b=1-r0 !old") {
		t.Errorf("status %d, calls %q", rc, calls)
	}
	if h.Read("ahead/apk/a-2-r0.apk") != "" {
		t.Error("the file is still there")
	}
}

// TestInstallWithoutWhatWasFetched: a file that is damaged, or with which the solver
// would do something else, is not used.
func TestInstallWithoutWhatWasFetched(t *testing.T) {
	for name, body := range map[string]string{
		"damaged":   `case $* in verify*) exit 1 ;; info*) exit 1 ;; esac`,
		"otherwise": `case $* in info*) exit 1 ;; *--simulate*.apk*) echo '(1/1) Installing more (1-r0)' ;; esac`,
	} {
		t.Run(name, func(t *testing.T) {
			h := updatestest.NewHost(t)
			h.Command("apk", body)
			h.Write("ahead/apk/a-2-r0.apk", "x")
			a, rc, calls := staged(t, h, updates.InstallScript(New()), "upgrade\ta\tx86_64\t1-r0\t2-r0")
			if rc != 0 || !slices.Contains(calls, "--wait 7 --no-progress add a=2-r0") {
				t.Errorf("status %d, calls %q", rc, calls)
			}
			if out := New().ParseInstall(a); !out.Claimed || out.Problem != nil {
				t.Errorf("%+v %+v", out, out.Problem)
			}
		})
	}
}

package dnf

import (
	"strings"
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// TestStage: the program is told to stage, gets the changes as its data, and its
// status is the job's.
func TestStage(t *testing.T) {
	changes := "upgrade\ta\tnoarch\t1-1\t2-1\nremove\tb\tnoarch\t1-1\t-\ninstall\tc\tx86_64\t-\t1:2-1"
	for _, sh := range updatestest.Shells(t, "busybox") {
		f := newFake(t, `cat >"$FAKE/program"; cat <&3 >"$FAKE/data"; echo "$*" >"$FAKE/arguments"; echo 'Complete!'; exit "$(cat "$FAKE/status")"`)
		f.Command("rpm", `case $* in *' a') echo 'noarch 2-1';; *) echo 'noarch 1-1';; esac`)
		f.Write("status", "3")
		a, status := f.Run(sh, updates.StageScript(New()), map[string]string{"changes": changes, "lock_wait": "0", "size": "0", "mounts": "", "limit": "60", "yield": f.Path("yield")})
		if frame, _ := a.Get("dnf.stage"); status != 3 || frame.RC != 3 || !strings.Contains(string(frame.Out), "Complete!") {
			t.Errorf("%v: status %d, %+v", sh, status, a.Frames)
		}
		if got := f.Read("arguments"); got != "-I - stage\n" {
			t.Errorf("%v: arguments %q", sh, got)
		}
		if got := f.Read("data"); got != changes+"\n" {
			t.Errorf("%v: data %q", sh, got)
		}
		// one that is installed needs no download any more
		if frame, _ := a.Get("stage.files"); strings.TrimSpace(string(frame.Out)) != "a\tnoarch\t2-1\tstaged\nc\tx86_64\t1:2-1\tmissing" {
			t.Errorf("%v: %q", sh, frame.Out)
		}
		if program := f.Read("program"); !strings.Contains(program, "if MODE == 'stage':\n    ARGS.append('--downloadonly')") {
			t.Errorf("%v: the program would not stop after the download", sh)
		}
	}
}

package dnf5

import (
	"strings"
	"testing"

	"patchwave/engine/updates"
)

// TestStageAsksForExactPackages: what is to be installed and is not, by its whole name,
// and for the download only.
func TestStageAsksForExactPackages(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t, "a\tx86_64\t1-1", "done\tnoarch\t2-1", "d\tx86_64\t3-1", "oldname\tnoarch\t1-1")
		a, status := f.Run(sh, updates.StageScript(New()), map[string]string{"changes": wanted, "lock_wait": "0", "size": "0", "mounts": "", "limit": "60", "yield": f.Path("yield")})
		calls := f.Calls("dnf5")
		last := calls[len(calls)-1]
		if status != 0 || last != "-y --setopt=*.skip_if_unavailable=1 --setopt=*.metadata_expire=never install --downloadonly a-1:2-1.noarch d-2-1.x86_64 newname-2-1.noarch dep-2-1.noarch" {
			t.Errorf("%v: status %d, calls %q", sh, status, calls)
		}
		for _, c := range calls {
			if strings.Contains(c, "replay") {
				t.Errorf("%v: %q", sh, c)
			}
		}
		want := "a\tnoarch\t1:2-1\tmissing\ndone\tnoarch\t2-1\tstaged\nd\tx86_64\t2-1\tmissing\nnewname\tnoarch\t2-1\tmissing\ndep\tnoarch\t2-1\tmissing"
		if frame, _ := a.Get("stage.files"); strings.TrimSpace(string(frame.Out)) != want {
			t.Errorf("%v: %q", sh, frame.Out)
		}
	}
}

func TestStageOfNothing(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t, "done\tnoarch\t2-1")
		_, status := f.Run(sh, updates.StageScript(New()), map[string]string{"changes": "upgrade\tdone\tnoarch\t1-1\t2-1", "lock_wait": "0", "size": "0", "mounts": "", "limit": "60", "yield": f.Path("yield")})
		for _, c := range f.Calls("dnf5") {
			if strings.Contains(c, "install") {
				t.Errorf("%v: %q", sh, c)
			}
		}
		if status != 0 {
			t.Errorf("%v: status %d", sh, status)
		}
	}
}

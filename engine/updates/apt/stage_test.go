package apt

import (
	"maps"
	"os"
	"strings"
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// TestStageArguments: apt fetches exactly the versions, and does nothing else.
func TestStageArguments(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": "", "apt-config": `echo "apt_dir='$FAKE/archives/'"`,
		"dpkg-query": `case "$*" in *new:i386) printf 'ii 1.0';; *) exit 1;; esac`})
	if err := os.Mkdir(f.Path("archives"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.Write("archives/liba_1%3a1.0-2~x_amd64.deb", "x")
	args := map[string]string{"changes": upgrade + downgrade + install + remove, "lock_wait": "0", "yield": f.Path("yield"), "size": "0", "mounts": "", "limit": "60"}
	all := map[string]string{"names": "", "mode": "", "want": "", "dir": ""}
	maps.Copy(all, args)
	a, rc := f.Run(updatestest.Shells(t)[0], updates.StageScript(New()), all)
	calls := f.Calls("apt-get")
	if rc != 0 || len(calls) != 2 || !strings.HasPrefix(calls[0], "-s -y") {
		t.Fatalf("status %d, calls %q, want a simulation and the download", rc, calls)
	}
	got := calls[1]
	if !strings.HasSuffix(got, "-o APT::Get::Download-Only=true --mark-auto --no-install-recommends --allow-downgrades install liba:amd64=1:1.0-2~x b++=1.0+ new:i386=1.0 old:amd64-") ||
		!strings.Contains(got, "-o APT::Ignore-Hold=false") {
		t.Errorf("%q", got)
	}
	if strings.LastIndex(got, "Download-Only=false") > strings.LastIndex(got, "Download-Only=true") {
		t.Errorf("the last word is not that it only downloads: %q", got)
	}
	want := "liba\tamd64\t1:1.0-2~x\tstaged\nb++\tall\t1.0+\tmissing\nnew\ti386\t1.0\tstaged"
	if frame, _ := a.Get("stage.files"); strings.TrimSpace(string(frame.Out)) != want {
		t.Errorf("%q", frame.Out)
	}
}

// TestStageStopsWhenThePlanIsOld: what apt would do is not what was decided.
func TestStageStopsWhenThePlanIsOld(t *testing.T) {
	for name, rows := range map[string]string{"another version": "Inst liba [1:1.0-1] (1:1.0-3 X [amd64])", "one more": "Inst more (1 X [all])"} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, map[string]string{"apt-get": "case $1 in -s) echo '" + rows + "';; esac", "dpkg-query": "exit 1"})
			a, rc := f.Run(updatestest.Shells(t)[0], updates.StageScript(New()), map[string]string{"changes": upgrade, "lock_wait": "0", "yield": f.Path("yield"), "size": "0", "mounts": "", "limit": "60"})
			if calls := f.Calls("apt-get"); rc != 100 || len(calls) != 1 {
				t.Errorf("status %d, calls %q, %+v", rc, calls, a.Frames)
			}
		})
	}
}

func TestStageRefusesWhatItDoesNotUnderstand(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": "", "dpkg-query": "exit 1"})
	_, rc := f.Run(updatestest.Shells(t)[0], updates.StageScript(New()), map[string]string{"changes": "upgrade\t--purge\tamd64\t1\t2", "lock_wait": "0", "yield": f.Path("yield"), "size": "0", "mounts": "", "limit": "60"})
	if calls := f.Calls("apt-get"); rc != 100 || len(calls) != 0 {
		t.Errorf("status %d, calls %q", rc, calls)
	}
}

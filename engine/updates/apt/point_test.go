package apt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What dpkg-query, apt-mark and apt-cache say on a host with two packages; liba
// is automatic and its old version is in the index.
var queries = map[string]string{
	"dpkg": "echo amd64",
	"dpkg-query": `case "$*" in
*Status-Abbrev}\\t*) printf 'ii \tliba\tamd64\t1:1.0-1\nii \tb++\tall\t2.0\n';;
*'Abbrev}${Version}'*new:i386) printf 'ii 1.0';;
*'Abbrev}${Version}'*liba) printf 'ii 1:1.0-2~x';;
*'Abbrev}${Version}'*) printf 'ii 1.0+';;
*Status-Abbrev*) printf 'ii \n';;
'-s liba:amd64') cat "$FAKE/status";;
'--control-path liba:amd64') echo "$FAKE/liba.postinst";;
*) exit 1;;
esac`,
	"dpkg-deb": `case "$1 $3" in *Package) echo liba;; *Version) echo 1:1.0-1;; -e*) cp -R "$FAKE/deb" "$3";; esac`,
	"apt-mark": `case $1 in showauto) echo liba; echo other;; esac`,
	"apt-cache": `printf 'liba:\n  Version table:\n     1:1.0-2~x 500\n        500 http://m x/main amd64 Packages\n *** 1:1.0-1 500\n        500 http://m x/main amd64 Packages\n        100 /var/lib/dpkg/status\n'
printf 'b++:\n  Version table:\n     1.0+ 500\n        500 http://m x/main amd64 Packages\n *** 2.0 100\n        100 /var/lib/dpkg/status\n'`,
	"apt-get": `case "$*" in *download*) echo deb >'liba_1%3a1.0-1_amd64.deb';; esac`,
	"find":    "",
}

// installed lets dpkg know liba, and makes the file that apt has of it.
func (f fake) installed(t *testing.T, status, control, script string) {
	t.Helper()
	if err := os.Mkdir(f.Path("deb"), 0o700); err != nil {
		t.Fatal(err)
	}
	f.Write("status", status)
	f.Write("liba.postinst", "true\n")
	f.Write("deb/control", control)
	f.Write("deb/postinst", script)
}

const (
	libaStatus  = "Package: liba\nStatus: install ok installed\nPriority: optional\nDepends: a (>= 1),\n b\nMulti-Arch: no\nConffiles:\n /etc/liba 0123\nVersion: 1:1.0-1\n"
	libaControl = "Package: liba\nVersion: 1:1.0-1\nDepends: a(>=1), b\nRecommends:\n"
)

// TestKeepBelievesNoCopy: a file of the name and the version of what is installed is
// kept only if its fields and its scripts are those that dpkg knows.
func TestKeepBelievesNoCopy(t *testing.T) {
	for name, tt := range map[string]struct{ status, control, script, want string }{
		"the same":       {libaStatus, libaControl, "true\n", "kept"},
		"other field":    {libaStatus, libaControl + "Conflicts: c\n", "true\n", "missing"},
		"other script":   {libaStatus, libaControl, "false\n", "missing"},
		"unknown to him": {"", libaControl, "true\n", "missing"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, queries)
			f.installed(t, tt.status, tt.control, tt.script)
			a := f.run(t, New().Shell().Job, "apt_keep", map[string]string{"changes": upgrade, "dir": filepath.Join(t.TempDir(), "kept")})
			if frame, _ := a.Get("apt.keep"); string(frame.Out) != "liba\tamd64\t1:1.0-1\t"+tt.want+"\n" {
				t.Errorf("%q\n%s", frame.Out, frame.Err)
			}
		})
	}
}

// TestPurge: of what came new and goes again the rest goes too, but not of what had been
// there before in some way, nor of what takes the place of a package that was there. A
// configuration file that stood there before stays.
func TestPurge(t *testing.T) {
	f := newFake(t, map[string]string{
		"apt-mark": "",
		"apt-get":  `case $* in *-s*) ;; *) : >"$FAKE/removed";; esac`,
		"dpkg":     `case $1 in --purge) rm -f "$FAKE/before.conf" "$FAKE/after.conf";; *) echo amd64;; esac`,
		"dpkg-query": `case "$*" in
*Replaces*other) echo ', , liba (<< 2), ';;
*Replaces*) echo ', libx, , y | z';;
*Conffiles*) printf ' %s/before.conf 0123\n %s/after.conf 4567 obsolete\n' "$FAKE" "$FAKE";;
*'Abbrev}${Version}'*) printf 'ii 1.0';;
*Status-Abbrev*' '*) if [ -e "$FAKE/removed" ]; then printf 'rc '; else printf 'ii '; fi;;
esac`,
	})
	dir := t.TempDir()
	for name, text := range map[string]string{"packages": "ii \tliba\tamd64\t1\nrc \tknown\tall\t1\nun \tnew\tall\t\n", "etc": f.Path("before.conf") + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.Write("before.conf", "mine")
	f.Write("after.conf", "its own")
	changes := "install\tnew\tall\t-\t1.0\ninstall\tknown\tall\t-\t1.0\ninstall\tother\tall\t-\t1.0"
	f.run(t, New().Shell().Job, "apt_rollback", map[string]string{"changes": changes, "dir": dir, "lock_wait": "0"})
	var purged []string
	for _, call := range f.Calls("dpkg") {
		if strings.HasPrefix(call, "--purge") {
			purged = append(purged, call)
		}
	}
	if !slices.Equal(purged, []string{"--purge new"}) {
		t.Errorf("purged: %q", purged)
	}
	if got := f.Read("before.conf"); got != "mine" {
		t.Errorf("what was there before is %q", got)
	}
	if _, err := os.Stat(f.Path("after.conf")); err == nil {
		t.Error("what came with the package is there")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("left in the point: %v %v", left, err)
	}
}

func TestKeepThenRollback(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	f := newFake(t, queries)
	f.installed(t, libaStatus, libaControl, "true\n")
	args := map[string]string{"changes": upgrade + downgrade + install, "dir": dir, "lock_wait": "0"}
	a := f.run(t, New().Shell().Job, "apt_keep", args)
	frame, _ := a.Get("apt.keep")
	want := "liba\tamd64\t1:1.0-1\tkept\nb++\tall\t2.0\tmissing\n"
	if string(frame.Out) != want || frame.RC != 0 {
		t.Fatalf("frame %q, status %d, stderr %s", frame.Out, frame.RC, frame.Err)
	}
	if calls := f.Calls("apt-get"); len(calls) != 1 || !strings.HasSuffix(calls[0], "download liba=1:1.0-1") {
		t.Errorf("calls %q: only what the index has is asked for", calls)
	}

	f = newFake(t, queries)
	a = f.run(t, New().Shell().Job, "apt_rollback", args)
	calls := f.Calls("apt-get")
	if len(calls) != 2 || !strings.HasSuffix(calls[1], "install "+dir+"/liba_1%3a1.0-1_amd64.deb b++=2.0 new:i386-") ||
		!strings.Contains(calls[1], "--allow-downgrades") || strings.Contains(calls[1], "--no-remove") || strings.Contains(calls[1], "--purge") {
		t.Errorf("calls %q", calls)
	}
	marks := f.Calls("apt-mark")
	if !slices.Contains(marks, "auto liba") || !slices.Contains(marks, "manual b++") {
		t.Errorf("marks %q", marks)
	}
	if frame, ok := a.Get("apt.rollback"); !ok || frame.RC != 0 {
		t.Errorf("frame %+v", frame)
	}
}

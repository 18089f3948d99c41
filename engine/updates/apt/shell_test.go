package apt

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/updates/updatestest"
)

// fake is a host of fake commands.
type fake struct{ updatestest.Host }

func newFake(t *testing.T, commands map[string]string) fake {
	t.Helper()
	f := fake{updatestest.NewHost(t)}
	base := map[string]string{"dpkg": "echo amd64", "sleep": "", "sync": ""}
	maps.Copy(base, commands)
	for name, body := range base {
		f.Command(name, body)
	}
	return f
}

// run runs the shell and then body with the fakes first in PATH.
func (f fake) run(t *testing.T, shell, body string, args map[string]string) framing.Answer {
	t.Helper()
	all := map[string]string{"lock_wait": "", "names": "", "mode": "", "want": "", "changes": "", "dir": ""}
	maps.Copy(all, args)
	s := script.Script{Name: "test", Version: 1, Sh: shell + "\napt_lists='" + f.Dir + "'\n" + body + "\n"}
	a, rc := f.Run(updatestest.Shells(t)[0], s, all)
	if rc != 0 {
		t.Fatalf("status %d: %+v", rc, a)
	}
	return a
}

const (
	upgrade   = "upgrade\tliba\tamd64\t1:1.0-1\t1:1.0-2~x\n"
	downgrade = "downgrade\tb++\tall\t2.0\t1.0+\n"
	install   = "install\tnew\ti386\t-\t1.0\n"
	remove    = "remove\told\tamd64\t1.0\t-\n"
)

func TestInstallArguments(t *testing.T) {
	tests := []struct {
		name, changes string
		tail          string
		flags         string
	}{
		{"upgrade", upgrade, "install liba:amd64=1:1.0-2~x", "--no-remove"},
		{"install", install + upgrade, "install new:i386=1.0 liba:amd64=1:1.0-2~x", "--no-remove"},
		{"downgrade", downgrade, "install b++=1.0+", "--allow-downgrades --no-remove"},
		{"remove", remove + upgrade, "install old:amd64- liba:amd64=1:1.0-2~x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]string{"apt-get": ""})
			a := f.run(t, New().Shell().Job, "apt_install", map[string]string{"changes": tt.changes, "lock_wait": "0"})
			if frame, ok := a.Get("apt.install"); !ok || frame.RC != 0 {
				t.Errorf("frame %+v", frame)
			}
			calls := f.Calls("apt-get")
			if len(calls) != 2 || !strings.HasPrefix(calls[0], "-s -y") {
				t.Fatalf("calls %q, want a simulation and the real thing", calls)
			}
			got := calls[1]
			for _, want := range []string{"-y -q", "-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold", "-o Dpkg::Use-Pty=0",
				"-o DPkg::Lock::Timeout=0", "-o APT::Get::AutomaticRemove=false", "--mark-auto --no-install-recommends",
				"-o quiet=1", "-o APT::Ignore-Hold=false", "-o APT::Get::Purge=false", "-o APT::Get::Simulate=false", "-o APT::Get::Download-Only=false"} {
				if !strings.Contains(got, want) {
					t.Errorf("%q lacks %q", got, want)
				}
			}
			if !strings.HasSuffix(got, strings.TrimSpace(tt.flags+" "+tt.tail)) {
				t.Errorf("%q does not end with %q", got, tt.flags+" "+tt.tail)
			}
			for _, flag := range []string{"--allow-downgrades", "--no-remove"} {
				if strings.Contains(got, flag) != strings.Contains(tt.flags, flag) {
					t.Errorf("%q: %s", got, flag)
				}
			}
			for _, never := range []string{"--allow-change-held", "--force-yes", "--allow-unauth", "--purge"} {
				if strings.Contains(got, never) {
					t.Errorf("%q holds %s", got, never)
				}
			}
		})
	}
}

func TestInstallPassesTheStatusOn(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": `case $1 in -s) ;; *) echo 'E: boom' >&2; exit 100;; esac`})
	a := f.run(t, New().Shell().Job, "apt_install; pw_status=$?; pw_put status \"$pw_status\"; pw_status=0", map[string]string{"changes": upgrade})
	frame, _ := a.Get("apt.install")
	status, _ := a.Get("status")
	if frame.RC != 100 || string(status.Out) != "100" || !strings.Contains(string(frame.Err), "E: boom") {
		t.Errorf("frame %+v, status %q", frame, status.Out)
	}
}

func TestInstallRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for _, changes := range []string{
		"upgrade\t--purge\tamd64\t1\t2", "upgrade\ta b\tamd64\t1\t2", "upgrade\ta\tamd64\t1\t2 --force", "explode\ta\tamd64\t1\t2",
		"upgrade\ta\tamd64\t1\t", "upgrade\ta\tamd64\t1", "upgrade\ta\t$(id)\t1\t2", "upgrade\t../x\tamd64\t1\t2", upgrade + "upgrade\t-x\tamd64\t1\t2",
	} {
		f := newFake(t, map[string]string{"apt-get": ""})
		a := f.run(t, New().Shell().Job, "apt_install", map[string]string{"changes": changes})
		if frame, _ := a.Get("apt.install"); frame.RC != 100 || len(f.Calls("apt-get")) != 0 {
			t.Errorf("%q: status %d, calls %q", changes, frame.RC, f.Calls("apt-get"))
		}
		if out := New().ParseInstall(a); out.Claimed || !strings.HasPrefix(out.Problem.Message, "nothing was changed") {
			t.Errorf("%q: %+v", changes, out.Problem)
		}
	}
}

func TestInstallStopsWhenThePlanIsOld(t *testing.T) {
	tests := []struct {
		name, rows string
		stop       bool
	}{
		{"as planned", "Inst liba [1:1.0-1] (1:1.0-2~x X [amd64])\nConf liba (1:1.0-2~x X [amd64])", false},
		{"done already", "", false},
		{"another version", "Inst liba [1:1.0-1] (1:1.0-3 X [amd64])", true},
		{"one more", "Inst liba [1:1.0-1] (1:1.0-2~x X [amd64])\nInst more (1 X [all])", true},
		{"other architecture", "Inst liba:i386 [1:1.0-1] (1:1.0-2~x X [i386])", true},
		{"a removal", "Remv other [1.0]", true},
		{"away for a moment", "Remv liba [1:1.0-1]\nInst liba (1:1.0-2~x X [amd64])", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]string{"apt-get": "case $1 in -s) cat <<'X'\n" + tt.rows + "\nX\n;; esac"})
			a := f.run(t, New().Shell().Job, "apt_install", map[string]string{"changes": upgrade})
			calls := f.Calls("apt-get")
			if stopped := len(calls) == 1; stopped != tt.stop {
				frame, _ := a.Get("apt.install")
				t.Errorf("stopped %v: %q\n%s", stopped, calls, frame.Out)
			}
		})
	}
}

// TestListingIgnoresTheHostsTaste: what a host's apt.conf may change of the
// listing is set by the scan; a pinned older version is none of its errors.
func TestListingIgnoresTheHostsTaste(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": "echo '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'"})
	f.run(t, New().Shell().Scan, "pw_run apt.pending apt_pending", nil)
	calls := f.Calls("apt-get")
	if len(calls) != 1 {
		t.Fatalf("calls %q", calls)
	}
	for _, want := range []string{"-o quiet=1", "-o APT::Get::Show-Upgraded=true", "-o APT::Ignore-Hold=false", "--allow-downgrades"} {
		if !strings.Contains(calls[0], want) {
			t.Errorf("%q lacks %q", calls[0], want)
		}
	}
}

func TestRefreshWaitsForTheLock(t *testing.T) {
	locked := `n=$(cat "$0.n" 2>/dev/null || echo 0); n=$((n+1)); echo $n >"$0.n"
[ $n -gt 2 ] || { echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 8 (perl)' >&2; exit 100; }`
	for wait, want := range map[string]int{"0": 1, "1": 2, "9": 3} {
		f := newFake(t, map[string]string{"apt-get": locked})
		a := f.run(t, New().Shell().Scan, "apt_refresh", map[string]string{"lock_wait": wait})
		frame, _ := a.Get("apt.refresh")
		if got := len(f.Calls("apt-get")); got != want || (frame.RC == 0) != (want == 3) {
			t.Errorf("wait %s: %d calls, status %d", wait, got, frame.RC)
		}
	}
}

// TestScanWaitsForChanges: while packages are being changed the scan waits, and
// only then: a lock alone says nothing of what is installed.
func TestScanWaitsForChanges(t *testing.T) {
	locks := "apt_locks() { n=$(($(cat '%s/n' 2>/dev/null || echo 0) + 1)); echo $n >'%s/n'; [ $n -gt 2 ] || echo 'lock=8 apt-get'; }\n" +
		"apt_journal() { :; }\napt_states() { printf '%s'; }\napt_quiet\n"
	for _, tt := range []struct {
		states, wait string
		sleeps       int
	}{
		{"iF \\tx\\tall\\t1\\n", "0", 0}, {"iU \\tx\\tall\\t1\\n", "1", 1}, {"iU \\tx\\tall\\t1\\n", "9", 2}, {"hi \\tx\\tall\\t1\\n", "9", 0},
	} {
		f := newFake(t, nil)
		f.run(t, New().Shell().Scan, fmt.Sprintf(locks, f.Dir, f.Dir, tt.states), map[string]string{"lock_wait": tt.wait})
		if got := len(f.Calls("sleep")); got != tt.sleeps {
			t.Errorf("%q, wait %s: it slept %d times, want %d", tt.states, tt.wait, got, tt.sleeps)
		}
	}
}

func TestRefreshDoesNotWaitForRoot(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": `echo 'E: Could not open lock file /var/lib/apt/lists/lock - open (13: Permission denied)
E: Unable to lock directory /var/lib/apt/lists/' >&2; exit 100`})
	f.run(t, New().Shell().Scan, "apt_refresh", map[string]string{"lock_wait": "9"})
	if calls := f.Calls("apt-get"); len(calls) != 1 {
		t.Errorf("%d calls", len(calls))
	}
}

func TestRefreshDoesNotRetryOtherFailures(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": "echo 'E: Failed to fetch x' >&2; exit 100"})
	a := f.run(t, New().Shell().Scan, "apt_refresh", map[string]string{"lock_wait": "9"})
	frame, _ := a.Get("apt.refresh")
	if calls := f.Calls("apt-get"); len(calls) != 1 || frame.RC != 100 || !strings.Contains(string(frame.Out), "E: Failed") {
		t.Errorf("calls %q, frame %+v", calls, frame)
	}
	if got := f.Calls("apt-get")[0]; !slices.Contains(strings.Fields(got), "--error-on=any") {
		t.Errorf("%q", got)
	}
}

func TestAgeOfTheIndex(t *testing.T) {
	find := func(sources string) string {
		return "case $* in *sources.list*) " + sources + ";; *) exec /usr/bin/find \"$@\";; esac"
	}
	lists := t.TempDir()
	old := "touch -d @1000000000 '" + lists + "'; "
	age := func(f fake, body string) string {
		a := f.run(t, New().Shell().Scan, "apt_lists='"+lists+"'; "+body+"pw_put age \"$(apt_index_age)\"", nil)
		frame, _ := a.Get("age")
		return strings.TrimSpace(string(frame.Out))
	}
	well := newFake(t, map[string]string{"apt-get": "", "find": find("")})
	if got := age(well, ""); got != "" {
		t.Errorf("an empty directory has age %q", got)
	}
	if err := os.WriteFile(filepath.Join(lists, "x_Packages"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := age(well, old); len(got) < 9 {
		t.Errorf("an old index has age %q", got)
	}
	if got := age(well, old+"apt_refresh; "); len(got) > 2 || got == "" {
		t.Errorf("a refreshed index has age %q", got)
	}
	failing := newFake(t, map[string]string{"apt-get": "touch '" + lists + "'; exit 100", "find": find("")})
	if got := age(failing, old+"apt_refresh; "); len(got) < 9 {
		t.Errorf("a refresh that failed made the index %q s old", got)
	}
	edited := newFake(t, map[string]string{"find": find("echo /etc/apt/sources.list")})
	if got := age(edited, old); got != "" {
		t.Errorf("sources edited since, yet age %q", got)
	}
}

func TestSimulateArguments(t *testing.T) {
	f := newFake(t, map[string]string{"apt-get": ""})
	want := "liba\tamd64\t1:1.0-2~x\nb++\tall\t1.0+"
	a := f.run(t, New().Shell().Simulate, "apt_simulate", map[string]string{"want": want, "mode": "each"})
	calls := f.Calls("apt-get")
	if len(calls) != 2 || !strings.HasSuffix(calls[0], "install liba:amd64=1:1.0-2~x") || !strings.HasSuffix(calls[1], "install b++=1.0+") {
		t.Errorf("calls %q", calls)
	}
	for _, c := range calls {
		for _, flag := range []string{"-s ", "-o Debug::NoLocking=1", "--mark-auto"} {
			if !strings.Contains(c, flag) {
				t.Errorf("%q lacks %q", c, flag)
			}
		}
	}
	for _, name := range []string{"apt.sim.1", "apt.sim.2"} {
		if _, ok := a.Get(name); !ok {
			t.Errorf("no frame %s", name)
		}
	}
	f = newFake(t, map[string]string{"apt-get": ""})
	a = f.run(t, New().Shell().Simulate, "apt_simulate", map[string]string{"want": "a\tall\t1\n-y\tall\t1", "mode": "set"})
	if frame, _ := a.Get("apt.sim"); frame.RC != 100 || len(f.Calls("apt-get")) != 0 {
		t.Errorf("a hostile name: status %d, calls %q", frame.RC, f.Calls("apt-get"))
	}
}

// TestWhatCanBeUndone: an old version that is in no index can still be packed again
// from what is installed, unless that is not whole.
func TestWhatCanBeUndone(t *testing.T) {
	f := newFake(t, map[string]string{
		"apt-get":    `case $* in *-s*) printf 'Inst offered [1.0] (2.0 X [all])\nInst gone [1.0] (2.0 X [amd64])\nRemv half [1.0]\n';; esac`,
		"apt-cache":  `printf 'offered:\n  Version table:\n     2.0 500\n        500 http://m x/main amd64 Packages\n *** 1.0 500\n        500 http://m x/main amd64 Packages\n        100 /var/lib/dpkg/status\n'; for n in gone half; do printf '%s:\n  Version table:\n *** 1.0 100\n        100 /var/lib/dpkg/status\n' $n; done`,
		"dpkg-query": `case $* in *Status-Status*) printf 'offered\tall\t1.0\tinstalled\ngone\tamd64\t1.0\tinstalled\nhalf\tamd64\t1.0\tunpacked\n';; esac`,
	})
	a := f.run(t, New().Shell().Simulate, "apt_simulate", map[string]string{"want": "offered\tall\t2.0\ngone\tamd64\t2.0", "mode": "set"})
	want := "offered\tall\t1.0\tyes\ngone\tamd64\t1.0\tpacked\nhalf\tamd64\t1.0\tno"
	if frame, _ := a.Get("apt.undo"); strings.TrimSpace(string(frame.Out)) != want {
		t.Errorf("%q, want %q", frame.Out, want)
	}
}

package dnf5

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/script"
	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// newFake is a host with a dnf5 and an rpm of its own. rpm answers from the lines
// NAME<TAB>ARCH<TAB>VERSION in "installed"; dnf5 keeps what it is to replay, and
// ends with the status in "status".
func newFake(t *testing.T, installed ...string) updatestest.Host {
	t.Helper()
	h := updatestest.NewHost(t)
	h.Write("installed", strings.Join(installed, "\n")+"\n")
	h.Command("rpm", "if [ \"$1\" = -E ]; then echo /nowhere; exit; fi\n"+
		"for last; do :; done\ngrep \"^$last\t\" \"$FAKE/installed\"")
	h.Command("dnf5", dnf5)
	h.Write("status", "0")
	return h
}

const dnf5 = `case " $* " in
*" --help "*) echo --skip-file-locks ;;
*" --obsoletes "*) case $* in *newname*) echo 'oldname < 2' ;; esac ;;
*reason*) case $* in *oldname*) echo User ;; *) echo Dependency ;; esac ;;
*" repoquery --available "*) case $* in *gone*) ;; *) echo yes ;; esac ;;
*" replay "*) for last; do :; done; cp "$last/transaction.json" "$FAKE/transaction"; exit "$(cat "$FAKE/status")" ;;
esac`

// runners are the shells that fake commands can be put before: busybox has an rpm
// of its own.
func runners(t *testing.T) []updatestest.Shell {
	t.Helper()
	return updatestest.Shells(t, "busybox")
}

const wanted = "upgrade\ta\tnoarch\t1-1\t1:2-1\nupgrade\tdone\tnoarch\t1-1\t2-1\ndowngrade\td\tx86_64\t3-1\t2-1\n" +
	"install\tnewname\tnoarch\t-\t2-1\ninstall\tdep\tnoarch\t-\t2-1\nremove\toldname\tnoarch\t1-1\t-\nremove\tabsent\tnoarch\t1-1\t-"

func TestInstallWritesTheTransaction(t *testing.T) {
	// a changes its architecture; "done" and "absent" need nothing any more; what
	// replaces a package of the user is the user's.
	want := `{"version":"1.0","rpms":[
{"nevra":"a-1:2-1.noarch","action":"Upgrade","reason":"None","repo_id":""},
{"nevra":"a-1-1.x86_64","action":"Replaced","reason":"None","repo_id":""},
{"nevra":"d-2-1.x86_64","action":"Downgrade","reason":"None","repo_id":""},
{"nevra":"d-3-1.x86_64","action":"Replaced","reason":"None","repo_id":""},
{"nevra":"newname-2-1.noarch","action":"Install","reason":"User","repo_id":""},
{"nevra":"dep-2-1.noarch","action":"Install","reason":"Dependency","repo_id":""},
{"nevra":"oldname-1-1.noarch","action":"Remove","reason":"None","repo_id":""}
]}
`
	for _, sh := range runners(t) {
		f := newFake(t, "a\tx86_64\t1-1", "done\tnoarch\t2-1", "d\tx86_64\t3-1", "oldname\tnoarch\t1-1")
		a, status := f.Run(sh, updates.InstallScript(New()), map[string]string{"changes": wanted, "lock_wait": "0"})
		if diff := cmp.Diff(want, f.Read("transaction")); diff != "" || status != 0 {
			t.Errorf("%v: status %d (-want +got):\n%s", sh, status, diff)
		}
		if o := New().ParseInstall(a); !o.Claimed {
			t.Errorf("%v: %+v", sh, o)
		}
	}
}

func TestInstallOfNothing(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t, "done\tnoarch\t2-1")
		_, status := f.Run(sh, updates.InstallScript(New()), map[string]string{"changes": "upgrade\tdone\tnoarch\t1-1\t2-1", "lock_wait": "0"})
		if status != 0 || f.Read("transaction") != "" {
			t.Errorf("%v: status %d, %s", sh, status, f.Read("transaction"))
		}
	}
}

func TestMarksAreSetAgainAfterAFailure(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t)
		f.Write("status", "1")
		// dnf5 now takes the new package for the user's own choice.
		f.Command("dnf5", strings.Replace(dnf5, "*reason*)", "*--installed*dep-2-1*) printf 'External User' ;;\n*reason*)", 1))
		_, status := f.Run(sh, updates.InstallScript(New()), map[string]string{"changes": "install\tdep\tnoarch\t-\t2-1", "lock_wait": "0"})
		if status != 1 || !strings.Contains(strings.Join(f.Calls("dnf5"), "\n"), "mark dependency dep-2-1.noarch") {
			t.Errorf("%v: status %d\n%s", sh, status, strings.Join(f.Calls("dnf5"), "\n"))
		}
	}
}

func TestRollbackWritesTheTransaction(t *testing.T) {
	want := `{"version":"1.0","rpms":[
{"nevra":"a-1-1.x86_64","action":"Downgrade","reason":"None","repo_id":"","package_path":"./packages/a-1-1.x86_64.rpm"},
{"nevra":"a-1:2-1.noarch","action":"Replaced","reason":"None","repo_id":""},
{"nevra":"d-3-1.x86_64","action":"Upgrade","reason":"None","repo_id":""},
{"nevra":"d-2-1.x86_64","action":"Replaced","reason":"None","repo_id":""},
{"nevra":"newname-2-1.noarch","action":"Remove","reason":"None","repo_id":""},
{"nevra":"oldname-1-1.noarch","action":"Install","reason":"Weak Dependency","repo_id":""}
]}
`
	for _, sh := range runners(t) {
		f := newFake(t, "a\tnoarch\t1:2-1", "done\tnoarch\t1-1", "d\tx86_64\t2-1", "newname\tnoarch\t2-1", "absent\tnoarch\t1-1", "gone\tnoarch\t2-1")
		dir := f.Path("point")
		f.Write("point/packages/a-1-1.x86_64.rpm", "rpm")
		f.Write("point/dnf5.marks", "a\tx86_64\tUser\noldname\tnoarch\tWeak Dependency\n")
		a, status := f.Run(sh, updates.RollbackScript(New()), map[string]string{
			"changes": wanted + "\nupgrade\tgone\tnoarch\t1-1\t2-1", "dir": dir, "lock_wait": "0",
		})
		if diff := cmp.Diff(want, f.Read("transaction")); diff != "" {
			t.Errorf("%v (-want +got):\n%s", sh, diff)
		}
		// gone cannot be had: the rest is done, and that is not a success.
		if o := New().ParseInstall(a); status != 1 || o.Claimed || o.Failed["gone"] == "" {
			t.Errorf("%v: status %d, %+v", sh, status, o)
		}
	}
}

func TestSimulateAsksForExactPackages(t *testing.T) {
	for _, sh := range runners(t) {
		for mode, want := range map[string][]string{
			"set":  {"install a-1:2-1.noarch b-1-1.x86_64"},
			"each": {"install a-1:2-1.noarch", "install b-1-1.x86_64"},
		} {
			f := newFake(t)
			f.Run(sh, updates.SimulateScript(New()), map[string]string{"mode": mode, "want": "a\tnoarch\t1:2-1\nb\tx86_64\t1-1"})
			var got []string
			for _, call := range f.Calls("dnf5") {
				if before, after, ok := strings.Cut(call, " install "); ok {
					got = append(got, "install "+after)
					for _, option := range []string{"-C", "--skip-file-locks", "--assumeno"} {
						if !strings.Contains(before+" ", option+" ") {
							t.Errorf("%v %s: no %s in %q", sh, mode, option, call)
						}
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%v %s (-want +got):\n%s", sh, mode, diff)
			}
		}
	}
}

// TestWaitForTheLock replaces the look at the locks, which needs another process.
func TestWaitForTheLock(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t)
		s := script.Script{Name: "wait", Version: 1, Sh: New().Shell().Job +
			"\ndnf5_busy() { return 0; }\nsleep() { echo nap; }\npw_run free dnf5_wait\npw_run dnf5.install dnf5_apply\n"}
		a, _ := f.Run(sh, s, map[string]string{"changes": "", "lock_wait": "3"})
		free, _ := a.Get("free")
		if free.RC != 1 || string(free.Out) != "nap\nnap\nnap\n" {
			t.Errorf("%v: %+v", sh, free)
		}
		if o := New().ParseInstall(a); o.Claimed || updatestest.Code(o.Problem) != "locked" {
			t.Errorf("%v: %+v", sh, o)
		}
	}
}

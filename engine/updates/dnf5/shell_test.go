package dnf5

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/posix"
	"patchwave/engine/updates"
)

// shells are the shells of this machine that a host may have.
func shells(t *testing.T) [][]string {
	t.Helper()
	var found [][]string
	for _, s := range [][]string{{"sh"}, {"dash"}, {"bash", "--posix"}, {"busybox", "sh"}} {
		if _, err := exec.LookPath(s[0]); err == nil {
			found = append(found, s)
		}
	}
	return found
}

func encode(t *testing.T, s posix.Script, args map[string]string) []byte {
	t.Helper()
	script, err := posix.Encode(s, nonce, args)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func TestShellSyntax(t *testing.T) {
	m := New()
	scripts := []posix.Script{
		{Name: "scan", Version: 1, Body: m.Shell().Scan}, updates.SimulateScript(m), updates.InstallScript(m),
		updates.KeepScript(m), updates.RollbackScript(m),
	}
	for _, sh := range shells(t) {
		for _, s := range scripts {
			cmd := exec.Command(sh[0], append(sh[1:], "-n")...)
			cmd.Stdin = bytes.NewReader(encode(t, s, nil))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v -n %s: %v\n%s", sh, s.Name, err, out)
			}
		}
	}
}

// runners are the shells that programs of a test can be put before: busybox has an
// rpm of its own.
func runners(t *testing.T) [][]string {
	t.Helper()
	return slices.DeleteFunc(shells(t), func(sh []string) bool { return sh[0] == "busybox" })
}

// fake is a host with a dnf5 and an rpm of its own. rpm answers from the lines
// NAME<TAB>ARCH<TAB>VERSION in "installed"; dnf5 writes its arguments to "calls",
// keeps what it is to replay, and ends with the status in "status".
type fake struct {
	dir string
}

func newFake(t *testing.T, installed ...string) fake {
	t.Helper()
	f := fake{dir: t.TempDir()}
	f.write(t, "installed", strings.Join(installed, "\n")+"\n", 0o644)
	f.write(t, "rpm", "#!/bin/sh\nif [ \"$1\" = -E ]; then echo /nowhere; exit; fi\n"+
		"for last; do :; done\ngrep \"^$last\t\" '"+f.dir+"/installed'\n", 0o755)
	f.write(t, "dnf5", "#!/bin/sh\necho \"$*\" >>'"+f.dir+"/calls'\n"+`case " $* " in
*" --help "*) echo --skip-file-locks ;;
*" --obsoletes "*) case $* in *newname*) echo 'oldname < 2' ;; esac ;;
*reason*) case $* in *oldname*) echo User ;; *) echo Dependency ;; esac ;;
*" repoquery --available "*) case $* in *gone*) ;; *) echo yes ;; esac ;;
*" replay "*) for last; do :; done; cp "$last/transaction.json" '`+f.dir+`/transaction'; exit "$(cat '`+f.dir+`/status')" ;;
esac
`, 0o755)
	f.write(t, "status", "0", 0o644)
	return f
}

func (f fake) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (f fake) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// run sends a script to one shell and returns its answer and status.
func (f fake) run(t *testing.T, sh []string, s posix.Script, args map[string]string) (posix.Answer, int) {
	t.Helper()
	s.Body = "PATH='" + f.dir + "':$PATH\n" + s.Body
	cmd := exec.Command(sh[0], append(sh[1:], "-s")...)
	cmd.Stdin = bytes.NewReader(encode(t, s, args))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	a := posix.Parse(nonce, stdout.Bytes(), stderr.Bytes())
	if !a.Complete {
		t.Fatalf("not a whole answer:\n%s\n%s", stdout.Bytes(), stderr.Bytes())
	}
	return a, cmd.ProcessState.ExitCode()
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
		a, status := f.run(t, sh, updates.InstallScript(New()), map[string]string{"changes": wanted, "lock_wait": "0"})
		if diff := cmp.Diff(want, f.read(t, "transaction")); diff != "" || status != 0 {
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
		_, status := f.run(t, sh, updates.InstallScript(New()), map[string]string{"changes": "upgrade\tdone\tnoarch\t1-1\t2-1", "lock_wait": "0"})
		if status != 0 || f.read(t, "transaction") != "" {
			t.Errorf("%v: status %d, %s", sh, status, f.read(t, "transaction"))
		}
	}
}

func TestMarksAreSetAgainAfterAFailure(t *testing.T) {
	for _, sh := range runners(t) {
		f := newFake(t)
		f.write(t, "status", "1", 0o644)
		// dnf5 now takes the new package for the user's own choice.
		f.write(t, "dnf5", strings.Replace(f.read(t, "dnf5"), "*reason*)", "*--installed*dep-2-1*) printf 'External User' ;;\n*reason*)", 1), 0o755)
		_, status := f.run(t, sh, updates.InstallScript(New()), map[string]string{"changes": "install\tdep\tnoarch\t-\t2-1", "lock_wait": "0"})
		if status != 1 || !strings.Contains(f.read(t, "calls"), "mark dependency dep-2-1.noarch") {
			t.Errorf("%v: status %d\n%s", sh, status, f.read(t, "calls"))
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
		dir := filepath.Join(f.dir, "point")
		if err := os.MkdirAll(filepath.Join(dir, "packages"), 0o700); err != nil {
			t.Fatal(err)
		}
		f.write(t, "point/packages/a-1-1.x86_64.rpm", "rpm", 0o600)
		f.write(t, "point/dnf5.marks", "a\tx86_64\tUser\noldname\tnoarch\tWeak Dependency\n", 0o600)
		a, status := f.run(t, sh, updates.RollbackScript(New()), map[string]string{
			"changes": wanted + "\nupgrade\tgone\tnoarch\t1-1\t2-1", "dir": dir, "lock_wait": "0",
		})
		if diff := cmp.Diff(want, f.read(t, "transaction")); diff != "" {
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
			f.run(t, sh, updates.SimulateScript(New()), map[string]string{"mode": mode, "want": "a\tnoarch\t1:2-1\nb\tx86_64\t1-1"})
			var got []string
			for _, call := range strings.Split(f.read(t, "calls"), "\n") {
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
		s := posix.Script{Name: "wait", Version: 1, Body: New().Shell().Job +
			"\ndnf5_busy() { return 0; }\nsleep() { echo nap; }\npw_run free dnf5_wait\npw_run dnf5.install dnf5_apply\n"}
		a, _ := f.run(t, sh, s, map[string]string{"changes": "", "lock_wait": "3"})
		free, _ := a.Get("free")
		if free.RC != 1 || string(free.Out) != "nap\nnap\nnap\n" {
			t.Errorf("%v: %+v", sh, free)
		}
		if o := New().ParseInstall(a); o.Claimed || code(o.Problem) != "locked" {
			t.Errorf("%v: %+v", sh, o)
		}
	}
}

package updates_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/updatestest"
)

// holder is a manager whose packages are a file of the host: what dpkg-query and rpm
// would say.
type holder struct {
	updates.Manager
	name, dir string
}

func (h holder) Name() string { return h.name }

func (h holder) Shell() updates.Shell {
	return updates.Shell{Job: strings.ReplaceAll(strings.ReplaceAll(`NAME_manifest() { cat "$FAKE/packages"; }
NAME_listed() { printf '%s\n' "$FAKE/a file" "$FAKE/gone" "$FAKE" relative; }
NAME_sizes() { cat "$FAKE/sizes"; }
NAME_keep() { pw_put NAME.keep kept; }
NAME_rollback() { pw_put NAME.rollback "$pw_arg_changes"; }
`, "NAME", h.name), "$FAKE", h.dir)}
}

// TestPoint makes a point, changes the host, and asks what is not as it was.
func TestPoint(t *testing.T) {
	for _, sh := range updatestest.Shells(t) {
		f := updatestest.NewHost(t)
		m := holder{name: "apt", dir: f.Dir}
		args := map[string]string{"changes": "upgrade\ta\tall\t1\t2", "dir": filepath.Join(t.TempDir(), "x y"), "lock_wait": "0"}
		f.Write("packages", "pkg\ta\tall\t1\tii \nauto\ta\n")
		f.Write("a file", "one")
		f.Write("sizes", "10\nno number\n")
		a, rc := f.Run(sh, updates.KeepScript(m), args)
		if size, ok := a.Get("point.size"); rc != 0 || !ok || size.RC != 0 {
			t.Fatalf("%v: status %d, %+v", sh, rc, a)
		}
		if got := ask(t, f, sh, m, args); got != "total\t0\n" {
			t.Errorf("%v: nothing has changed, and it says %q", sh, got)
		}
		f.Write("packages", "pkg\ta\tall\t2\tiF \n")
		f.Write("a file", "two")
		got := ask(t, f, sh, m, args)
		for _, want := range []string{"total\t5\n", "-\tpkg\ta\tall\t1\tii \n", "+\tpkg\ta\tall\t2\tiF \n", "-\tauto\ta\n", "\tfile\t" + f.Path("a file") + "\t"} {
			if !strings.Contains(got, want) {
				t.Errorf("%v: %q is not in\n%s", sh, want, got)
			}
		}
		f.Write("packages", strings.Repeat("x", 10))
		s, _ := updates.ProveScript(m)
		if a, rc := f.Run(sh, s, args); rc != 1 || strings.Contains(string(a.Frames[0].Out), "total") {
			t.Errorf("%v: a manager that does not answer: %d %+v", sh, rc, a.Frames)
		}
		f.Write("sizes", "99999999999999\n")
		if err := os.RemoveAll(args["dir"]); err != nil {
			t.Fatal(err)
		}
		a, rc = f.Run(sh, updates.KeepScript(m), args)
		if room, _ := a.Get("point.room"); rc != 1 || room.RC != 1 || !strings.HasPrefix(string(room.Out), "50000000065536 ") {
			t.Errorf("%v: no room: status %d, %q", sh, rc, room.Out)
		}
		if _, kept := a.Get("apt.keep"); kept {
			t.Errorf("%v: it began to keep without room", sh)
		}
	}
}

func ask(t *testing.T, f updatestest.Host, sh updatestest.Shell, m updates.Manager, args map[string]string) string {
	t.Helper()
	s, ok := updates.ProveScript(m)
	if !ok {
		t.Fatal("there is no proof")
	}
	a, _ := f.Run(sh, s, args)
	frame, _ := a.Get("point.prove")
	return string(frame.Out)
}

// TestTheRunningKernelStays: its package is not removed by a rollback, others are.
func TestTheRunningKernelStays(t *testing.T) {
	changes := "install\tlinux-image-6.2\tamd64\t-\t6.2-1\ninstall\tkernel-core\tx86_64\t-\t6.1-1\ninstall\tkernel-core\tx86_64\t-\t6.2-1\nupgrade\tlinux-image-6.2x\tamd64\t1\t2"
	for manager, want := range map[string]string{
		"apt":    "install\tkernel-core\tx86_64\t-\t6.1-1\ninstall\tkernel-core\tx86_64\t-\t6.2-1\nupgrade\tlinux-image-6.2x\tamd64\t1\t2",
		"zypper": "install\tlinux-image-6.2\tamd64\t-\t6.2-1\ninstall\tkernel-core\tx86_64\t-\t6.1-1\nupgrade\tlinux-image-6.2x\tamd64\t1\t2",
		"pacman": changes,
	} {
		for _, sh := range updatestest.Shells(t) {
			f := updatestest.NewHost(t)
			f.Command("uname", "echo 6.2")
			f.Command("dpkg-query", "case $2 in /boot/vmlinuz-6.2) echo 'linux-image-6.2: /boot/vmlinuz-6.2';; *) exit 1;; esac")
			f.Command("rpm", `case $4 in /lib/modules/6.2/vmlinuz) printf 'kernel-core\t6.2-1\n';; *) echo "error: file $4: No such file"; exit 1;; esac`)
			a, rc := f.Run(sh, updates.RollbackScript(holder{name: manager}), map[string]string{"changes": changes, "dir": f.Dir, "lock_wait": "0"})
			got, _ := a.Get(manager + ".rollback")
			running, said := a.Get("point.running")
			if strings.TrimRight(string(got.Out), "\n") != want || rc != 0 || said != (manager != "pacman") {
				t.Errorf("%v, %s: status %d, running %q, rolled back\n%s", sh, manager, rc, running.Out, got.Out)
			}
		}
	}
}

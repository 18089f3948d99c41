package updates_test

import (
	"cmp"
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
	name, dir, locks string
}

func (h holder) Name() string { return h.name }

func (h holder) Shell() updates.Shell {
	return updates.Shell{Job: strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(`NAME_manifest() { cat "$FAKE/packages"; }
NAME_listed() { printf '%s\n' "$FAKE/a file" "$FAKE/gone" "$FAKE" relative; }
NAME_sizes() { cat "$FAKE/sizes"; }
NAME_keep() { pw_put NAME.keep kept; }
NAME_rollback() { pw_put NAME.rollback "$pw_arg_changes"; }
NAME_lockfile() { printf 'HOW\t%s' "$FAKE/locks"; }
NAME_remark() { cat >"$FAKE/remarked"; printf 'pkg\ta\tall\t1\tii \nauto\ta\nheld\tx\n' >"$FAKE/packages"; }
`, "NAME", h.name), "$FAKE", h.dir), "HOW", cmp.Or(h.locks, "line"))}
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

// TestLostMarks: a rollback gives back what the host has lost of its marks, and says
// what of it is there again; what is new stays, and nobody is asked where nothing is lost.
func TestLostMarks(t *testing.T) {
	for _, sh := range updatestest.Shells(t) {
		f := updatestest.NewHost(t)
		f.Command("dpkg-query", "exit 1") // no kernel is a package
		m := holder{name: "apt", dir: f.Dir}
		args := map[string]string{"changes": "upgrade\ta\tall\t1\t2", "dir": filepath.Join(t.TempDir(), "p"), "lock_wait": "0"}
		f.Write("sizes", "1\n")
		f.Write("packages", "pkg\ta\tall\t1\tii \npkg\tb\tall\t1\tii \nauto\ta\nauto\tgone\nauto\tc\tWeak\nheld\tx\nheld\ty z\npkg\tc\tall\t1\tii \n")
		if _, rc := f.Run(sh, updates.KeepScript(m), args); rc != 0 {
			t.Fatalf("status %d", rc)
		}
		a, _ := f.Run(sh, updates.RollbackScript(m), args)
		if _, said := a.Get("point.marks"); said {
			t.Errorf("%v: nothing was lost", sh)
		}
		f.Write("packages", "pkg\ta\tall\t1\tii \npkg\tb\tall\t1\tii \nauto\tb\nheld\tnew\npkg\tc\tall\t1\tii \nauto\tc\tDependency\n")
		a, _ = f.Run(sh, updates.RollbackScript(m), args)
		if got := f.Read("remarked"); got != "auto\ta\nheld\tx\nheld\ty z\nmanual\tb\n" {
			t.Errorf("%v: it is to set again %q", sh, got)
		}
		if marks, _ := a.Get("point.marks"); strings.TrimSpace(string(marks.Out)) != "auto\ta\nheld\tx\nmanual\tb" {
			t.Errorf("%v: it says %q", sh, marks.Out)
		}
	}
}

// TestLostLocks: of a file of locks those come back that are gone, whole, and the
// others stay as they are.
func TestLostLocks(t *testing.T) {
	const x, y, z = "[[packages]]\nname = \"x\"\n[[packages.conditions]]\nkey = \"evr\"\n", "[[packages]]\nname = \"y\"\n[[packages.conditions]]\nkey = \"evr\"\n", "[[packages]]\nname = \"z\"\n"
	for how, tt := range map[string]struct{ then, now, want string }{
		"line":      {"# a\nx-0:1-1.*\n!y\n", "# b\nz", "# b\nz\nx-0:1-1.*\n!y\n"},
		"block":     {"version = \"1.0\"\n\n" + x + "\n" + y, "version = \"1.0\"\n\n" + z + "\n" + x, "version = \"1.0\"\n\n" + z + "\n" + x + "\n" + strings.TrimSuffix(y, "\n") + "\n"},
		"paragraph": {"\ntype: package\nsolvable_name: x\n\ntype: package\nsolvable_name: y\n\n", "\ntype: package\nsolvable_name: y\n\n", "\ntype: package\nsolvable_name: y\n\n\ntype: package\nsolvable_name: x\n"},
		"gone":      {"x\n", "", "x\n"},
	} {
		for _, sh := range updatestest.Shells(t) {
			f := updatestest.NewHost(t)
			f.Command("dpkg-query", "exit 1")
			m := holder{name: "apt", dir: f.Dir, locks: how}
			args := map[string]string{"changes": "upgrade\ta\tall\t1\t2", "dir": filepath.Join(t.TempDir(), "p"), "lock_wait": "0"}
			f.Write("sizes", "1\n")
			f.Write("packages", "pkg\ta\tall\t1\tii \nheld\tx\n")
			f.Write("locks", tt.then)
			if _, rc := f.Run(sh, updates.KeepScript(m), args); rc != 0 {
				t.Fatalf("status %d", rc)
			}
			f.Write("packages", "pkg\ta\tall\t1\tii \n")
			f.Write("locks", tt.now)
			f.Run(sh, updates.RollbackScript(m), args)
			if got := f.Read("locks"); got != tt.want {
				t.Errorf("%v, %s:\n%q, want\n%q", sh, how, got, tt.want)
			}
		}
	}
}

// TestKeptAhead: what a staging has put aside of the old packages is in the point before
// the manager looks, and nothing else.
func TestKeptAhead(t *testing.T) {
	for _, sh := range updatestest.Shells(t) {
		f := updatestest.NewHost(t)
		ahead := filepath.Join(t.TempDir(), "ahead")
		if err := os.MkdirAll(filepath.Join(ahead, "packages"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a_1%3a1.0-1_all.deb", "a-1.0-1.noarch.rpm", "packages/a-1.0-1.noarch.rpm", "a-2.0-1.noarch.rpm", "ab-1.0-1.noarch.rpm", "b-1.0-1.rpm", "auto"} {
			if err := os.WriteFile(filepath.Join(ahead, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("/etc/passwd", filepath.Join(ahead, "a-1.0-1.link")); err != nil {
			t.Fatal(err)
		}
		f.Write("sizes", "1\n")
		f.Write("packages", "pkg\ta\tall\t1\tii \n")
		dir := filepath.Join(t.TempDir(), "p")
		f.Run(sh, updates.KeepScript(holder{name: "apt", dir: f.Dir}), map[string]string{"dir": dir, "ahead": ahead, "lock_wait": "0",
			"changes": "upgrade\ta\tall\t1:1.0-1\t2\ninstall\tb\tall\t-\t1.0-1\nupgrade\t../x\tall\t1\t2"})
		var got []string
		if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				got = append(got, strings.TrimPrefix(path, dir+"/"))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if want := "a-1.0-1.noarch.rpm a_1%3a1.0-1_all.deb manifest packages/a-1.0-1.noarch.rpm"; strings.Join(got, " ") != want {
			t.Errorf("%v: %q, want %q", sh, got, want)
		}
	}
}

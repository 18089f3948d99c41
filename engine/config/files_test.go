package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"patchwave/engine/config"
)

// mustFail loads a directory and requires one error with a text in it, about a
// file.
func mustFail(t *testing.T, dir, file, text string) {
	t.Helper()
	_, ds := config.Load(options(dir))
	for _, d := range ds {
		if d.Severity == "error" && d.Pos.File == file && strings.Contains(d.Summary+"; "+d.Detail, text) {
			return
		}
	}
	t.Errorf("no error about %q with %q, but %v", file, text, ds)
}

func TestTrust(t *testing.T) {
	me := os.Geteuid()
	tests := map[string]struct {
		spoil func(t *testing.T, dir string)
		file  string
		want  string
	}{
		"file writable by the world": {
			func(t *testing.T, dir string) { chmod(t, filepath.Join(dir, "main.hcl"), 0o602) },
			"main.hcl", "everybody can write it (mode 0602); run chmod o-w on it",
		},
		"directory writable by the world": {
			func(t *testing.T, dir string) { chmod(t, dir, 0o777) },
			"", "everybody can write it",
		},
		"folder writable by the world": {
			func(t *testing.T, dir string) { chmod(t, filepath.Join(dir, "sub"), 0o703) },
			"sub", "everybody can write it",
		},
		"file writable by another group": {
			func(t *testing.T, dir string) {
				root(t)
				path := filepath.Join(dir, "main.hcl")
				if err := os.Chown(path, me, 54321); err != nil {
					t.Fatal(err)
				}
				chmod(t, path, 0o660)
			},
			"main.hcl", "group 54321 can write it",
		},
		"file of another user": {
			func(t *testing.T, dir string) {
				root(t)
				if err := os.Chown(filepath.Join(dir, "main.hcl"), 54321, 0); err != nil {
					t.Fatal(err)
				}
			},
			"main.hcl", "it belongs to user 54321",
		},
		"other file writable by the world": {
			func(t *testing.T, dir string) { chmod(t, write(t, dir, "ca.pem", "x"), 0o666) },
			"ca.pem", "a file of the configuration directory cannot be trusted",
		},
		"unreadable file": {
			func(t *testing.T, dir string) {
				if err := os.Symlink("nowhere", filepath.Join(dir, "lost.hcl")); err != nil {
					t.Fatal(err)
				}
			},
			"lost.hcl", "no such file",
		},
		"named pipe": {
			func(t *testing.T, dir string) {
				if err := syscall.Mkfifo(filepath.Join(dir, "pipe.hcl"), 0o600); err != nil {
					t.Skip(err)
				}
			},
			"pipe.hcl", "it is not a regular file",
		},
		"large file": {
			func(t *testing.T, dir string) { write(t, dir, "large.hcl", strings.Repeat("# x\n", 2<<20+1)) },
			"large.hcl", "it is larger than 8 MiB; split it into several files",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := privateDir(t)
			write(t, dir, "main.hcl", minimal)
			write(t, dir, "sub/more.hcl", `host "b" { connection = connection.c }`)
			tt.spoil(t, dir)
			mustFail(t, dir, tt.file, tt.want)
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
}

// TestOwnGroup: a file may be writable by the owner's own group.
func TestOwnGroup(t *testing.T) {
	dir := privateDir(t)
	chmod(t, write(t, dir, "main.hcl", minimal), 0o660)
	if _, ds := config.Load(options(dir)); ds.HasErrors() && os.Getgid() == os.Getuid() {
		t.Error(ds.Err())
	}
}

func TestDirectory(t *testing.T) {
	t.Run("empty", func(t *testing.T) {
		dir := privateDir(t)
		write(t, dir, "notes.txt", "x")
		write(t, dir, "a.pwtest.hcl", "x")
		write(t, dir, ".hidden.hcl", "x")
		mustFail(t, dir, "", "holds no *.hcl and no *.hcl.json file; run `patchwave init`")
	})
	t.Run("missing", func(t *testing.T) {
		mustFail(t, filepath.Join(t.TempDir(), "none"), "", "no such file")
	})
	t.Run("a file", func(t *testing.T) {
		mustFail(t, write(t, privateDir(t), "main.hcl", ""), "", "is a file; name the directory that holds it with -C")
	})
}

// TestLinks: links to files are read, links to directories are not followed, so
// that one in a circle does no harm.
func TestLinks(t *testing.T) {
	elsewhere := privateDir(t)
	write(t, elsewhere, "linked.txt", `host "linked" { connection = connection.c }`)
	write(t, elsewhere, "more/not.hcl", `host "not" { connection = connection.c }`)
	dir := privateDir(t)
	write(t, dir, "main.hcl", minimal)
	for to, from := range map[string]string{
		"linked.hcl": filepath.Join(elsewhere, "linked.txt"),
		"more":       filepath.Join(elsewhere, "more"),
		"circle":     dir,
	} {
		if err := os.Symlink(from, filepath.Join(dir, to)); err != nil {
			t.Fatal(err)
		}
	}
	cfg, ds := config.Load(options(dir))
	if err := ds.Err(); err != nil {
		t.Fatal(err)
	}
	inv, _, _ := cfg.Resolve(nil)
	if inv.Host("linked") == nil || inv.Host("not") != nil || len(inv.Hosts) != 2 {
		t.Errorf("%d hosts", len(inv.Hosts))
	}
	chmod(t, filepath.Join(elsewhere, "linked.txt"), 0o666)
	mustFail(t, dir, "linked.hcl", "everybody can write it")
}

// TestFileFunction: file() stays inside, and what it reads is trusted too.
func TestFileFunction(t *testing.T) {
	outside := write(t, privateDir(t), "outside.txt", "x")
	dir := privateDir(t)
	write(t, dir, "data/name.txt", "10.0.0.1")
	write(t, dir, "data/bad.txt", "\xff")
	loose := write(t, dir, ".loose", "x")
	chmod(t, loose, 0o666)
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("data/name.txt", filepath.Join(dir, "in")); err != nil {
		t.Fatal(err)
	}
	with := func(path string) {
		write(t, dir, "main.hcl", fmt.Sprintf("%s\nhost \"f\" {\n  connection = connection.c\n  address = file(%q)\n}", minimal, path))
	}
	for _, path := range []string{"data/name.txt", "./data/../data/name.txt", "in"} {
		with(path)
		cfg, ds := config.Load(options(dir))
		if err := ds.Err(); err != nil {
			t.Fatal(err)
		}
		inv, _, _ := cfg.Resolve(nil)
		if got := inv.Host("f").Address; got != "10.0.0.1" {
			t.Errorf("%s: %q", path, got)
		}
	}
	for path, want := range map[string]string{
		"out":          "file() failed",
		"../main.hcl":  "file() failed",
		outside:        "Only files inside the configuration directory can be read",
		"data":         "it is not a regular file",
		"data/bad.txt": "is not text in UTF-8",
		".loose":       "everybody can write it",
		"~/x":          "Only files inside",
	} {
		with(path)
		mustFail(t, dir, "main.hcl", want)
	}
}

func TestFindDir(t *testing.T) {
	t.Chdir(t.TempDir())
	dir := t.TempDir()
	env := func(string) (string, bool) { return dir, true }
	if got, err := config.FindDir(dir, nil); got != dir || err != nil {
		t.Errorf("flag: %q, %v", got, err)
	}
	if got, err := config.FindDir("", env); got != dir || err != nil {
		t.Errorf("environment: %q, %v", got, err)
	}
	if _, err := config.FindDir("none", env); err == nil || !strings.Contains(err.Error(), "patchwave init none") {
		t.Errorf("flag wins: %v", err)
	}
	file := write(t, privateDir(t), "x", "")
	if _, err := config.FindDir(file, nil); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Errorf("file: %v", err)
	}
	if _, err := os.Stat("/etc/patchwave"); os.IsNotExist(err) {
		if _, err := config.FindDir("", nil); err == nil || !strings.Contains(err.Error(), "no configuration found") {
			t.Errorf("nothing: %v", err)
		}
	}
	if err := os.Mkdir("patchwave.d", 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := config.FindDir("", nil); got != "patchwave.d" || err != nil {
		t.Errorf("here: %q, %v", got, err)
	}
}

func TestDigest(t *testing.T) {
	digest := func(change func(dir string, opt *config.Options)) string {
		dir := privateDir(t)
		write(t, dir, "main.hcl", "variable \"v\" {\n  default = \"x\"\n}\nlocals {\n  f = file(\"data.txt\")\n  e = env(\"FLEET\")\n}\n"+minimal)
		write(t, dir, "data.txt", "data")
		opt := options(dir)
		change(dir, &opt)
		cfg, ds := config.Load(opt)
		if err := ds.Err(); err != nil {
			t.Fatal(err)
		}
		return cfg.Digest
	}
	text := func(s string) func(string, *config.Options) {
		return func(dir string, _ *config.Options) {
			old, err := os.ReadFile(filepath.Join(dir, "main.hcl"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, "main.hcl", strings.Replace(string(old), minimal, s, 1))
		}
	}
	base := digest(text(minimal))
	if len(base) != 64 {
		t.Fatalf("digest %q", base)
	}
	same := map[string]func(string, *config.Options){
		"again":      text(minimal),
		"comment":    text("# a comment\n" + strings.Replace(minimal, "policy", "/* more */ policy", 1) + "// the end"),
		"layout":     text(strings.ReplaceAll(strings.ReplaceAll(minimal, " = ", "  =   "), "\n", "\n\n")),
		"line ends":  text(strings.ReplaceAll(minimal, "\n", "\r\n")),
		"other file": func(dir string, _ *config.Options) { write(t, dir, "README", "x") },
	}
	for name, change := range same {
		if got := digest(change); got != base {
			t.Errorf("%s changes the digest", name)
		}
	}
	different := map[string]func(string, *config.Options){
		"word":        text(strings.Replace(minimal, `["*"]`, `["x"]`, 1)),
		"space":       text(strings.Replace(minimal, `["*"]`, `[" *"]`, 1)),
		"variable":    func(_ string, o *config.Options) { o.Vars = map[string]string{"v": "y"} },
		"environment": func(_ string, o *config.Options) { o.Env = func(string) (string, bool) { return "green", true } },
		"file":        func(dir string, _ *config.Options) { write(t, dir, "data.txt", "other") },
		"more":        func(dir string, _ *config.Options) { write(t, dir, "more.hcl", `group "g" { where = true }`) },
		"name":        func(dir string, _ *config.Options) { _ = os.Rename(dir+"/main.hcl", dir+"/other.hcl") },
	}
	seen := map[string]string{base: "the base"}
	for name, change := range different {
		got := digest(change)
		if other, taken := seen[got]; taken {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[got] = name
	}
}

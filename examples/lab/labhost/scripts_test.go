package labhost

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestScriptsAreShell(t *testing.T) {
	dir := t.TempDir()
	if err := writeScripts(dir); err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.sh"))
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d scripts, %v", len(paths), err)
	}
	for _, path := range paths {
		if out, err := exec.CommandContext(t.Context(), "/bin/sh", "-n", path).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(path), err, out)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// Every flavour needs its three scripts.
func TestScriptsForEveryFlavour(t *testing.T) {
	for _, f := range Flavours() {
		for _, name := range []string{"prepare-" + string(f) + ".sh", "repo-" + f.repository() + ".sh"} {
			if _, err := scriptFiles.Open("scripts/" + name); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestRecipe(t *testing.T) {
	seen := map[string]string{}
	for name, inputs := range map[string][]string{
		"one":             {"", "base.sh"},
		"another":         {"", "layer.sh"},
		"both":            {"", "base.sh", "layer.sh"},
		"other order":     {"", "layer.sh", "base.sh"},
		"another machine": {"x", "base.sh"},
	} {
		key, err := recipe(inputs[0], inputs[1:]...)
		if err != nil || len(key) != 12 {
			t.Fatalf("%s: %q, %v", name, key, err)
		}
		if other, ok := seen[key]; ok {
			t.Errorf("%s and %s have one recipe", name, other)
		}
		seen[key] = name
		if again, _ := recipe(inputs[0], inputs[1:]...); again != key {
			t.Errorf("%s: another recipe the second time", name)
		}
	}
	if _, err := recipe("", "missing.sh"); err == nil {
		t.Error("a missing script has a recipe")
	}
}

func TestFlavour(t *testing.T) {
	if !Zypper.valid() || Flavour("yum").valid() || Flavour("").valid() {
		t.Error("which flavours there are")
	}
	if Dnf.repository() != "rpm" || Apt.repository() != "apt" {
		t.Error("which repositories they read")
	}
}

func TestLimitedOutput(t *testing.T) {
	var l limited
	block := []byte(strings.Repeat("x", 1<<20))
	for range 20 {
		if n, err := l.Write(block); n != len(block) || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	if l.Len() != outputLimit {
		t.Errorf("kept %d bytes", l.Len())
	}
}

func TestCapture(t *testing.T) {
	run := (*exec.Cmd).Run
	r, err := capture(exec.CommandContext(t.Context(), "/bin/sh", "-c", "echo out; echo err >&2; exit 7"), run)
	if err != nil || r.Stdout != "out\n" || r.Stderr != "err\n" || r.ExitCode != 7 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := capture(exec.CommandContext(t.Context(), "/bin/sh", "-c", "kill -KILL $$"), run); err != nil || r.ExitCode != -1 {
		t.Errorf("killed: %+v, %v", r, err)
	}
	if r, err := capture(exec.CommandContext(t.Context(), "/nonexistent"), run); err == nil {
		t.Errorf("what is not there ran: %+v", r)
	}
}

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
)

func sourceApp(t *testing.T) (*app, config.SourceCommand, *bytes.Buffer) {
	t.Helper()
	dir := t.TempDir()
	var errs bytes.Buffer
	a := newApp(strings.NewReader(""), io.Discard, &errs)
	a.now = func() time.Time { return time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC) }
	a.flags.db = filepath.Join(dir, "patchwave.db")
	return a, config.SourceCommand{Name: "cloud", Command: []string{"sh", "-c", "echo hosts; echo warning >&2"}, Dir: dir}, &errs
}

func TestSourcesAreKept(t *testing.T) {
	a, c, errs := sourceApp(t)
	if _, _, err := a.keptSources(c); !errors.Is(err, config.ErrNoOutput) {
		t.Fatalf("before the first run: %v", err)
	}
	out, at, err := a.freshSources(t.Context())(c)
	if err != nil || string(out) != "hosts\n" || !at.Equal(a.now()) {
		t.Fatalf("%q at %v, %v", out, at, err)
	}
	out, at, err = a.keptSources(c)
	if err != nil || string(out) != "hosts\n" || !at.Equal(a.now()) {
		t.Errorf("%q at %v, %v", out, at, err)
	}
	if !strings.Contains(errs.String(), "source cloud: what its command printed just now is used") {
		t.Errorf("said %q", errs)
	}
	info, err := os.Stat(a.sourceFile(c))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	// What another command printed is not what this one would.
	c.Command = []string{"sh", "-c", "echo others"}
	if _, _, err := a.quietSources(c); !errors.Is(err, config.ErrNoOutput) {
		t.Errorf("another command: %v", err)
	}
	if err := os.WriteFile(a.sourceFile(c), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.quietSources(c); !errors.Is(err, config.ErrNoOutput) {
		t.Errorf("a file that is none of ours: %v", err)
	}
}

func TestSourcesFail(t *testing.T) {
	for script, want := range map[string]string{
		"echo no >&2; exit 3":        "exit status 3; it said: no",
		"exit 4":                     "exit status 4",
		"head -c 40000000 /dev/zero": "printed more than 32 MiB",
		"head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1": strings.Repeat("x", maxComplaint),
	} {
		a, c, _ := sourceApp(t)
		c.Command = []string{"sh", "-c", script}
		out, _, err := a.freshSources(t.Context())(c)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > maxComplaint+200 {
			t.Errorf("%s: %d bytes, %v", script, len(out), err)
		}
		if _, err := os.Stat(a.sourceFile(c)); !os.IsNotExist(err) {
			t.Errorf("%s: something was kept: %v", script, err)
		}
	}
	a, c, _ := sourceApp(t)
	c.Command = []string{"./none"}
	if _, _, err := a.freshSources(t.Context())(c); err == nil {
		t.Error("a program that is not there runs")
	}
}

func TestSourceFile(t *testing.T) {
	a, c, _ := sourceApp(t)
	a.flags.db, c.Database = "", "/var/lib/patchwave/patchwave.db"
	if got := a.sourceFile(c); got != "/var/lib/patchwave/patchwave.db.sources/cloud.out" {
		t.Error(got)
	}
	a.env = func(name string) (string, bool) { return "/state", name == "XDG_STATE_HOME" }
	c.Database = ""
	if got := a.sourceFile(c); !strings.HasSuffix(got, "patchwave.db.sources/cloud.out") {
		t.Error(got)
	}
}

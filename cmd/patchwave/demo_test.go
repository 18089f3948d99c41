package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/engine/journal"
)

// demoApp is the program with machines that hurry.
func demoApp() (a *app, out, errw *bytes.Buffer) {
	out, errw = &bytes.Buffer{}, &bytes.Buffer{}
	a = newApp(strings.NewReader(""), out, errw)
	a.pollEvery, a.simTime = 20*time.Millisecond, 50*time.Millisecond
	return a, out, errw
}

// TestDemo plays the whole demonstration in this process.
func TestDemo(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	a, out, errw := demoApp()
	dir := filepath.Join(t.TempDir(), "demo")
	if code := a.execute(ctx, []string{"demo", "--dir", dir}); code != exitOK {
		t.Fatalf("exit status %d\n%s\n%s", code, out, errw)
	}
	r := demoRun(t, dir)
	want := map[string]journal.State{"web-07": journal.RolledBack, "cache-02": journal.Unreachable, "iis-03": journal.Failed}
	reboots := 0
	for _, h := range r.Hosts {
		state := journal.Done
		if w, ok := want[h.Name]; ok {
			state = w
		}
		if h.State != state {
			t.Errorf("%s is %s: %+v", h.Name, h.State, h.Fault)
		}
		reboots += h.Reboots
	}
	if len(r.Hosts) != 24 || r.State != "finished" || reboots == 0 {
		t.Errorf("%d hosts, %d reboots, the run is %s", len(r.Hosts), reboots, r.State)
	}
	for _, text := range []string{"24 simulated machines", "That was the whole cycle.", "1. The configuration is checked", "web-07", "cannot reach",
		"KB5068787: it was installed before the reboot and is gone after it: the host took it back"} {
		if !strings.Contains(out.String(), text) {
			t.Errorf("the output does not say %q", text)
		}
	}
	if strings.ContainsAny(out.String()+errw.String(), "\x1b\r") {
		t.Error("there are escapes in the output")
	}
	for _, name := range []string{"id_ed25519", "known_hosts", "windows.pass", "inventory.hcl", "policies.hcl", "patchwave.db"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
}

// demoRun reads the run of the demonstration from its journal.
func demoRun(t *testing.T, dir string) *journal.Run {
	t.Helper()
	a, _, _ := demoApp()
	a.flags.db = filepath.Join(dir, "patchwave.db")
	st, err := a.openStore(t.Context(), nil, existing)
	if err != nil {
		t.Fatal(err)
	}
	r, err := loadRun(t.Context(), st, "")
	if err = joinClose(err, st); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDemoElsewhere: a directory that holds something is left as it is.
func TestDemoElsewhere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "mine")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, _, errw := demoApp()
	if code := a.execute(t.Context(), []string{"demo", "--dir", dir}); code != exitUsage || !strings.Contains(errw.String(), "is not empty") {
		t.Errorf("exit status %d: %s", code, errw)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v: %v", entries, err)
	}
}

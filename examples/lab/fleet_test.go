//go:build lab

package lab_test

import (
	"encoding/json"
	"testing"

	"patchwave/examples/lab/labhost"
)

// fleet is one lab with a host of each flavour, and one without systemd.
type fleet struct {
	lab   *labhost.Lab
	hosts map[string]*labhost.Host
	dir   string // the configuration
}

// newFleet boots the hosts and writes a configuration with the given policies.
func newFleet(t *testing.T, policies string) fleet {
	t.Helper()
	f := fleet{lab: labhost.Start(t), hosts: map[string]*labhost.Host{}, dir: t.TempDir()}
	for _, flavour := range labhost.Flavours() {
		f.hosts[string(flavour)] = f.lab.Host(t, string(flavour), flavour)
	}
	f.hosts["plain"] = f.lab.Host(t, "plain", labhost.Apt, labhost.Plain())
	if err := f.lab.WriteConfig(f.dir, labhost.Config{Policies: policies}, f.lab.Hosts()...); err != nil {
		t.Fatal(err)
	}
	return f
}

// patchwave runs it and wants the exit code.
func (f fleet) patchwave(t *testing.T, exit int, args ...string) labhost.Result {
	t.Helper()
	r, err := f.lab.Patchwave(t.Context(), f.dir, args...)
	if err != nil {
		t.Fatalf("patchwave %q: %v", args, err)
	}
	t.Logf("patchwave %q: %.1fs", args, r.Duration.Seconds())
	if r.ExitCode != exit {
		t.Fatalf("patchwave %q ended with %d, want %d\n%s\n%s", args, r.ExitCode, exit, r.Stdout, r.Stderr)
	}
	return r
}

// decode reads a document that patchwave printed.
func decode[T any](t *testing.T, r labhost.Result) T {
	t.Helper()
	var document T
	if err := json.Unmarshal([]byte(r.Stdout), &document); err != nil {
		t.Fatalf("patchwave printed no JSON: %v\n%s", err, r.Stdout)
	}
	return document
}

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchwave/engine/config"
	"patchwave/inventory"
	"patchwave/policies"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestPolicyTestFixtures holds the diagnostics of test files against the comments
// in them.
func TestPolicyTestFixtures(t *testing.T) {
	for _, name := range []string{"good", "wrong"} {
		t.Run(name, func(t *testing.T) {
			dir, want := fixture(t, filepath.Join("testdata", "tests", name))
			tests, got := config.LoadTests(options(dir))
			compare(t, got, want)
			if (len(tests) > 0) != (name == "good") {
				t.Errorf("%d tests", len(tests))
			}
		})
	}
}

func TestPolicyTests(t *testing.T) {
	dir, _ := fixture(t, "testdata/tests/good")
	tests, ds := config.LoadTests(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	want := []config.PolicyTest{{
		Name: "a kernel waits for the new year", Now: time.Date(2026, 12, 20, 2, 0, 0, 0, berlin),
		Hosts: []config.TestHost{
			{
				Name:   "web-01",
				Facts:  &inventory.Facts{OS: inventory.OS{Family: "debian"}, Kernel: "6.1.0", PackageManager: "apt", RebootRequired: true, Virtual: "kvm"},
				Labels: inventory.Labels{"role": "web"},
				Updates: []config.TestUpdate{
					{Update: inventory.Update{
						Name: "linux-image-amd64", To: "6.1.99", Classification: inventory.Security, Severity: inventory.Critical,
						Origins: []string{}, Advisories: []string{}, CVEs: []string{}, KBs: []string{},
					}},
					{Update: inventory.Update{
						Name: "nginx", To: "1.24.1", From: "1.24.0", Arch: "amd64", Source: "nginx", Classification: inventory.OtherClass,
						Severity: inventory.UnknownSeverity, Origins: []string{}, Advisories: []string{"DSA-1"},
						CVEs: []string{"CVE-2026-12344", "CVE-2026-12345"}, KBs: []string{}, Size: 2 << 20, Reboot: true,
						BlockedBy: inventory.BlockedHeld, Published: time.Date(2026, 12, 19, 0, 0, 0, 0, berlin),
					}, FirstSeen: time.Date(2026, 12, 19, 3, 0, 0, 0, time.UTC), KnownExploited: true},
				},
			},
			{Name: "web-02"},
		},
		Expects: []config.Expectation{
			{Host: "web-01", Update: "linux-image-amd64", Decision: policies.Held, Rule: "kernel-freeze", Policy: "web",
				Until: time.Date(2027, 1, 8, 23, 59, 59, 999999999, berlin), UntilDay: true},
			{Host: "web-01", Update: "nginx", Version: "1.24.1", Decision: policies.Blocked, Until: time.Date(2026, 12, 22, 0, 0, 0, 0, berlin)},
		},
	}}
	if diff := cmp.Diff(want, tests, cmpopts.IgnoreTypes(inventory.Position{})); diff != "" {
		t.Error(diff)
	}
	if at := tests[0].Expects[0].Pos; at.File != "a.pwtest.hcl" || at.Line == 0 {
		t.Errorf("place %+v", at)
	}
}

// TestTestsAreTrusted: a test file that others can write is refused, as any file
// of the configuration.
func TestTestsAreTrusted(t *testing.T) {
	dir, _ := fixture(t, "testdata/tests/good")
	cfg, ds := config.Load(options(dir))
	if len(ds) > 0 {
		t.Fatal(ds)
	}
	if err := os.Chmod(filepath.Join(dir, "a.pwtest.hcl"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests, ds := cfg.Tests()
	if len(tests) > 0 || !ds.HasErrors() || !strings.Contains(ds[0].String(), "a test file cannot be used") {
		t.Errorf("%v, %v", tests, ds)
	}
}

// TestTestsOfNothing: no test file is no error; a configuration with errors has no
// tests.
func TestTestsOfNothing(t *testing.T) {
	dir := privateDir(t)
	write(t, dir, "main.hcl", minimal)
	if tests, ds := config.LoadTests(options(dir)); len(tests) > 0 || ds.HasErrors() {
		t.Errorf("%v, %v", tests, ds)
	}
	write(t, dir, "b.pwtest.hcl", "test \"x\" {")
	cfg, ds := config.Load(options(dir))
	if ds.HasErrors() {
		t.Fatalf("a test file is read with the configuration: %v", ds)
	}
	if tests, ds := cfg.Tests(); len(tests) > 0 || !ds.HasErrors() {
		t.Errorf("%v, %v", tests, ds)
	}
	write(t, dir, "wrong.hcl", "nonsense = 1")
	if tests, ds := config.LoadTests(options(dir)); len(tests) > 0 || !ds.HasErrors() {
		t.Errorf("%v, %v", tests, ds)
	}
}

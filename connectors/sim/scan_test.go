package sim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// observe scans a machine with the real scanner.
func observe(t *testing.T, s connectors.Session, req scan.Request) scan.Answer {
	t.Helper()
	req.Host, req.Become = "m1", true
	return scan.Observe(t.Context(), s, managers(), req, time.Now())
}

// assorted is a machine with one update of each kind.
func assorted() sim.Machine {
	return sim.Machine{
		Packages: append(sim.Base(), sim.Package{Name: "held", Version: "1", Held: true}, sim.Package{Name: "phased", Version: "1"},
			sim.Package{Name: "wants-new", Version: "1"}, sim.Package{Name: "behind-held", Version: "1"}, sim.Package{Name: "conflicts", Version: "1"},
			sim.Package{Name: "victim", Version: "1", Arch: "all"}, sim.Package{Name: "vendored", Version: "1"},
			sim.Package{Name: "interim", Version: "1"}, sim.Package{Name: "foreign", Arch: "i386", Version: "1:2~rc1"}),
		Updates: []sim.Offer{
			{Name: "openssl", Version: "3.0.18-1~deb12u1", Size: 1437000, From: []sim.Origin{sim.Security()}, Needs: []string{"libssl3=3.0.18-1~deb12u1"}},
			{Name: "libssl3", Version: "3.0.18-1~deb12u1", Source: "openssl", Size: 2034000, From: []sim.Origin{sim.Security()}},
			{Name: "tzdata", Arch: "all", Version: "2026b-0+deb12u1", Size: 296000, From: []sim.Origin{sim.Updates()}},
			{Name: "libc6", Version: "2.36-9+deb12u13", Source: "glibc", Size: 2700000},
			{Name: "held", Version: "2", Size: 1},
			{Name: "phased", Version: "2", Size: 1, Phased: 10},
			{Name: "wants-new", Version: "2", Size: 1, Needs: []string{"brand-new"}},
			{Name: "brand-new", Version: "1", Size: 1},
			{Name: "behind-held", Version: "2", Size: 1, Needs: []string{"held=2"}},
			{Name: "conflicts", Version: "2", Size: 1, Removes: []string{"victim"}},
			{Name: "vendored", Version: "2", Size: 1, From: []sim.Origin{{Location: "https://v.example/apt stable/main amd64 Packages", Label: "V, Inc", Archive: "stable"}}},
			{Name: "interim", Version: "2", Size: 1, From: []sim.Origin{sim.Security()}},
			{Name: "interim", Version: "3", Size: 1},
			{Name: "foreign", Arch: "i386", Version: "1:2", Source: "foreign-src (7)", Size: 1},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}},
	}
}

func TestScanSeesWhatWasPutIn(t *testing.T) {
	w, s := one(t, assorted())
	a := observe(t, s, scan.Request{Names: []string{"openssl", "foreign", "brand-new"}})
	if a.State != inventory.ScanOK || a.Problem != nil || len(a.Notes) > 0 {
		t.Fatalf("state %s, problem %+v, notes %q", a.State, a.Problem, a.Notes)
	}
	const main, updatesSuite, security = "Debian:12.15/oldstable", "Debian:12-updates/oldstable-updates", "Debian-Security:12/oldstable-security"
	up := func(name, arch, from, to, origin string, edit func(*inventory.Update)) inventory.Update {
		u := inventory.Update{Name: name, Arch: arch, From: from, To: to, Source: name, SourceVersion: to, Origins: []string{origin},
			Classification: inventory.OtherClass, Severity: "unknown", Advisories: []string{}, CVEs: []string{}, KBs: []string{}, Size: 1}
		if origin == security {
			u.Classification = inventory.Security
		}
		if edit != nil {
			edit(&u)
		}
		return u
	}
	blocked := func(by inventory.BlockedBy) func(*inventory.Update) {
		return func(u *inventory.Update) { u.BlockedBy = by }
	}
	want := []inventory.Update{
		up("behind-held", "amd64", "1", "2", main, blocked(inventory.BlockedKeptBack)),
		up("conflicts", "amd64", "1", "2", main, blocked(inventory.BlockedKeptBack)),
		up("foreign", "i386", "1:2~rc1", "1:2", main, func(u *inventory.Update) { u.Source, u.SourceVersion = "foreign-src", "7" }),
		up("held", "amd64", "1", "2", main, blocked(inventory.BlockedHeld)),
		up("interim", "amd64", "1", "3", main, func(u *inventory.Update) { u.Classification = inventory.Security }),
		up("libc6", "amd64", "2.36-9+deb12u10", "2.36-9+deb12u13", main, func(u *inventory.Update) {
			u.Source, u.Size, u.Reboot, u.RebootSource = "glibc", 2700000, true, "published-list"
		}),
		up("libssl3", "amd64", "3.0.17-1~deb12u2", "3.0.18-1~deb12u1", security, func(u *inventory.Update) { u.Source, u.Size = "openssl", 2034000 }),
		up("openssl", "amd64", "3.0.17-1~deb12u2", "3.0.18-1~deb12u1", security, func(u *inventory.Update) { u.Size = 1437000 }),
		up("phased", "amd64", "1", "2", main, blocked(inventory.BlockedPhased)),
		up("tzdata", "all", "2025b-0+deb12u1", "2026b-0+deb12u1", updatesSuite, func(u *inventory.Update) { u.Size = 296000 }),
		up("vendored", "amd64", "1", "2", "V, Inc:stable", nil),
		up("wants-new", "amd64", "1", "2", main, blocked(inventory.BlockedKeptBack)),
	}
	if diff := cmp.Diff(want, a.Updates); diff != "" {
		t.Error(diff)
	}
	installed := []updates.Installed{
		{Name: "foreign", Arch: "i386", Version: "1:2~rc1", State: "ok"},
		{Name: "openssl", Arch: "amd64", Version: "3.0.17-1~deb12u2", State: "ok"},
	}
	if diff := cmp.Diff(installed, a.Installed); diff != "" {
		t.Error(diff)
	}
	checkFacts(t, a.Facts, w.host().Snapshot())
}

func checkFacts(t *testing.T, f inventory.Facts, s sim.Snapshot) {
	t.Helper()
	if f.OS != (inventory.OS{Family: "debian", Name: "debian", Version: "12"}) || f.PackageManager != "apt" || !f.Systemd ||
		f.BootID != s.BootID || f.Kernel != s.Kernel || f.Arch != "x86_64" || f.Virtual != "kvm" || f.RebootRequired {
		t.Errorf("facts %+v", f)
	}
	if f.DiskFree["/"] != 15<<30 || f.Uptime < 39*24*time.Hour || f.ClockSkew.Abs() > 2*time.Second {
		t.Errorf("facts %+v", f)
	}
}

func TestFactsOnly(t *testing.T) {
	_, s := one(t, sim.Machine{})
	o := scan.Facts(t.Context(), s, managers(), "m1", time.Now())
	if o.State != inventory.ScanOK || o.Facts.BootID == "" || o.Updates != nil {
		t.Errorf("%+v", o)
	}
}

func TestRefresh(t *testing.T) {
	w, s := one(t, sim.Machine{IndexAge: 30 * time.Minute})
	w.host().Publish(sim.Offer{Name: "curl", Version: "9"})
	for _, tt := range []struct {
		refresh scan.Refresh
		edit    func(*sim.Faults)
		state   inventory.ScanState
		updates int
		total   int
	}{
		{scan.RefreshNever, nil, inventory.ScanOK, 0, 0},
		{scan.RefreshAuto, nil, inventory.ScanOK, 0, 0},
		{scan.RefreshAlways, func(f *sim.Faults) { f.StaleIndex = true }, inventory.ScanStale, 0, 0},
		{scan.RefreshAlways, func(f *sim.Faults) { f.DiskFull = true }, inventory.ScanStale, 0, 0},
		{scan.RefreshAlways, nil, inventory.ScanOK, 1, 1},
		{scan.RefreshAuto, nil, inventory.ScanOK, 1, 1},
	} {
		var f sim.Faults
		if tt.edit != nil {
			tt.edit(&f)
		}
		w.host().SetFaults(f)
		a := observe(t, s, scan.Request{Refresh: tt.refresh})
		if a.State != tt.state || len(a.Updates) != tt.updates || w.host().Snapshot().Refreshes != tt.total {
			t.Errorf("%s %+v: state %s, %d updates, problem %+v, %d refreshes", tt.refresh, f, a.State, len(a.Updates), a.Problem, w.host().Snapshot().Refreshes)
		}
	}
}

func TestScanOfTroubledMachines(t *testing.T) {
	for _, tt := range []struct {
		name string
		m    sim.Machine
		code string
		word string
	}{
		{"no index", sim.Machine{IndexAge: -1, Faults: sim.Faults{StaleIndex: true}}, "exit", "no package index"},
		{"interrupted", sim.Machine{Faults: sim.Faults{Interrupted: true}}, "interrupted", "dpkg --configure -a"},
		{"at work", sim.Machine{Faults: sim.Faults{Interrupted: true, AptLock: "unattended-upgr"}}, "locked", "unattended-upgr"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, s := one(t, tt.m)
			a := observe(t, s, scan.Request{})
			if a.State != inventory.ScanFailed || a.Problem == nil || a.Problem.Code != tt.code || !strings.Contains(a.Problem.Message, tt.word) {
				t.Errorf("%s %+v", a.State, a.Problem)
			}
		})
	}
}

func TestClockSkew(t *testing.T) {
	_, s := one(t, sim.Machine{ClockSkew: -time.Hour})
	a := observe(t, s, scan.Request{})
	if (a.Facts.ClockSkew+time.Hour).Abs() > 5*time.Second || len(a.Notes) == 0 {
		t.Errorf("skew %s, notes %q", a.Facts.ClockSkew, a.Notes)
	}
}

// TestFramesAreThoseOfARealHost compares the frames of an answer with those
// that were captured from apt 2.6 on Debian 12.
func TestFramesAreThoseOfARealHost(t *testing.T) {
	_, s := one(t, assorted())
	asked := scan.Script(managers())
	a, err := script.Run(t.Context(), s, asked, map[string]string{"managers": "apt", "refresh": "always", "max_age": "0", "names": "curl"},
		script.Options{Host: "m1", Command: connectors.Command{Become: true}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range a.Frames {
		if strings.HasPrefix(f.Name, "apt.") {
			got = append(got, f.Name)
		}
	}
	captured, err := os.ReadFile(filepath.Join("..", "..", "engine", "updates", "apt", "testdata", "scan-apt2.6.txt"))
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, _ := strings.Cut(string(captured), "\n-- stderr --\n")
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^@@00ff BEGIN (\S+)$`).FindAllStringSubmatch(stdout, -1) {
		want = append(want, m[1])
	}
	want = slices.DeleteFunc(want, func(s string) bool { return s == "apt.age" }) // the test asked for that itself
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHostileMachineIsRead(t *testing.T) {
	m := assorted()
	m.Faults.Hostile = true
	_, s := one(t, m)
	a := observe(t, s, scan.Request{Refresh: scan.RefreshAlways})
	if a.State != inventory.ScanOK || len(a.Updates) != 12 {
		t.Errorf("state %s, %d updates, %+v", a.State, len(a.Updates), a.Problem)
	}
	if len(a.Notes) == 0 {
		t.Error("what the machine says was hostile, and nobody noticed")
	}
}

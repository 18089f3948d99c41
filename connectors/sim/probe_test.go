package sim_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/engine/health"
	"patchwave/engine/journal"
	"patchwave/policies"
)

func addr(t connectors.Target) string { return net.JoinHostPort(t.Address, strconv.Itoa(t.Port)) }

func TestProbes(t *testing.T) {
	_, s := one(t, sim.Machine{Services: []sim.Service{{Name: "nginx", Port: 80}, {Name: "old", Port: 81, Stopped: true}},
		Commands: map[string]sim.Reply{"curl -fsS http://localhost/ >/dev/null": {}, "/opt/check": {Out: "3 errors\n", RC: 4}}})
	p := health.Prober{Session: s, Host: "m1"}
	for _, tt := range []struct {
		probe  policies.Probe
		ok     bool
		detail string
	}{
		{policies.Probe{Kind: policies.ProbeService, Name: "nginx"}, true, "active"},
		{policies.Probe{Kind: policies.ProbeService, Name: "nginx.service"}, true, "active"},
		{policies.Probe{Kind: policies.ProbeService, Name: "old"}, false, "exit status 3 inactive"},
		{policies.Probe{Kind: policies.ProbeService, Name: "old", State: "stopped"}, true, "exit status 3 inactive"},
		{policies.Probe{Kind: policies.ProbeService, Name: "nosuch"}, false, "exit status 3 inactive"},
		{policies.Probe{Kind: policies.ProbeTCP, Name: "web", Port: 80, On: "host"}, true, ""},
		{policies.Probe{Kind: policies.ProbeTCP, Name: "ssh", Port: 22, On: "host"}, true, ""},
		{policies.Probe{Kind: policies.ProbeTCP, Name: "old", Port: 81, On: "host"}, false, "exit status 1"},
		{policies.Probe{Kind: policies.ProbeCommand, Name: "c", Run: "curl -fsS http://localhost/ >/dev/null"}, true, ""},
		{policies.Probe{Kind: policies.ProbeCommand, Name: "c", Run: "/opt/check"}, false, "exit status 4 3 errors"},
	} {
		res, err := p.Run(t.Context(), tt.probe)
		if err != nil || res.OK != tt.ok || res.Detail != tt.detail {
			t.Errorf("%+v: %+v %v", tt.probe, res, err)
		}
	}
}

// TestHealth: the fingerprint is that of the machine, and stays so.
func TestHealth(t *testing.T) {
	_, s := one(t, sim.Machine{Services: []sim.Service{{Name: "nginx", Port: 80}, {Name: "old", Port: 81, Stopped: true}},
		Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1"})})
	p := health.Prober{Session: s, Host: "m1"}
	before, err := p.Fingerprint(t.Context(), policies.HealthParts(), "dpkg")
	if err != nil || before.Err() != nil {
		t.Fatalf("%v, %v", err, before.Err())
	}
	before.BootID = ""
	want := journal.HealthData{Init: "systemd", Manager: "dpkg", Services: []string{"nginx", "ssh"}, Listeners: []string{"tcp/22", "tcp/80"},
		Mounts: []string{"/"}, FailedUnits: []string{}, BrokenPackages: []string{}, Kernel: before.Kernel, Kernels: []string{before.Kernel},
		Routes: []string{"10.0.2.0/24", "default"}, Time: "yes"}
	if diff := cmp.Diff(want, before.HealthData); diff != "" {
		t.Error(diff)
	}
	same, err := p.Unchanged(t.Context(), health.Comparison{Before: before.HealthData, Parts: policies.HealthParts()})
	if err != nil || len(same) != len(policies.HealthParts()) {
		t.Fatalf("%+v, %v", same, err)
	}
	for _, r := range same {
		if !r.OK {
			t.Errorf("%+v", r)
		}
	}
}

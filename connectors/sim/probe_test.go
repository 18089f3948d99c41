package sim_test

import (
	"net"
	"strconv"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/engine/health"
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

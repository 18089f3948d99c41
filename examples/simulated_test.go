package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/connectors/ssh"
	"patchwave/engine/plan"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/inventory"
)

// simulated is an example with a simulated machine, behind real SSH, for each of
// its hosts. On each a library waits for an update, and a kernel for one that
// needs a reboot.
type simulated struct {
	*example
	dialer *ssh.Dialer
}

// simulate starts the machines; those named in off are not there.
func simulate(t *testing.T, e *example, off ...string) *simulated {
	t.Helper()
	fleet, err := sim.NewFleet(sim.Options{SharedHostKey: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	dir := t.TempDir()
	key := filepath.Join(dir, "id_ed25519")
	if err := os.WriteFile(key, fleet.ClientKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, h := range e.inv.Hosts {
		machine, err := fleet.Add(sim.Machine{Name: h.Name, Updates: []sim.Offer{
			{Name: "openssl", Version: "3.0.18-1~deb12u1", From: []sim.Origin{sim.Security()}},
			{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1", From: []sim.Origin{sim.Security()}, Reboot: true, Kernel: "6.1.0-41-amd64"},
		}, Faults: sim.Faults{Unreachable: slices.Contains(off, h.Name)}})
		if err != nil {
			t.Fatal(err)
		}
		h.Target.Address, h.Target.Port = machine.Addr()
		h.Target.Auth = connectors.Auth{IdentityFiles: []string{key}}
		h.Target.Keys = connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: []string{filepath.Join(dir, "known_hosts")}}
		h.Target.Retry = connectors.Retry{Attempts: 1}
	}
	if err := os.WriteFile(filepath.Join(dir, "known_hosts"), fleet.KnownHosts(), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &simulated{example: e, dialer: ssh.New(ssh.Config{})}
	t.Cleanup(func() {
		if err := s.dialer.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// nothingSeen is a ledger in which every version is new.
type nothingSeen struct{}

func (nothingSeen) FirstSeen(string, inventory.Update) time.Time { return time.Time{} }

// plan scans the hosts of a policy and plans it.
func (s *simulated) plan(t *testing.T, policy string) *plan.Plan {
	t.Helper()
	planner := plan.Planner{
		Dialer: s.dialer, Managers: []updates.Manager{apt.New()}, Ledger: nothingSeen{}, Now: time.Now,
		Observed: func(inventory.Observation) error { return nil },
	}
	made, err := planner.Plan(t.Context(), plan.Request{
		Inventory: s.inv, Policies: s.pols, Hosts: s.hostsOf(s.policy(t, policy)), Policy: policy, Refresh: scan.RefreshNever,
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func hostsOf(p *plan.Plan) []plan.Host {
	var out []plan.Host
	for _, w := range p.Waves {
		for _, b := range w.Batches {
			out = append(out, b.Hosts...)
		}
	}
	return out
}

// batches are the lines of a plan, one for each batch: hosts with the updates of
// their steps.
func (s *simulated) batches(t *testing.T, policy string) []string {
	t.Helper()
	var out []string
	for _, w := range s.plan(t, policy).Waves {
		for _, b := range w.Batches {
			var words []string
			for _, h := range b.Hosts {
				words = append(words, h.Name)
				for i, step := range h.Steps {
					if i > 0 {
						words = append(words, "then")
					}
					for _, u := range step.Updates {
						words = append(words, u.Name)
					}
					if step.Reboot {
						words = append(words, "and a reboot")
					}
				}
			}
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}

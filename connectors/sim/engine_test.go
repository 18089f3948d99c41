package sim_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors/sim"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/scan"
	"patchwave/inventory"
	"patchwave/policies"
)

// nothing is a ledger and a journal that remember nothing.
type nothing struct{}

func (nothing) FirstSeen(string, inventory.Update) time.Time { return time.Time{} }

func (nothing) Append(context.Context, ...journal.Event) error { return nil }

// hosts is the inventory of a world; one policy claims all.
func (w *world) hosts(policy string) *inventory.Inventory {
	inv := &inventory.Inventory{}
	for _, h := range w.fleet.Hosts() {
		target := w.target(h.Name())
		inv.Hosts = append(inv.Hosts, &inventory.Host{Name: h.Name(), Address: target.Address, Target: target, Policies: []string{policy}})
	}
	slices.SortFunc(inv.Hosts, func(a, b *inventory.Host) int {
		return len(a.Name)*1000 + int(a.Name[0]) - len(b.Name)*1000 - int(b.Name[0])
	})
	return inv
}

// TestTheWholeCycle plans and applies with the real planner and engine, and asks
// the machines what was done to them.
func TestTheWholeCycle(t *testing.T) {
	machine := func(name string, faults sim.Faults, more ...sim.Offer) sim.Machine {
		m := sim.Machine{Name: name, Faults: faults, Services: []sim.Service{{Name: "nginx", Port: 80}},
			Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1.22.1-9+deb12u3"}),
			Updates:  append([]sim.Offer{{Name: "nginx", Version: "1.22.1-9+deb12u4"}}, more...)}
		return m
	}
	kernel := sim.Offer{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1", Reboot: true, Kernel: "6.1.0-41-amd64"}
	w := newWorld(t, fast, machine("a", sim.Faults{}), machine("b", sim.Faults{}, kernel), machine("c", sim.Faults{Breaks: map[string]string{"nginx": "nginx"}}),
		machine("d", sim.Faults{Unreachable: true}), machine("e", sim.Faults{FailPostinst: []string{"nginx"}}), machine("f", sim.Faults{Lies: []string{"nginx"}}),
		machine("g", sim.Faults{CutDuring: []string{"install"}}), sim.Machine{Name: "h"})
	policy := &policies.Policy{Name: "p", Baseline: &policies.Baseline{Name: "all", Rules: []policies.Rule{{Kind: policies.RuleApprove, Name: "all", Packages: []string{"*"}}}},
		Preparation:  &policies.Preparation{RestorePoint: &policies.RestorePoint{Required: true}},
		Verification: &policies.Verification{OnFailure: policies.FailRollback, Probes: []policies.Probe{{Kind: policies.ProbeService, Name: "nginx"}}},
		Rollout:      policies.Rollout{Waves: []policies.Wave{{Name: "all"}}, MaxFailures: policies.Amount{Count: 10, Given: true}},
		Reboot:       policies.Reboot{When: policies.RebootRequired, Timeout: 30 * time.Second}}
	inv := w.hosts("p")
	for _, h := range inv.Hosts {
		policy.Hosts = append(policy.Hosts, h.Name)
	}
	observed := func(inventory.Observation) error { return nil }
	planner := plan.Planner{Dialer: w.dialer, Managers: managers(), Ledger: nothing{}, Now: time.Now, Observed: observed}
	p, err := planner.Plan(t.Context(), plan.Request{Inventory: inv, Policies: []*policies.Policy{policy}, Hosts: inv.Hosts, Refresh: scan.RefreshAuto})
	if err != nil {
		t.Fatal(err)
	}
	engine := &run.Engine{Dialer: w.dialer, Managers: managers(), Journal: nothing{}, Now: time.Now, Controller: "c1", Poll: 20 * time.Millisecond, Observed: observed}
	done, err := engine.Apply(t.Context(), run.Work{Run: "r1", Start: journal.RunStartedData{Kind: run.KindApply, Rollout: "r1", Fence: 1},
		Plan: p, Inventory: inv, Policies: []*policies.Policy{policy}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]journal.State{}
	for _, h := range done.Hosts {
		got[h.Name] = h.State
	}
	want := map[string]journal.State{"a": journal.Done, "b": journal.Done, "c": journal.RolledBack, "d": journal.Unreachable,
		"e": journal.RolledBack, "f": journal.Failed, "g": journal.Done, "h": journal.Unchanged}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for name, version := range map[string]string{"a": "1.22.1-9+deb12u4", "b": "1.22.1-9+deb12u4", "c": "1.22.1-9+deb12u3",
		"d": "1.22.1-9+deb12u3", "e": "1.22.1-9+deb12u3", "f": "1.22.1-9+deb12u3", "g": "1.22.1-9+deb12u4"} {
		w.witness(name, version)
	}
	if boots := w.fleet.Host("b").Snapshot().Boots; boots != 1 {
		t.Errorf("b was rebooted %d times", boots)
	}
}

// witness checks that a machine has a version of nginx, that no job ran twice,
// and that nothing was left behind.
func (w *world) witness(name, version string) {
	w.t.Helper()
	snap := w.fleet.Host(name).Snapshot()
	if got := snap.Installed["nginx"]; got.Version != version || got.State != "ok" {
		w.t.Errorf("%s has nginx %+v", name, got)
	}
	for _, j := range snap.Jobs {
		if j.Runs != 1 || !j.Ended {
			w.t.Errorf("%s: %+v", name, j)
		}
	}
	if snap.Claim != "" || len(snap.Left) != 0 {
		w.t.Errorf("%s: claim %q, jobs left %q", name, snap.Claim, snap.Left)
	}
}

package plan

import (
	"fmt"
	"testing"
	"time"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// fleetWork is a fleet as a planner has it when all hosts have answered.
type fleetWork struct {
	req    Request
	seen   map[string]inventory.Observation
	ledger ledger
}

// newFleetWork has hosts in forty policies, each host with pending updates, an
// availability for every ten hosts, and every tenth host depending on the one
// before it.
func newFleetWork(hosts, pending int) fleetWork {
	const pols = 40
	w := fleetWork{req: Request{Inventory: &inventory.Inventory{}, ConfigDigest: "sha256:cd"}, seen: map[string]inventory.Observation{}, ledger: ledger{}}
	baseline := &policies.Baseline{Name: "monthly", Rules: []policies.Rule{
		{Kind: policies.RuleHold, Name: "kernel", Packages: []string{"linux-image-*", "kernel*"}, Reason: "driver certification"},
		{Kind: policies.RulePin, Name: "nginx", Packages: []string{"nginx"}, Version: "1.24.*"},
		{Kind: policies.RuleApprove, Name: "security", Classifications: []inventory.Classification{inventory.Security}, After: 72 * time.Hour},
		{Kind: policies.RuleApprove, Name: "quiet", Packages: []string{"*"}},
	}}
	for i := range pols {
		p := policy()
		p.Name, p.Baseline = fmt.Sprintf("policy-%02d", i), baseline
		p.Rollout.Waves = []policies.Wave{{Name: "canary", Count: 2}, {Name: "early", Percent: 10}, {Name: "rest", Batch: percent(25)}}
		w.req.Policies = append(w.req.Policies, p)
	}
	facts := observed().Facts
	for i := range hosts {
		p := w.req.Policies[i%pols]
		h := &inventory.Host{Name: fmt.Sprintf("host-%06d", i), Policies: []string{p.Name}}
		if i%(10*pols) >= pols && i%10 == 0 {
			h.DependsOn = []string{fmt.Sprintf("host-%06d", i-pols)}
		}
		w.req.Inventory.Hosts = append(w.req.Inventory.Hosts, h)
		p.Hosts = append(p.Hosts, h.Name)
		if i%10 == 0 {
			w.req.Availabilities = append(w.req.Availabilities, &policies.Availability{Name: fmt.Sprintf("quorum-%05d", i/10), MaxUnavailable: number(1)})
		}
		a := w.req.Availabilities[len(w.req.Availabilities)-1]
		a.Hosts = append(a.Hosts, h.Name)
		o := inventory.Observation{Host: h.Name, At: noon(), State: inventory.ScanOK, Facts: facts}
		for j := range pending {
			u := update(fmt.Sprintf("package-%02d", j), fmt.Sprintf("1.%d.2-1ubuntu3", j))
			u.From, u.Published = fmt.Sprintf("1.%d.1-1ubuntu1", j), noon().Add(-time.Duration(j)*24*time.Hour)
			if j%4 == 0 {
				u.Classification = inventory.Security
			}
			o.Updates = append(o.Updates, u)
		}
		w.seen[h.Name] = o
	}
	w.req.Hosts = w.req.Inventory.Hosts
	return w
}

// decide is what a planner does with the answers of one host; the solver agrees to
// everything.
func (w fleetWork) decide(p *policies.Policy, h *inventory.Host) Host {
	o := w.seen[h.Name]
	ds := decideAll(p, h, o, plain(o.Updates...), w.ledger, noon())
	sim := updates.Simulation{OK: true}
	for _, d := range ds {
		if d.Verdict == policies.Approved {
			sim.Changes = append(sim.Changes, updates.Change{Name: d.Name, Arch: d.Arch, Action: updates.ActionUpgrade, From: d.From, To: d.To})
			sim.Undo = append(sim.Undo, updates.Undo{Name: d.Name, Arch: d.Arch, Version: d.From, Possible: true})
		}
	}
	return hostPlan(h.Name, p, o, settled{decisions: ds, sim: sim})
}

func (w fleetWork) groups() []group {
	out := make([]group, 0, len(w.req.Policies))
	for _, p := range w.req.Policies {
		g := group{policy: p}
		for _, name := range p.Hosts {
			g.hosts = append(g.hosts, w.decide(p, w.req.Inventory.Host(name)))
		}
		out = append(out, g)
	}
	return out
}

func (w fleetWork) plan(tb testing.TB, groups []group) *Plan {
	tb.Helper()
	waves, excluded, err := assemble(groups, w.req)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Plan{Schema: Schema, ConfigDigest: w.req.ConfigDigest, Created: noon(), Expires: noon().Add(Lifetime), Waves: waves, Excluded: append([]Excluded{}, excluded...)}
	return p
}

// BenchmarkPlan is the pure part of a plan: the goal is a second for 10,000 hosts
// with thirty updates each, and twice the time for twice the hosts.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{2_500, 5_000, 10_000} {
		w := newFleetWork(n, 30)
		b.Run(fmt.Sprintf("all/hosts=%d", n), func(b *testing.B) {
			for b.Loop() {
				p := w.plan(b, w.groups())
				p.Digest = digestOf(b, p)
			}
		})
		groups := w.groups()
		p := w.plan(b, groups)
		b.Run(fmt.Sprintf("decide/hosts=%d", n), func(b *testing.B) {
			for b.Loop() {
				w.groups()
			}
		})
		b.Run(fmt.Sprintf("arrange/hosts=%d", n), func(b *testing.B) {
			for b.Loop() {
				w.plan(b, groups)
			}
		})
		b.Run(fmt.Sprintf("digest/hosts=%d", n), func(b *testing.B) {
			for b.Loop() {
				digestOf(b, p)
			}
		})
	}
}

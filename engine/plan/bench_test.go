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

// quorumOfAll is a policy whose hosts are all of one availability, of which one
// may be away; each host depends on the one before it if chained.
func quorumOfAll(n int, chained bool) ([]group, Request) {
	p := rollout(policies.Wave{Name: "all", Batch: percent(25)})
	req := Request{Inventory: &inventory.Inventory{}, Availabilities: []*policies.Availability{{Name: "quorum", MaxUnavailable: number(1)}}}
	g := group{policy: p}
	for i := range n {
		h := &inventory.Host{Name: fmt.Sprintf("host-%06d", i)}
		if chained && i > 0 {
			h.DependsOn = []string{fmt.Sprintf("host-%06d", i-1)}
		}
		req.Inventory.Hosts = append(req.Inventory.Hosts, h)
		req.Availabilities[0].Hosts = append(req.Availabilities[0].Hosts, h.Name)
		g.hosts = append(g.hosts, Host{Name: h.Name, Steps: []Step{{Step: StepUpdates}}})
	}
	return []group{g}, req
}

// BenchmarkQuorumOfAll is the worst for the search of a batch with room.
func BenchmarkQuorumOfAll(b *testing.B) {
	for _, chained := range []bool{false, true} {
		for _, n := range []int{5_000, 10_000} {
			groups, req := quorumOfAll(n, chained)
			b.Run(fmt.Sprintf("chained=%v/hosts=%d", chained, n), func(b *testing.B) {
				for b.Loop() {
					if waves, _, err := assemble(groups, req); err != nil || len(waves[0].Batches) != n {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// TestWorkGrowsAsTheFleetDoes counts what is allocated, which is the same on every
// machine: twice the hosts ask for twice as much.
func TestWorkGrowsAsTheFleetDoes(t *testing.T) {
	work := func(n int) map[string]float64 {
		w := newFleetWork(n, 10)
		groups := w.groups()
		p := w.plan(t, groups)
		alone, req := quorumOfAll(n, true)
		return map[string]float64{
			"decide":  testing.AllocsPerRun(1, func() { w.groups() }),
			"arrange": testing.AllocsPerRun(1, func() { w.plan(t, groups) }),
			"digest":  1 + testing.AllocsPerRun(1, func() { digestOf(t, p) }),
			"quorum": testing.AllocsPerRun(1, func() {
				if _, _, err := assemble(alone, req); err != nil {
					t.Error(err)
				}
			}),
		}
	}
	once, twice := work(800), work(1600)
	for what, n := range once {
		if twice[what] > 2.2*n {
			t.Errorf("%s: %.0f allocations for 800 hosts, %.0f for twice as many", what, n, twice[what])
		}
	}
}

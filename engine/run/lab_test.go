package run_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/sim"
	"patchwave/connectors/ssh"
	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/engine/updates/dnf"
	"patchwave/inventory"
	"patchwave/policies"
)

// runID is the run of most tests.
const runID = "r20261123-020000-abcdef"

// controller is the id of the controller under test.
const controller = "0123456789abcdef"

// lab is a simulated fleet behind real SSH, and the engine that works on it.
type lab struct {
	t        *testing.T
	fleet    *sim.Fleet
	dialer   *ssh.Dialer
	inv      *inventory.Inventory
	policies []*policies.Policy
	journal  *memory
	fence    int64
	// leases are those of a new process; nil holds none.
	leases func() run.Leases
	pid    int
	losses atomic.Int64
	// waiting is called when one of them begins to wait; may be nil.
	waiting func()
	// kept is what those processes hold.
	kept     *coord.Memory
	programs *programs
}

// fast are times that make a test short and still let every state be seen.
func fast() sim.Options {
	return sim.Options{JobTime: 40 * time.Millisecond, RebootTime: 60 * time.Millisecond, Second: 5 * time.Millisecond, SharedHostKey: true}
}

// newLab starts machines, all claimed by one policy.
func newLab(t *testing.T, p *policies.Policy, machines ...sim.Machine) *lab {
	t.Helper()
	return newLabWith(t, fast(), p, machines...)
}

func newLabWith(t *testing.T, opt sim.Options, p *policies.Policy, machines ...sim.Machine) *lab {
	t.Helper()
	fleet, err := sim.NewFleet(opt)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, fleet: fleet, dialer: ssh.New(ssh.Config{}), policies: []*policies.Policy{p}, journal: &memory{}, inv: &inventory.Inventory{}, programs: &programs{}}
	t.Cleanup(func() {
		fleet.Close()
		if err := l.dialer.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range machines {
		if _, err := fleet.Add(m); err != nil {
			t.Fatal(err)
		}
		p.Hosts = append(p.Hosts, m.Name)
	}
	slices.Sort(p.Hosts)
	l.resolve()
	return l
}

// resolve makes the inventory of the fleet.
func (l *lab) resolve() {
	dir := l.t.TempDir()
	known, key := filepath.Join(dir, "known_hosts"), filepath.Join(dir, "id_ed25519")
	for path, data := range map[string][]byte{known: l.fleet.KnownHosts(), key: l.fleet.ClientKey()} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			l.t.Fatal(err)
		}
	}
	for _, m := range l.fleet.Hosts() {
		ip, port := m.Addr()
		h := &inventory.Host{Name: m.Name(), Address: ip, MAC: m.MAC(), Policies: []string{l.policies[0].Name}, Target: connectors.Target{
			Name: m.Name(), Kind: connectors.KindSSH, Address: ip, Port: port, User: "patch",
			Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Policy: connectors.HostKeysStrict, Files: []string{known}},
			Become: connectors.Become{Method: connectors.BecomeSudo}, Retry: connectors.Retry{Attempts: 1},
			Timeouts: connectors.Timeouts{Connect: 20 * time.Second, Command: time.Minute},
		}}
		l.inv.Hosts = append(l.inv.Hosts, h)
	}
	slices.SortFunc(l.inv.Hosts, func(a, b *inventory.Host) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
}

func managers() []updates.Manager { return []updates.Manager{apt.New(), dnf.New()} }

// seenBefore is a ledger in which every version is old.
type seenBefore struct{}

// FirstSeen implements plan.Ledger.
func (seenBefore) FirstSeen(string, inventory.Update) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}

// plan makes a plan of all hosts with the real planner.
func (l *lab) plan() *plan.Plan {
	l.t.Helper()
	p, err := plan.Planner{Dialer: l.dialer, Managers: managers(), Ledger: seenBefore{}, Now: time.Now,
		Observed: func(inventory.Observation) error { return nil },
	}.Plan(l.context(), plan.Request{Inventory: l.inv, Policies: l.policies, Hosts: l.inv.Hosts, ConfigDigest: "digest"})
	if err != nil {
		l.t.Fatalf("plan: %v", err)
	}
	return p
}

// context ends a test that hangs, with time left to say what hangs.
func (l *lab) context() context.Context {
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	l.t.Cleanup(cancel)
	return ctx
}

// engine is an engine with short pauses on the lab's journal.
func (l *lab) engine() *run.Engine {
	e := &run.Engine{Dialer: l.dialer, Managers: managers(), Journal: l.journal, Now: time.Now, Controller: controller, Poll: 10 * time.Millisecond, Programs: l.programs, Packet: l.packet, Settle: 50 * time.Millisecond}
	if l.leases != nil {
		e.Leases = l.leases()
	}
	return e
}

// work is a new run of a plan.
func (l *lab) work(p *plan.Plan) run.Work {
	l.fence++
	return run.Work{Run: runID, Plan: p, Inventory: l.inv, Policies: l.policies, Start: journal.RunStartedData{
		Kind: run.KindApply, PlanID: p.ID, PlanDigest: p.Digest, Rollout: runID, Controller: controller, Fence: l.fence}}
}

// again is the work of going on with the run after its process is gone.
func (l *lab) again(p *plan.Plan) run.Work {
	w := l.work(p)
	w.Past, w.Dead = l.journal.all(), []string{runID}
	return w
}

// apply carries out a plan to its end.
func (l *lab) apply(w run.Work) *journal.Run {
	l.t.Helper()
	r, err := l.engine().Apply(l.context(), w, nil)
	if err != nil {
		l.t.Fatalf("apply: %v", err)
	}
	return r
}

// do plans and applies.
func (l *lab) do() *journal.Run {
	l.t.Helper()
	return l.apply(l.work(l.plan()))
}

// snapshot is what a machine has and what was done to it.
func (l *lab) snapshot(host string) sim.Snapshot {
	l.t.Helper()
	h := l.fleet.Host(host)
	if h == nil {
		l.t.Fatalf("there is no machine %s", host)
	}
	return h.Snapshot()
}

// states are the states of all hosts as "NAME STATE".
func states(r *journal.Run) []string {
	var out []string
	for _, h := range r.Hosts {
		out = append(out, h.Name+" "+string(h.State))
	}
	slices.Sort(out)
	return out
}

// policy is a policy that approves everything, in one wave; edit changes it.
func policy(edit ...func(*policies.Policy)) *policies.Policy {
	p := &policies.Policy{
		Name:     "all",
		Baseline: &policies.Baseline{Name: "all", Rules: []policies.Rule{{Kind: policies.RuleApprove, Name: "everything", Packages: []string{"*"}}}},
		Reboot:   policies.Reboot{When: policies.RebootRequired, Timeout: 30 * time.Second},
		Updates:  "all",
		Rollout: policies.Rollout{Waves: []policies.Wave{{Name: "all"}}, MaxFailures: policies.Amount{Given: true},
			Counts: []string{"failed", "rolled-back", "unreachable", "lost"}},
	}
	for _, e := range edit {
		e(p)
	}
	return p
}

func amount(n int) policies.Amount     { return policies.Amount{Given: true, Count: n} }
func percentage(n int) policies.Amount { return policies.Amount{Given: true, Percent: n} }

// allow sets how many failures are allowed.
func allow(a policies.Amount) func(*policies.Policy) {
	return func(p *policies.Policy) { p.Rollout.MaxFailures = a }
}

func waves(ws ...policies.Wave) func(*policies.Policy) {
	return func(p *policies.Policy) { p.Rollout.Waves = ws }
}

// verified adds a probe of the web server.
func verified(on policies.OnFailure) func(*policies.Policy) {
	return func(p *policies.Policy) {
		p.Verification = &policies.Verification{Name: "web", OnFailure: on, Probes: []policies.Probe{
			{Kind: policies.ProbeService, Name: "nginx", State: "running", Become: true, On: "host"}}}
	}
}

// required asks for a restore point that can bring everything back.
func required(p *policies.Policy) {
	p.Preparation = &policies.Preparation{Name: "standard", RestorePoint: &policies.RestorePoint{Providers: []string{"packages"}, Required: true}}
}

// web is a machine with a web server and three updates; edit changes it.
func web(name string, edit ...func(*sim.Machine)) sim.Machine {
	security := []sim.Origin{sim.Security()}
	m := sim.Machine{Name: name,
		Packages: append(sim.Base(), sim.Package{Name: "nginx", Version: "1.22.1-9+deb12u3"}),
		Updates: []sim.Offer{
			{Name: "nginx", Version: "1.22.1-9+deb12u4", From: security},
			{Name: "openssl", Version: "3.0.18-1~deb12u1", From: security, Needs: []string{"libssl3=3.0.18-1~deb12u1"}},
			{Name: "libssl3", Version: "3.0.18-1~deb12u1", Source: "openssl", From: security},
		},
		Services: []sim.Service{{Name: "nginx", Port: 80}}}
	for _, e := range edit {
		e(&m)
	}
	return m
}

// webs are machines web-1 to web-n.
func webs(n int) []sim.Machine {
	var out []sim.Machine
	for i := range n {
		out = append(out, web(fmt.Sprintf("web-%d", i+1)))
	}
	return out
}

// kernel adds an update that needs a reboot.
func kernel(m *sim.Machine) {
	m.Updates = append(m.Updates, sim.Offer{Name: "linux-image-6.1.0-41-amd64", Version: "6.1.159-1", From: []sim.Origin{sim.Security()}, Reboot: true, Kernel: "6.1.0-41-amd64"})
}

// breaks makes the update of the web server break it.
func breaks(m *sim.Machine) { m.Faults.Breaks = map[string]string{"nginx": "nginx"} }

// postinst makes the update of the web server fail.
func postinst(m *sim.Machine) { m.Faults.FailPostinst = []string{"nginx"} }

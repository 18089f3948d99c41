package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// manager lists updates from lines "NAME FROM TO", simulates from lines as does
// reads them, and finds no solution for the line "E: why".
type manager struct{}

func (manager) Name() string                                { return "fake" }
func (manager) Shell() updates.Shell                        { return updates.Shell{} }
func (manager) ParseInstall(framing.Answer) updates.Outcome { return updates.Outcome{} }

func (manager) ParseScan(a framing.Answer) updates.Listing {
	l := updates.Listing{State: inventory.ScanOK}
	f, _ := a.Get("fake.scan")
	for _, line := range f.Lines() {
		if why, ok := strings.CutPrefix(line, "stale "); ok {
			l.State, l.Problem = inventory.ScanStale, &inventory.Problem{Code: "exit", Message: why}
		} else if w := strings.Fields(line); len(w) == 3 {
			l.Updates = append(l.Updates, inventory.Update{Name: w[0], Arch: "amd64", From: w[1], To: w[2]})
		}
	}
	return l
}

func (manager) ParseSimulation(a framing.Answer, frame string, _ []updates.Want) updates.Simulation {
	f, ok := a.Get(frame)
	if !ok {
		return cannot("no answer")
	}
	if why, ok := strings.CutPrefix(string(f.Out), "E: "); ok {
		return cannot(why)
	}
	return does(strings.Fields(string(f.Out))...)
}

// network is a dialer to hosts that answer from tables.
type network struct {
	mu sync.Mutex
	// listing is what is pending on a host; one without is not there.
	listing map[string]string
	// sim makes the frames of a simulation from its arguments; nil does what is
	// wanted.
	sim map[string]func(args map[string]string) (string, error)
	// asked are the scripts that ran, by host.
	asked map[string][]string
	deaf  map[string]error
}

func (n *network) Dial(_ context.Context, t connectors.Target) (connectors.Session, error) {
	if _, ok := n.listing[t.Name]; !ok {
		return nil, connectors.Errorf(connectors.CodeUnreachable, connectors.PhaseDial, t.Name, "no route to host")
	}
	return session{n, t.Name}, nil
}

func (session) Dialect() connectors.Dialect { return connectors.DialectSh }

type session struct {
	n    *network
	host string
}

func (s session) Close() error { return s.n.deaf[s.host] }

func (s session) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := posix.Decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	s.n.mu.Lock()
	s.n.asked[s.host] = append(s.n.asked[s.host], call.Name+" "+call.Args["mode"]+call.Args["refresh"])
	s.n.mu.Unlock()
	out := frame("facts", "manager=fake\nnow="+fmt.Sprint(noon().Unix())) + frame("fake.scan", s.n.listing[s.host])
	if call.Name == "simulate" {
		sim := s.n.sim[s.host]
		if sim == nil {
			sim = obedient
		}
		if out, err = sim(call.Args); err != nil {
			return connectors.Result{}, err
		}
	}
	out = strings.ReplaceAll(out+"@@N DONE\n", "@@N", "@@"+call.Nonce)
	return connectors.Result{Stdout: []byte(out)}, nil
}

func frame(name, content string) string {
	return "@@N BEGIN " + name + "\n" + content + "\n@@N END " + name + " rc=0\n"
}

// obedient does exactly what is wanted.
func obedient(args map[string]string) (string, error) {
	var all []string
	var out strings.Builder
	for i, line := range strings.Split(args["want"], "\n") {
		w := strings.Split(line, "\t")
		all = append(all, w[0]+"="+w[2])
		if args["mode"] == "each" {
			out.WriteString(frame(fmt.Sprintf("fake.sim.%d", i+1), w[0]+"="+w[2]))
		}
	}
	if args["mode"] == "set" {
		return frame("fake.sim", strings.Join(all, " ")), nil
	}
	return out.String(), nil
}

// planned makes a plan; hosts are written "name policy policy".
func planned(t *testing.T, n *network, change func(*Planner, *Request), hosts ...string) (*Plan, []inventory.Observation) {
	t.Helper()
	n.asked = map[string][]string{}
	var seen []inventory.Observation
	pl := Planner{Dialer: n, Managers: []updates.Manager{manager{}}, Ledger: ledger{}, Now: noon,
		Observed: func(o inventory.Observation) error { seen = append(seen, o); return nil }}
	req := Request{Inventory: &inventory.Inventory{}, ConfigDigest: "sha256:cd", Refresh: scan.RefreshNever}
	db := policy(approveAll())
	db.Name = "db"
	req.Policies = []*policies.Policy{policy(approveAll()), db}
	for _, h := range hosts {
		w := strings.Fields(h)
		host := &inventory.Host{Name: w[0], Policies: w[1:], Target: connectors.Target{Name: w[0]}}
		req.Hosts = append(req.Hosts, host)
		req.Inventory.Hosts = append(req.Inventory.Hosts, host)
	}
	if change != nil {
		change(&pl, &req)
	}
	p, err := pl.Plan(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(seen, func(a, b inventory.Observation) int { return strings.Compare(a.Host, b.Host) })
	return p, seen
}

// TestPlanKeepsAQuorum: availabilities come from the request; a host that none may
// be away of is named among the excluded, in the order of the names.
func TestPlanKeepsAQuorum(t *testing.T) {
	n := &network{listing: map[string]string{"a": "labtool 1 2", "b": "labtool 1 2", "c": "labtool 1 2", "d": "", "f": "labtool 1 2"}}
	p, _ := planned(t, n, func(_ *Planner, req *Request) {
		req.Availabilities = available(t, "db max=1: a b", "erp min=2: c d")
	}, "a web", "b web", "c web", "d web", "e web", "f web")
	if diff := cmp.Diff([]string{"web/all: a f d | b"}, drawn(p.Waves)); diff != "" {
		t.Error(diff)
	}
	want := []Excluded{
		{"c", ExcludedAvailability, "availability erp (site.hcl:7) wants all of its 2 hosts healthy, so none of them can be worked on; lower its min_healthy"},
		{"e", "unreachable", "no route to host"},
	}
	if diff := cmp.Diff(want, p.Excluded); diff != "" {
		t.Error(diff)
	}
}

// TestPlan is a fleet of every kind of host.
func TestPlan(t *testing.T) {
	n := &network{
		listing: map[string]string{"a": "labtool 1 2\nlib 1 2", "b": "labtool 1 2", "c": "", "d": "stale a repository is dead\nlabtool 1 2", "e": "stale no repository answers", "h": "labtool 1 2"},
		sim: map[string]func(map[string]string) (string, error){
			"b": func(map[string]string) (string, error) { return frame("fake.sim", "E: labtool needs moon"), nil },
			"h": func(map[string]string) (string, error) {
				return "", connectors.Errorf(connectors.CodeLost, connectors.PhaseCommand, "h", "the connection broke")
			},
		},
	}
	var done []string
	p, seen := planned(t, n, func(pl *Planner, _ *Request) {
		pl.HostDone = func(name string, problem *inventory.Problem) { done = append(done, fmt.Sprint(name, problem != nil)) }
	}, "a web", "b web", "c web", "d web", "e web", "f web", "g", "h web", "i db web")
	if diff := cmp.Diff([]string{"web/all: a d b c"}, drawn(p.Waves)); diff != "" {
		t.Error(diff)
	}
	want := []Excluded{
		{"e", "exit", "the package index is stale and lists nothing: no repository answers"},
		{"f", "unreachable", "no route to host"},
		{"g", "unmanaged", "no policy claims it"},
		{"h", "lost", ""},
		{"i", "ambiguous", "several policies claim it: choose one with --policy db or --policy web"},
	}
	for i := range want {
		if i < len(p.Excluded) && want[i].Reason == "" {
			want[i].Reason = p.Excluded[i].Reason
		}
	}
	if diff := cmp.Diff(want, p.Excluded); diff != "" {
		t.Error(diff)
	}
	hosts := p.Hosts()
	if got := changeNames(updates.Simulation{Changes: hosts[0].Changes()}); !slices.Equal(got, []string{"labtool", "lib"}) {
		t.Errorf("host a changes %v", got)
	}
	if d := hosts[1]; len(d.Steps) != 1 || d.Notes[0] != "the package index is stale: a repository is dead" {
		t.Errorf("host d: %+v", d)
	}
	if b := hosts[2]; len(b.Steps) != 0 || b.Skipped[0].Decision != "blocked" || b.Skipped[0].Reason != "labtool needs moon" {
		t.Errorf("host b: %+v", b)
	}
	if diff := cmp.Diff([]string{"scan never", "simulate set"}, n.asked["a"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"scan never"}, n.asked["c"]); diff != "" {
		t.Error("nothing is simulated where nothing is pending: " + diff)
	}
	slices.Sort(done)
	if diff := cmp.Diff([]string{"afalse", "bfalse", "cfalse", "dtrue", "etrue", "ftrue", "hfalse"}, done); diff != "" || len(seen) != 7 {
		t.Errorf("%d observations\n%s", len(seen), diff)
	}
}

// TestPlanTwice: the same fleet makes the same digest, in whatever order its
// hosts answer and whenever it is asked.
func TestPlanTwice(t *testing.T) {
	n := &network{listing: map[string]string{"a": "x 1 2", "b": "x 1 2", "c": "x 1 2", "d": "x 1 2"}}
	first, _ := planned(t, n, nil, "a web", "b web", "c db", "d db")
	second, _ := planned(t, n, func(pl *Planner, req *Request) {
		pl.Parallelism = 1
		pl.Now = func() time.Time { return noon().Add(time.Hour) }
		slices.Reverse(req.Hosts)
		slices.Reverse(req.Policies)
	}, "a web", "b web", "c db", "d db")
	if first.Digest != second.Digest || first.ID == second.ID {
		t.Errorf("digests %s, %s; ids %s, %s", first.Digest, second.Digest, first.ID, second.ID)
	}
	if diff := cmp.Diff([]string{"db/all: c d", "web/all: a b"}, drawn(first.Waves)); diff != "" {
		t.Error(diff)
	}
}

// TestPlanForOnePolicy takes its hosts and leaves out the others.
func TestPlanForOnePolicy(t *testing.T) {
	n := &network{listing: map[string]string{"a": "x 1 2", "b": "x 1 2"}}
	p, _ := planned(t, n, func(_ *Planner, req *Request) { req.Policy = "db" }, "a web db", "b web")
	if diff := cmp.Diff([]string{"db/all: a"}, drawn(p.Waves)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Excluded{{"b", "unmanaged", "policy db does not claim it"}}, p.Excluded); diff != "" {
		t.Error(diff)
	}
	p, _ = planned(t, n, nil, "a ghost")
	if diff := cmp.Diff([]Excluded{{"a", "unmanaged", "policy ghost is not declared"}}, p.Excluded); diff != "" {
		t.Error(diff)
	}
}

// TestPlanCulpritsOverTheWire: Together and Each read their own frames.
func TestPlanCulpritsOverTheWire(t *testing.T) {
	n := &network{listing: map[string]string{"a": "bad 1 2\ngood 1 2"}, sim: map[string]func(map[string]string) (string, error){
		"a": func(args map[string]string) (string, error) {
			if args["mode"] == "each" {
				return frame("fake.sim.1", "bad -victim") + frame("fake.sim.2", "good"), nil
			}
			if strings.Contains(args["want"], "bad") {
				return frame("fake.sim", "bad good -victim"), nil
			}
			return frame("fake.sim", "good"), nil
		}}}
	p, _ := planned(t, n, nil, "a web")
	h := p.Hosts()[0]
	if len(h.Changes()) != 1 || h.Changes()[0].Name != "good" || h.Skipped[0].Reason != "it would remove victim" {
		t.Errorf("%+v", h)
	}
	if diff := cmp.Diff([]string{"scan never", "simulate set", "simulate each", "simulate set"}, n.asked["a"]); diff != "" {
		t.Error(diff)
	}
}

// TestPlanFromStoredScans asks the solver and nothing else, and stores nothing
// again; a host without a stored scan is scanned.
func TestPlanFromStoredScans(t *testing.T) {
	n := &network{listing: map[string]string{"a": "other 1 2", "b": "x 1 2"}}
	o := observed(update("labtool", "2"))
	o.Facts.PackageManager = "fake"
	p, seen := planned(t, n, func(_ *Planner, req *Request) { req.Stored = map[string]inventory.Observation{"a": o} }, "a web", "b web")
	if diff := cmp.Diff(map[string][]string{"a": {"simulate set"}, "b": {"scan never", "simulate set"}}, n.asked); diff != "" {
		t.Error(diff)
	}
	if h := p.Hosts(); len(seen) != 1 || seen[0].Host != "b" || h[0].Changes()[0].Name != "labtool" || h[1].Changes()[0].Name != "x" {
		t.Errorf("seen %+v, planned %+v", seen, h)
	}
}

// TestPlanFails with the engine, not with a host.
func TestPlanFails(t *testing.T) {
	n := &network{listing: map[string]string{"a": "x 1 2"}, deaf: map[string]error{"a": errors.New("broken pipe")}, asked: map[string][]string{}}
	full := errors.New("the disk is full")
	host := &inventory.Host{Name: "a", Policies: []string{"web"}, Target: connectors.Target{Name: "a"}}
	req := Request{Inventory: &inventory.Inventory{Hosts: []*inventory.Host{host}}, Hosts: []*inventory.Host{host}, Policies: []*policies.Policy{policy(approveAll())}}
	pl := Planner{Dialer: n, Managers: []updates.Manager{manager{}}, Ledger: ledger{}, Now: noon, Observed: func(o inventory.Observation) error {
		if !slices.Equal(o.Notes, []string{"closing the connection: broken pipe"}) {
			t.Errorf("notes %v", o.Notes)
		}
		return full
	}}
	if p, err := pl.Plan(t.Context(), req); !errors.Is(err, full) || p != nil {
		t.Errorf("%v, %v", p, err)
	}
	pl.Observed = func(inventory.Observation) error { return nil }
	req.Policies[0].Rollout.Waves = nil
	if _, err := pl.Plan(t.Context(), req); err == nil || !strings.Contains(err.Error(), "leave out 1 of its 1 hosts") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pl.Plan(ctx, req); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// TestHostSolverBounds a question by the operator's time and ten minutes.
func TestHostSolverBounds(t *testing.T) {
	for most, want := range map[time.Duration]time.Duration{0: 10 * time.Minute, time.Minute: time.Minute, 3 * time.Hour: 10 * time.Minute} {
		r := &recorder{}
		s := HostSolver{Session: r, Host: "a", Manager: manager{}, Become: true, Timeouts: connectors.Timeouts{Command: most}}
		if _, err := s.Together(t.Context(), []updates.Want{{Name: "x", Version: "2"}}); err == nil || !strings.HasPrefix(err.Error(), "simulate on a: ") {
			t.Errorf("error %v", err)
		}
		if _, err := s.Each(t.Context(), nil); connectors.CodeOf(err) != connectors.CodeExit {
			t.Errorf("error %v", err)
		}
		if r.last.Timeout != want || !r.last.Become {
			t.Errorf("timeout %s, become %v", r.last.Timeout, r.last.Become)
		}
	}
}

// recorder keeps the last command and answers nothing.
type recorder struct{ last connectors.Command }

func (*recorder) Dialect() connectors.Dialect { return connectors.DialectSh }

func (r *recorder) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	r.last = c
	return connectors.Result{}, nil
}

func (r *recorder) Close() error { return nil }

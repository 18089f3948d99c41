package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/inventory"
	"patchwave/policies"
)

// fleet is an inventory of hosts, written "name" or "name>dep,dep".
func fleetOf(words ...string) *inventory.Inventory {
	inv := &inventory.Inventory{}
	for _, w := range words {
		name, deps, _ := strings.Cut(w, ">")
		h := &inventory.Host{Name: name}
		if deps != "" {
			h.DependsOn = strings.Split(deps, ",")
		}
		inv.Hosts = append(inv.Hosts, h)
	}
	slices.SortFunc(inv.Hosts, func(a, b *inventory.Host) int { return strings.Compare(a.Name, b.Name) })
	return inv
}

// hosts are plans of hosts; one whose name has a "-" at its end has no work.
func hostsOf(names ...string) []Host {
	var out []Host
	for _, n := range names {
		h := Host{Name: strings.TrimSuffix(n, "-")}
		if h.Name == n {
			h.Steps = []Step{{Step: StepUpdates}}
		}
		out = append(out, h)
	}
	return out
}

// drawn is "policy/wave: a b | c" a wave.
func drawn(waves []Wave) []string {
	out := []string{}
	for _, w := range waves {
		var bs []string
		for _, b := range w.Batches {
			var names []string
			for _, h := range b.Hosts {
				names = append(names, h.Name)
			}
			bs = append(bs, strings.Join(names, " "))
		}
		out = append(out, w.Policy+"/"+w.Name+": "+strings.Join(bs, " | "))
	}
	return out
}

func rollout(waves ...policies.Wave) *policies.Policy {
	return &policies.Policy{Name: "web", Rollout: policies.Rollout{Waves: waves}}
}

func number(n int) policies.Amount  { return policies.Amount{Count: n, Given: true} }
func percent(n int) policies.Amount { return policies.Amount{Percent: n, Given: true} }

func names(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s%02d", prefix, i+1))
	}
	return out
}

func TestArrange(t *testing.T) {
	tests := []struct {
		name   string
		waves  []policies.Wave
		hosts  []string
		fleet  []string
		want   []string
		broken string
	}{
		{"no host", []policies.Wave{{Name: "all"}}, nil, nil, []string{}, ""},
		{"by name, ten at once", []policies.Wave{{Name: "all"}}, names("h", 12), names("h", 12),
			[]string{"web/all: h01 h02 h03 h04 h05 h06 h07 h08 h09 h10 | h11 h12"}, ""},
		{"by count, then the rest", []policies.Wave{{Name: "canary", Count: 2}, {Name: "rest", Batch: number(2)}}, names("h", 5), names("h", 5),
			[]string{"web/canary: h01 h02", "web/rest: h03 h04 | h05"}, ""},
		{"percent is of all hosts, down", []policies.Wave{{Name: "early", Percent: 30}, {Name: "rest"}}, names("h", 9), names("h", 9),
			[]string{"web/early: h01 h02", "web/rest: h03 h04 h05 h06 h07 h08 h09"}, ""},
		{"percent is at least one", []policies.Wave{{Name: "early", Percent: 1}, {Name: "rest"}}, names("h", 3), names("h", 3),
			[]string{"web/early: h01", "web/rest: h02 h03"}, ""},
		{"a wave for which nothing is left", []policies.Wave{{Name: "canary", Count: 5}, {Name: "rest"}}, names("h", 2), names("h", 2),
			[]string{"web/canary: h01 h02"}, ""},
		{"a batch in percent of all hosts", []policies.Wave{{Name: "canary", Count: 2}, {Name: "rest", Batch: percent(25)}}, names("h", 8), names("h", 8),
			[]string{"web/canary: h01 h02", "web/rest: h03 h04 | h05 h06 | h07 h08"}, ""},
		{"never more than may be unavailable", []policies.Wave{{Name: "all", Batch: number(5), MaxUnavailable: percent(30)}}, names("h", 7), names("h", 7),
			[]string{"web/all: h01 h02 | h03 h04 | h05 h06 | h07"}, ""},
		{"more may be unavailable than are in a batch", []policies.Wave{{Name: "all", Batch: number(2), MaxUnavailable: number(5)}}, names("h", 3), names("h", 3),
			[]string{"web/all: h01 h02 | h03"}, ""},
		{"at least one must be", []policies.Wave{{Name: "all", MaxUnavailable: number(0)}}, names("h", 2), names("h", 2),
			[]string{"web/all: h01 | h02"}, ""},
		{"hosts with work first", []policies.Wave{{Name: "canary", Count: 1}, {Name: "rest"}}, []string{"a-", "b", "c-", "d"}, []string{"a", "b", "c", "d"},
			[]string{"web/canary: b", "web/rest: d a c"}, ""},
		{"dependencies first, never in one batch", []policies.Wave{{Name: "all"}}, []string{"a", "b", "c", "d"}, []string{"a>d", "b", "c", "d"},
			[]string{"web/all: d b c | a"}, ""},
		{"a chain", []policies.Wave{{Name: "all"}}, []string{"a", "b", "c"}, []string{"a>b", "b>c", "c"},
			[]string{"web/all: c | b | a"}, ""},
		{"a dependency without work comes first too", []policies.Wave{{Name: "canary", Count: 1}, {Name: "rest"}}, []string{"a", "b", "z-"}, []string{"a>z", "b", "z"},
			[]string{"web/canary: z", "web/rest: a b"}, ""},
		{"a dependency that is not in the plan", []policies.Wave{{Name: "all"}}, []string{"a", "b"}, []string{"a>z", "b", "z"},
			[]string{"web/all: a b"}, ""},
		{"a host that the inventory does not have", []policies.Wave{{Name: "all"}}, []string{"a", "b"}, []string{"b"},
			[]string{"web/all: a b"}, ""},
		{"waves that do not take all", []policies.Wave{{Name: "canary", Count: 2}}, names("h", 5), names("h", 5),
			nil, "the waves of policy web leave out 3 of its 5 hosts: add a last wave without count and percent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slices.Reverse(tt.hosts) // the answers of hosts come as they come
			waves, err := arrange([]group{{rollout(tt.waves...), hostsOf(tt.hosts...)}}, nil, fleetOf(tt.fleet...), nil)
			if tt.broken != "" {
				if err == nil || err.Error() != tt.broken {
					t.Errorf("error %v, want %s", err, tt.broken)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, drawn(waves)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestOrderOfPolicies: no-reboot first, then the lower priority, then the name,
// unless dependencies say otherwise.
func TestOrderOfPolicies(t *testing.T) {
	of := func(name string, priority int, change func(*policies.Policy)) *policies.Policy {
		p := rollout(policies.Wave{Name: "all"})
		p.Name, p.Priority, p.Updates, p.Reboot.When = name, priority, "all", policies.RebootRequired
		if change != nil {
			change(p)
		}
		return p
	}
	list := func() []group {
		return []group{
			{of("zeta", 50, nil), hostsOf("z")},
			{of("alpha", 50, nil), hostsOf("a")},
			{of("late", 90, func(p *policies.Policy) { p.Updates = "no-reboot" }), hostsOf("l")},
			{of("never", 80, func(p *policies.Policy) { p.Reboot.When = policies.RebootNever }), hostsOf("n")},
			{of("first", 1, func(p *policies.Policy) { p.Updates = "reboot" }), hostsOf("f")},
		}
	}
	for name, tt := range map[string]struct {
		fleet, want []string
	}{
		"by the rules":                         {[]string{"a", "f", "l", "n", "z"}, []string{"never/all: n", "late/all: l", "first/all: f", "alpha/all: a", "zeta/all: z"}},
		"a dependency on another policy":       {[]string{"a", "f>z", "l", "n", "z"}, []string{"never/all: n", "late/all: l", "alpha/all: a", "zeta/all: z", "first/all: f"}},
		"a no-reboot policy that has to wait":  {[]string{"a", "f", "l", "n>f", "z"}, []string{"late/all: l", "first/all: f", "never/all: n", "alpha/all: a", "zeta/all: z"}},
		"a chain over policies":                {[]string{"a>z", "f>a", "l", "n", "z"}, []string{"never/all: n", "late/all: l", "zeta/all: z", "alpha/all: a", "first/all: f"}},
		"a dependency that is not in the plan": {[]string{"a>q", "f", "l", "n", "q", "z"}, []string{"never/all: n", "late/all: l", "first/all: f", "alpha/all: a", "zeta/all: z"}},
	} {
		waves, err := arrange(list(), nil, fleetOf(tt.fleet...), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, drawn(waves)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestPoliciesThatWaitForEachOther(t *testing.T) {
	db := rollout(policies.Wave{Name: "all"})
	db.Name = "db"
	inv := fleetOf("db1>web1", "db2", "web1", "web2>db2")
	list := func(idle string) []group {
		return []group{{rollout(policies.Wave{Name: "all"}), hostsOf("web1", "web2")}, {db, hostsOf("db1"+idle, "db2")}}
	}
	_, err := arrange(list(""), nil, inv, nil)
	if err == nil || !strings.Contains(err.Error(), "db1 depends on web1") || !strings.Contains(err.Error(), "--policy") {
		t.Errorf("error %v", err)
	}
	waves, err := arrange(list("-"), nil, inv, nil)
	if diff := cmp.Diff([]string{"db/all: db2 db1", "web/all: web1 web2"}, drawn(waves)); err != nil || diff != "" {
		t.Errorf("a host without work does not wait: %v %s", err, diff)
	}
}

// TestPoliciesAfterEachOther: "after" comes before priority, through policies that
// have no host here too; what contradicts a dependency of hosts is refused.
func TestPoliciesAfterEachOther(t *testing.T) {
	named := func(name string, priority int, after ...string) *policies.Policy {
		p := rollout(policies.Wave{Name: "all"})
		p.Name, p.Priority, p.After = name, priority, after
		return p
	}
	tests := []struct {
		name  string
		web   []string // what web is after
		fleet []string
		want  []string
		err   string
	}{
		{"by priority", nil, []string{"d1", "w1"}, []string{"web/all: w1", "db/all: d1"}, ""},
		{"after", []string{"db"}, []string{"d1", "w1"}, []string{"db/all: d1", "web/all: w1"}, ""},
		{"through a third", []string{"proxy"}, []string{"d1", "w1"}, []string{"db/all: d1", "web/all: w1"}, ""},
		{"as the hosts have it", []string{"db"}, []string{"d1", "w1>d1"}, []string{"db/all: d1", "web/all: w1"}, ""},
		{"not as the hosts have it", []string{"db"}, []string{"d1>w1", "w1"}, nil,
			"policy web is after policy db, but host d1 of db depends on w1 of web: remove one of the two, or plan them apart with --policy"},
		{"a name that nobody has", []string{"nobody"}, []string{"d1", "w1"}, []string{"web/all: w1", "db/all: d1"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			web, db, proxy := named("web", 10, tt.web...), named("db", 50), named("proxy", 50, "db")
			groups := []group{{web, hostsOf("w1")}, {db, hostsOf("d1")}}
			waves, err := arrange(groups, []*policies.Policy{db, proxy, web}, fleetOf(tt.fleet...), nil)
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Fatalf("error %v, want %s", err, tt.err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, drawn(waves)); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
	a, b := named("a", 50, "b"), named("b", 50, "a")
	waves, err := arrange([]group{{b, hostsOf("h2")}, {a, hostsOf("h1")}}, nil, fleetOf("h1", "h2"), nil)
	if diff := cmp.Diff([]string{"a/all: h1", "b/all: h2"}, drawn(waves)); err != nil || diff != "" {
		t.Errorf("a cycle is no order: %v %s", err, diff)
	}
}

// wave draws a wave that takes some hosts.
func anyWave(t *rapid.T) policies.Wave {
	w := policies.Wave{Name: "w"}
	if rapid.Bool().Draw(t, "by count") {
		w.Count = rapid.IntRange(1, 10).Draw(t, "count")
	} else {
		w.Percent = rapid.IntRange(1, 100).Draw(t, "percent")
	}
	return w
}

func anyAmount(t *rapid.T, label string) policies.Amount {
	switch rapid.IntRange(0, 2).Draw(t, label+" kind") {
	case 0:
		return policies.Amount{}
	case 1:
		return number(rapid.IntRange(1, 12).Draw(t, label))
	default:
		return percent(rapid.IntRange(1, 100).Draw(t, label))
	}
}

// TestArrangementsHold draws fleets with dependencies and rollouts: every host
// stands in the plan exactly once, no batch is larger than allowed, whatever a
// host depends on is in an earlier batch, waves have the sizes of the contract.
func TestArrangementsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "hosts")
		inv := &inventory.Inventory{}
		hosts := make([]Host, 0, n)
		for i, name := range names("h", n) {
			h := &inventory.Host{Name: name}
			for range rapid.IntRange(0, 2).Draw(t, "dependencies") {
				if i > 0 {
					// on a host of either side of the alphabet, without a cycle
					h.DependsOn = append(h.DependsOn, names("h", n)[rapid.IntRange(0, i-1).Draw(t, "depends on")])
				}
			}
			inv.Hosts = append(inv.Hosts, h)
			p := Host{Name: name}
			if rapid.Bool().Draw(t, "work") {
				p.Steps = []Step{{Step: StepUpdates}}
			}
			hosts = append(hosts, p)
		}
		waves := rapid.SliceOfN(rapid.Custom(anyWave), 0, 3).Draw(t, "waves")
		waves = append(waves, policies.Wave{Name: "rest"})
		for i := range waves {
			waves[i].Name = fmt.Sprintf("w%d", i)
			waves[i].Batch, waves[i].MaxUnavailable = anyAmount(t, "batch"), anyAmount(t, "max_unavailable")
		}
		got, err := arrange([]group{{rollout(waves...), rapid.Permutation(hosts).Draw(t, "order")}}, nil, inv, nil)
		if err != nil {
			t.Fatal(err)
		}
		place := map[string]int{}
		batch, left := 0, n
		for _, w := range got {
			def := waves[slices.IndexFunc(waves, func(x policies.Wave) bool { return x.Name == w.Name })]
			allowed := policies.DefaultBatch
			if def.Batch.Given {
				allowed = def.Batch.Of(n)
			}
			if def.MaxUnavailable.Given {
				allowed = min(allowed, def.MaxUnavailable.Of(n))
			}
			size := 0
			for _, b := range w.Batches {
				batch++
				if len(b.Hosts) == 0 || len(b.Hosts) > allowed {
					t.Fatalf("a batch of %d, %d are allowed", len(b.Hosts), allowed)
				}
				for _, h := range b.Hosts {
					if place[h.Name] != 0 {
						t.Fatalf("host %s is there twice", h.Name)
					}
					place[h.Name] = batch
				}
				size += len(b.Hosts)
			}
			if want := def.Size(n, left); size != want {
				t.Fatalf("wave %+v has %d hosts, want %d", def, size, want)
			}
			left -= size
		}
		if len(place) != n {
			t.Fatalf("%d of %d hosts are placed", len(place), n)
		}
		for _, h := range inv.Hosts {
			for _, dep := range h.DependsOn {
				if place[dep] >= place[h.Name] {
					t.Fatalf("host %s in batch %d, %s, which it depends on, in %d", h.Name, place[h.Name], dep, place[dep])
				}
			}
		}
	})
}

package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
	"patchwave/policies"
)

// available is "name max=1: host host" or "name min=2: host host"; a "%" behind
// the number makes it a percentage.
func available(t *testing.T, texts ...string) []*policies.Availability {
	t.Helper()
	var out []*policies.Availability
	for _, text := range texts {
		head, hosts, ok := strings.Cut(text, ":")
		words := strings.Fields(head)
		if !ok || len(words) != 2 {
			t.Fatalf("availability %q", text)
		}
		a := &policies.Availability{Name: words[0], Hosts: strings.Fields(hosts), Pos: inventory.Position{File: "site.hcl", Line: 7}}
		slices.Sort(a.Hosts)
		amount := policies.Amount{Given: true}
		digits, isPercent := strings.CutSuffix(words[1][len("max="):], "%")
		n := 0
		for _, r := range digits {
			n = 10*n + int(r-'0')
		}
		if isPercent {
			amount.Percent = n
		} else {
			amount.Count = n
		}
		if strings.HasPrefix(words[1], "min=") {
			a.MinHealthy = amount
		} else {
			a.MaxUnavailable = amount
		}
		out = append(out, a)
	}
	return out
}

func TestAvailability(t *testing.T) {
	one := []policies.Wave{{Name: "all"}}
	tests := []struct {
		name  string
		waves []policies.Wave
		hosts []string
		fleet []string
		avail []string
		want  []string
		out   []string
	}{
		{"one at a time", one, []string{"d1", "d2", "d3"}, nil, []string{"q max=1: d1 d2 d3"}, []string{"web/all: d1 | d2 | d3"}, nil},
		{"the others fill the batch", one, []string{"a", "d1", "d2", "e"}, nil, []string{"q max=1: d1 d2"}, []string{"web/all: a d1 e | d2"}, nil},
		{"who does not fit moves on in the wave, and the wave keeps its hosts",
			[]policies.Wave{{Name: "canary", Count: 2}, {Name: "rest", Batch: number(2)}}, []string{"d1", "d2", "d3", "e", "f"}, nil, []string{"q max=1: d1 d2 d3"},
			[]string{"web/canary: d1 | d2", "web/rest: d3 e | f"}, nil},
		{"hosts that are not in the plan count for the percentage", one, []string{"d1", "d2"}, nil, []string{"q max=50%: d1 d2 d3 d4"}, []string{"web/all: d1 d2"}, nil},
		{"a percentage is rounded down, and at least one", one, []string{"d1", "d2", "d3"}, nil, []string{"q max=50%: d1 d2 d3"}, []string{"web/all: d1 | d2 | d3"}, nil},
		{"two must be healthy", one, []string{"d1", "d2", "d3", "d4"}, nil, []string{"q min=2: d1 d2 d3 d4"}, []string{"web/all: d1 d2 | d3 d4"}, nil},
		{"half must be healthy, rounded up", one, []string{"d1", "d2", "d3"}, nil, []string{"q min=50%: d1 d2 d3"}, []string{"web/all: d1 | d2 | d3"}, nil},
		{"all must be healthy", one, []string{"a", "d1", "d2-"}, nil, []string{"q min=2: d1 d2"}, []string{"web/all: a d2"}, []string{"d1"}},
		{"more must be healthy than there are", one, []string{"d1", "e"}, nil, []string{"q min=9: d1 d2"}, []string{"web/all: e"}, []string{"d1"}},
		{"waves are of those that are left", []policies.Wave{{Name: "half", Percent: 50}, {Name: "rest"}}, []string{"a", "b", "c", "d", "x", "y"}, nil, []string{"q min=2: x y"},
			[]string{"web/half: a b", "web/rest: c d"}, []string{"x", "y"}},
		{"several obeyed at once", one, []string{"a", "b", "c"}, nil, []string{"p max=1: a b", "q max=1: b c"}, []string{"web/all: a c | b"}, nil},
		{"one of several forbids it", one, []string{"a", "b"}, nil, []string{"p max=1: a b", "q min=1: a"}, []string{"web/all: b"}, []string{"a"}},
		{"a host without work is not away", one, []string{"d1", "d2-", "d3-"}, nil, []string{"q max=1: d1 d2 d3"}, []string{"web/all: d1 d2 d3"}, nil},
		{"behind what it depends on, which moved", one, []string{"a", "d1", "d2", "z"}, []string{"a>d2", "d1", "d2", "z"}, []string{"q max=1: d1 d2"}, []string{"web/all: d2 z | a d1"}, nil},
		{"and the batch stays small", []policies.Wave{{Name: "all", Batch: number(2)}}, []string{"a", "b", "d1", "d2", "d3", "z"}, nil, []string{"q max=1: d1 d2 d3"},
			[]string{"web/all: a b | d1 z | d2 | d3"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fleet == nil {
				for _, h := range tt.hosts {
					tt.fleet = append(tt.fleet, strings.TrimSuffix(h, "-"))
				}
			}
			req := Request{Inventory: fleetOf(tt.fleet...), Availabilities: available(t, tt.avail...)}
			waves, excluded, err := assemble([]group{{rollout(tt.waves...), hostsOf(tt.hosts...)}}, req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, drawn(waves)); diff != "" {
				t.Error(diff)
			}
			var out []string
			for _, x := range excluded {
				out = append(out, x.Host)
				if x.Code != ExcludedAvailability || !x.Refused() {
					t.Errorf("%+v", x)
				}
			}
			if diff := cmp.Diff(tt.out, out); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAvailabilityOverPolicies: a bound counts in whatever policy a host is.
func TestAvailabilityOverPolicies(t *testing.T) {
	web, db := rollout(policies.Wave{Name: "all"}), rollout(policies.Wave{Name: "all"})
	db.Name = "db"
	req := Request{Policies: []*policies.Policy{db, web}, Inventory: fleetOf("a", "b", "c", "d"), Availabilities: available(t, "q max=1: a b c d")}
	waves, _, err := assemble([]group{{web, hostsOf("a", "b")}, {db, hostsOf("c", "d")}}, req)
	if diff := cmp.Diff([]string{"db/all: c | d", "web/all: a | b"}, drawn(waves)); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// TestForbiddenSaysWhere: the operator is told which line forbids it.
func TestForbiddenSaysWhere(t *testing.T) {
	list := available(t, "quorum min=3: a b c")
	h := hostsOf("a")[0]
	const want = "availability quorum (site.hcl:7) wants all of its 3 hosts healthy, so none of them can be worked on; lower its min_healthy"
	if x := newBounds(list).forbid(h); x == nil || *x != (Excluded{"a", ExcludedAvailability, want}) {
		t.Errorf("%+v", x)
	}
	list[0].Pos = inventory.Position{}
	if x := newBounds(list).forbid(h); x == nil || !strings.HasPrefix(x.Reason, "availability quorum wants all") {
		t.Errorf("%+v", x)
	}
	if x := newBounds(list).forbid(hostsOf("z")[0]); x != nil {
		t.Errorf("a host of no availability: %+v", x)
	}
}

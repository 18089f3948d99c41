package agenda_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"patchwave/policies"
	"patchwave/policies/agenda"
)

func TestOrder(t *testing.T) {
	tests := []struct {
		name string
		pols []string
		want string
	}{
		{"none", nil, ""},
		{"by name", []string{"b", "a", "c"}, "a b c"},
		{"the lower priority number first", []string{"a p60", "b p40", "c"}, "b c a"},
		{"those that never reboot first", []string{"a p1", "b never p99", "c no-reboot p98"}, "c b a"},
		{"after overrides priority", []string{"a>z p1", "z p99"}, "z a"},
		{"after overrides reboots", []string{"a>z no-reboot", "z"}, "z a"},
		{"through others", []string{"a>m", "m>z", "z"}, "z m a"},
		{"only what must wait waits", []string{"a>z", "b", "c p60", "z p70"}, "b c z a"},
		{"as soon as it can", []string{"a>b", "b", "c"}, "b a c"},
		{"several before one", []string{"a>c,d", "b", "c", "d"}, "b c d a"},
		{"a name that nobody has", []string{"a>nobody", "b"}, "a b"},
		{"after itself", []string{"a>a", "b"}, "a b"},
		{"a cycle has no order", []string{"c>a", "a>b", "b>c p40", "d"}, "b a c d"},
		{"behind a cycle", []string{"a>b", "b>a", "c>b p1"}, "a b c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ps := pols(t, nil, tt.pols...)
			if got := names(agenda.Order(ps)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if diff := cmp.Diff(names(pols(t, nil, tt.pols...)), names(ps)); diff != "" {
				t.Errorf("the argument was changed:\n%s", diff)
			}
		})
	}
}

func names(ps []*policies.Policy) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

// TestOrderOfAnyGraph: every policy once, whatever "after" says, and in an order
// that keeps it where that is possible.
func TestOrderOfAnyGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ps := anyPolicies(t, nil, true)
		got := agenda.Order(ps)
		if len(got) != len(ps) {
			t.Fatalf("%d of %d policies", len(got), len(ps))
		}
		place := map[string]int{}
		for i, p := range got {
			place[p.Name] = i
		}
		if len(place) != len(ps) {
			t.Fatal("a policy stands there twice")
		}
		after := reach(ps)
		for _, p := range ps {
			for q := range after[p.Name] {
				if _, ok := place[q]; ok && !after[q][p.Name] && q != p.Name && place[q] > place[p.Name] {
					t.Fatalf("%s before %s: %s", p.Name, q, names(got))
				}
			}
		}
		mixed := rapid.Permutation(ps).Draw(t, "another order")
		if diff := cmp.Diff(names(got), names(agenda.Order(mixed))); diff != "" {
			t.Fatalf("the order of the policies counts:\n%s", diff)
		}
	})
}

// reach is the plain way to find what comes before what.
func reach(ps []*policies.Policy) map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, p := range ps {
		out[p.Name] = map[string]bool{}
		for _, q := range p.After {
			out[p.Name][q] = true
		}
	}
	for range ps {
		for p := range out {
			for q := range out[p] {
				for x := range out[q] {
					out[p][x] = true
				}
			}
		}
	}
	return out
}

// anyPolicies draws policies a, b, c, … in some of the windows; with cycles in
// "after" or without.
func anyPolicies(t *rapid.T, windows []*policies.Window, cycles bool) []*policies.Policy {
	n := rapid.IntRange(0, 6).Draw(t, "policies")
	var out []*policies.Policy
	for i := range n {
		p := &policies.Policy{
			Name:     string(rune('a' + i)),
			Priority: rapid.IntRange(48, 51).Draw(t, "priority"),
			Gap:      time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 60, 90, 500}).Draw(t, "gap")) * time.Minute,
			Updates:  rapid.SampledFrom([]string{"all", "no-reboot", "reboot"}).Draw(t, "updates"),
		}
		if len(windows) > 0 && rapid.IntRange(0, 9).Draw(t, "has a window") > 0 {
			p.Window = rapid.SampledFrom(windows).Draw(t, "window")
		}
		for j := range n {
			if (cycles || j < i) && rapid.IntRange(0, 4).Draw(t, "after") == 0 {
				p.After = append(p.After, string(rune('a'+j)))
			}
		}
		out = append(out, p)
	}
	// without cycles the names must not tell the order
	turn := rapid.Permutation([]string{"a", "b", "c", "d", "e", "f"}).Draw(t, "names")
	for _, p := range out {
		p.Name = turn[p.Name[0]-'a']
		for i := range p.After {
			p.After[i] = turn[p.After[i][0]-'a']
		}
		slices.Sort(p.After)
	}
	return out
}

// TestOrderOfALongChain: thousands of policies in the worst order take no time.
func TestOrderOfALongChain(t *testing.T) {
	var ps []*policies.Policy
	const n = 2000
	for i := range n {
		p := &policies.Policy{Name: string(rune(0x4e00 + i))}
		if i+1 < n {
			p.After = []string{string(rune(0x4e00 + i + 1))}
		}
		ps = append(ps, p)
	}
	got := agenda.Order(ps)
	for i := range got {
		if got[i] != ps[n-1-i] {
			t.Fatalf("at place %d", i)
		}
	}
}

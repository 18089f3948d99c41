package plan

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"patchwave/policies"
)

// TestPlansBreakNothing draws whole worlds and looks at their plans: no host is
// patched twice or lost, no quorum, batch, dependency or order is broken, and no
// wave begins outside of its window, in a freeze, before its gap or its soak. What
// is right is worked out here anew, from the words of the language.
func TestPlansBreakNothing(t *testing.T) {
	g := newGrounds(t)
	rapid.Check(t, func(t *rapid.T) {
		w := g.world(t)
		waves, excluded, err := assemble(w.groups, w.req)
		c := newChecked(t, w, waves, excluded)
		if c.cyclic() != (err != nil) {
			t.Fatalf("the policies wait for each other: %v, error %v", c.cyclic(), err)
		}
		if err != nil {
			return
		}
		c.everyHostOnce()
		c.sizes()
		c.quorums()
		c.dependencies()
		c.workFirst()
		c.orderOfPolicies()
		launches := w.launches()
		c.gaps(launches)
		p := &Plan{Waves: waves}
		p.SetTimes(w.req.Policies, w.start, launches)
		c.times(launches)
		c.fits()
	})
}

// checked is a plan with what is looked up in it.
type checked struct {
	*rapid.T
	world
	waves    []Wave
	excluded map[string]bool
	policy   map[string]*policies.Policy // by its name
	of       map[string]*policies.Policy // of a host
	works    map[string]bool
	wave     map[string]int // of a host
	batch    map[string]int // of a host, counted over the whole plan
}

func newChecked(t *rapid.T, w world, waves []Wave, excluded []Excluded) *checked {
	c := &checked{T: t, world: w, waves: waves, excluded: map[string]bool{}, policy: map[string]*policies.Policy{}, of: map[string]*policies.Policy{},
		works: map[string]bool{}, wave: map[string]int{}, batch: map[string]int{}}
	for _, p := range w.req.Policies {
		c.policy[p.Name] = p
	}
	for _, g := range w.groups {
		for _, h := range g.hosts {
			c.of[h.Name], c.works[h.Name] = g.policy, len(h.Steps) > 0
		}
	}
	for _, x := range excluded {
		if c.excluded[x.Host] || x.Code != ExcludedAvailability {
			t.Fatalf("excluded %+v", x)
		}
		c.excluded[x.Host] = true
	}
	n := 0
	for i, w := range waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				if _, twice := c.batch[h.Name]; twice {
					t.Fatalf("host %s is in the plan twice", h.Name)
				}
				c.wave[h.Name], c.batch[h.Name] = i, n
			}
			n++
		}
	}
	return c
}

// mayLose is how many of an availability may be away: the most that the words
// allow, found by counting.
func mayLose(a *policies.Availability) int {
	n, most := len(a.Hosts), 0
	for k := 1; k <= n; k++ {
		m, h := a.MaxUnavailable, a.MinHealthy
		if (m.Given && (k <= m.Count || k*100 <= n*m.Percent || k == 1)) ||
			(h.Given && h.Percent == 0 && n-k >= h.Count) || (h.Given && h.Percent > 0 && (n-k)*100 >= n*h.Percent) {
			most = k
		}
	}
	return most
}

// everyHostOnce: each host is in one wave of its policy, or left out because an
// availability allows nothing.
func (c *checked) everyHostOnce() {
	for h, p := range c.of {
		forbidden := false
		for _, a := range c.req.Availabilities {
			forbidden = forbidden || (c.works[h] && slices.Contains(a.Hosts, h) && mayLose(a) == 0)
		}
		_, planned := c.batch[h]
		if forbidden != c.excluded[h] || planned == forbidden {
			c.Fatalf("host %s is forbidden: %v, excluded: %v, planned: %v", h, forbidden, c.excluded[h], planned)
		}
		if planned && c.waves[c.wave[h]].Policy != p.Name {
			c.Fatalf("host %s is in a wave of %s", h, c.waves[c.wave[h]].Policy)
		}
	}
	if len(c.batch)+len(c.excluded) != len(c.of) {
		c.Fatalf("%d hosts are planned and %d excluded, of %d", len(c.batch), len(c.excluded), len(c.of))
	}
}

func share(a policies.Amount, total int) int {
	if a.Percent > 0 {
		return max(1, total*a.Percent/100)
	}
	return max(1, a.Count)
}

// sizes: waves take what they say, of the hosts that are planned, and no batch is
// larger than it may be.
func (c *checked) sizes() {
	total := map[string]int{}
	for h := range c.batch {
		total[c.of[h].Name]++
	}
	got := map[[2]string]int{}
	for _, w := range c.waves {
		for _, b := range w.Batches {
			i := slices.IndexFunc(c.policy[w.Policy].Rollout.Waves, func(x policies.Wave) bool { return x.Name == w.Name })
			d := c.policy[w.Policy].Rollout.Waves[i]
			most := 10
			if d.Batch.Given {
				most = share(d.Batch, total[w.Policy])
			}
			if d.MaxUnavailable.Given {
				most = min(most, share(d.MaxUnavailable, total[w.Policy]))
			}
			if n := len(b.Hosts); n < 1 || n > most {
				c.Fatalf("a batch of %d in wave %s of %s, %d may be", n, w.Name, w.Policy, most)
			}
			got[[2]string{w.Policy, w.Name}] += len(b.Hosts)
		}
	}
	for name, p := range c.policy {
		left := total[name]
		for _, d := range p.Rollout.Waves {
			want := left
			switch {
			case d.Count > 0:
				want = min(left, d.Count)
			case d.Percent > 0:
				want = min(left, share(policies.Amount{Percent: d.Percent}, total[name]))
			}
			if n := got[[2]string{name, d.Name}]; n != want {
				c.Fatalf("wave %s of %s has %d hosts, want %d", d.Name, name, n, want)
			}
			left -= want
		}
	}
}

func (c *checked) quorums() {
	for _, a := range c.req.Availabilities {
		away := map[int]int{}
		for _, h := range a.Hosts {
			if n, planned := c.batch[h]; planned && c.works[h] {
				if away[n]++; away[n] > mayLose(a) {
					c.Fatalf("batch %d has %d hosts of %+v", n, away[n], a)
				}
			}
		}
	}
}

// dependencies: a host comes behind those that it depends on: those of its own
// policy, and those with work of others.
func (c *checked) dependencies() {
	for _, h := range c.req.Inventory.Hosts {
		for _, dep := range h.DependsOn {
			mine, planned := c.batch[h.Name]
			other, also := c.batch[dep]
			if planned && also && (c.of[h.Name] == c.of[dep] || (c.works[h.Name] && c.works[dep])) && mine <= other {
				c.Fatalf("host %s is in batch %d, %s, which it depends on, in %d", h.Name, mine, dep, other)
			}
		}
	}
}

// workFirst: no wave has a host without work before one with work, unless that
// needs it.
func (c *checked) workFirst() {
	needed := map[string]bool{}
	var need func(h string)
	need = func(h string) {
		for _, dep := range c.req.Inventory.Host(h).DependsOn {
			if c.of[dep] == c.of[h] && !needed[dep] {
				needed[dep] = true
				need(dep)
			}
		}
	}
	for h := range c.batch {
		if c.works[h] {
			need(h)
		}
	}
	for idle := range c.batch {
		for h := range c.batch {
			if c.of[idle] == c.of[h] && !c.works[idle] && c.works[h] && !needed[idle] && c.wave[idle] < c.wave[h] {
				c.Fatalf("host %s has no work and is in a wave before %s", idle, h)
			}
		}
	}
}

// edges are the policies of the plan that each must wait for: by after, also
// through others, and by its hosts.
func (c *checked) edges() (edges map[string]map[string]bool, byHosts bool) {
	edges = map[string]map[string]bool{}
	var follow func(from, name string)
	follow = func(from, name string) {
		for _, q := range c.policy[name].After {
			if !edges[from][q] {
				edges[from][q] = true
				follow(from, q)
			}
		}
	}
	for name := range c.policy {
		edges[name] = map[string]bool{}
		follow(name, name)
	}
	for h, p := range c.of {
		for _, dep := range c.req.Inventory.Host(h).DependsOn {
			if c.works[h] && c.works[dep] && !c.excluded[h] && !c.excluded[dep] && c.of[dep] != p {
				edges[p.Name][c.of[dep].Name], byHosts = true, true
			}
		}
	}
	return edges, byHosts
}

// cyclic reports whether policies of the plan wait for each other.
func (c *checked) cyclic() bool {
	edges, _ := c.edges()
	state := map[string]int{}
	var visit func(name string) bool
	visit = func(name string) bool {
		state[name] = 1
		for q := range edges[name] {
			if state[q] == 1 || (state[q] == 0 && visit(q)) {
				return true
			}
		}
		state[name] = 2
		return false
	}
	present := map[string]bool{}
	for h, p := range c.of {
		if !c.excluded[h] {
			present[p.Name] = true
		}
	}
	for _, to := range edges {
		for q := range to {
			if !present[q] {
				delete(to, q) // a policy without hosts keeps nobody waiting; its own afters were followed
			}
		}
	}
	for name := range present {
		if state[name] == 0 && visit(name) {
			return true
		}
	}
	return false
}

// orderOfPolicies: whoever waits comes behind; where only after says so, the next
// is always the first by rank of those that need not wait.
func (c *checked) orderOfPolicies() {
	edges, byHosts := c.edges()
	var got []string
	for _, w := range c.waves {
		if !slices.Contains(got, w.Policy) {
			got = append(got, w.Policy)
		} else if got[len(got)-1] != w.Policy {
			c.Fatalf("the waves of %s are not together", w.Policy)
		}
	}
	for i, p := range got {
		for _, q := range got[i+1:] {
			if edges[p][q] {
				c.Fatalf("%s comes before %s, which it waits for", p, q)
			}
			waits := slices.ContainsFunc(got[i:], func(r string) bool { return edges[q][r] })
			if !byHosts && !waits && ranked(c.policy[q], c.policy[p]) {
				c.Fatalf("%s comes before %s, which is free and goes first", p, q)
			}
		}
	}
}

// ranked reports whether p goes before q where nothing else counts.
func ranked(p, q *policies.Policy) bool {
	quiet := func(p *policies.Policy) int {
		if p.Updates == "no-reboot" || p.Reboot.When == policies.RebootNever {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(quiet(p), quiet(q)), cmp.Compare(p.Priority, q.Priority), cmp.Compare(p.Name, q.Name)) < 0
}

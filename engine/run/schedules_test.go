package run_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/run"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// TestSchedules plays random schedules, of fleets, policies, availabilities,
// windows, faults and interruptions, in virtual time, and has a judge of its own
// look at what was journaled and at what was done to the hosts. More of them:
//
//	go test ./engine/run -run TestSchedules -rapid.checks=100000 -timeout 0
func TestSchedules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(rt)
		if wrong := s.play(t); len(wrong) > 0 {
			rt.Fatalf("%d violations, the first ones:\n%s", len(wrong), joinLines(wrong[:min(len(wrong), 8)]))
		}
	})
}

// began is when a bubble begins.
func began() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// schedule is one night.
type schedule struct {
	hosts          []string
	fates          map[string]fate
	policies       []*policies.Policy
	availabilities []*policies.Availability
	// closes are the ends of the windows, by policy; none is no window.
	closes map[string]time.Time
	// runs are the policies of each run; they go on at one time.
	runs [][]*policies.Policy
	// cuts end the lives of the runs, each with one.
	cuts [][]cut
}

// cut ends the life of a process at one of its writes.
type cut struct {
	write int
	how   string
	pause time.Duration
}

// minutes are whole polls, so that many things happen at one instant.
func minutes(t *rapid.T, from, to int, label string) time.Duration {
	return time.Duration(rapid.IntRange(from*3, to*3).Draw(t, label)) * poll
}

const poll = 20 * time.Second

func drawSchedule(t *rapid.T) *schedule {
	s := &schedule{fates: map[string]fate{}, closes: map[string]time.Time{}}
	n := rapid.IntRange(2, 8).Draw(t, "hosts")
	for i := range n {
		s.hosts = append(s.hosts, fmt.Sprintf("h%d", i))
		s.fates[s.hosts[i]] = drawFate(t)
	}
	left := rapid.Permutation(s.hosts).Draw(t, "order")
	for i := 0; len(left) > 0; i++ {
		take := rapid.IntRange(1, len(left)).Draw(t, "members")
		if i == 2 {
			take = len(left)
		}
		p := drawPolicy(t, fmt.Sprintf("p%d", i), slices.Sorted(slices.Values(left[:take])))
		left = left[take:]
		s.policies = append(s.policies, p)
		if rapid.IntRange(0, 2).Draw(t, "window") == 0 {
			s.closes[p.Name] = began().Add(minutes(t, 20, 240, "closes"))
		}
	}
	for i := range rapid.IntRange(1, 2).Draw(t, "availabilities") {
		s.availabilities = append(s.availabilities, drawAvailability(t, fmt.Sprintf("a%d", i), s.hosts))
	}
	s.runs = make([][]*policies.Policy, rapid.IntRange(1, 2).Draw(t, "runs"))
	for i, p := range s.policies {
		s.runs[i%len(s.runs)] = append(s.runs[i%len(s.runs)], p)
	}
	for range s.runs {
		var cuts []cut
		for range rapid.IntRange(0, 2).Draw(t, "cuts") {
			cuts = append(cuts, cut{rapid.IntRange(2, 40).Draw(t, "write"),
				rapid.SampledFrom([]string{"let go", "crash", "drain"}).Draw(t, "how"), minutes(t, 0, rapid.SampledFrom([]int{1, 5, 60}).Draw(t, "long"), "pause")})
		}
		s.cuts = append(s.cuts, cuts)
	}
	return s
}

func drawFate(t *rapid.T) fate {
	f := fate{latency: time.Duration(rapid.SampledFrom([]int{10, 10, 10, 1000, 3000}).Draw(t, "latency")) * time.Millisecond,
		install: minutes(t, 1, 20, "install"), reboot: minutes(t, 1, 10, "reboot")}
	spans := func(label string) (out []span) {
		for range max(0, rapid.IntRange(-4, 1).Draw(t, label)) {
			from := began().Add(minutes(t, 0, 180, "from"))
			out = append(out, span{from, from.Add(minutes(t, 5, 60, "for"))})
		}
		return out
	}
	f.gone, f.ill = spans("gone"), spans("ill")
	one := func(label string, of int) bool { return rapid.IntRange(1, of).Draw(t, label) == 1 }
	f.fails, f.breaks, f.reboots, f.never = one("fails", 8), one("breaks", 8), one("reboots", 2), one("never", 12)
	return f
}

func drawPolicy(t *rapid.T, name string, hosts []string) *policies.Policy {
	p := policy(func(p *policies.Policy) { p.Name, p.Hosts = name, hosts })
	p.Reboot.Timeout = 15 * time.Minute
	p.Rollout.MaxFailures = amount(rapid.IntRange(0, 3).Draw(t, "max_failures"))
	if rapid.Bool().Draw(t, "stagger") {
		p.Reboot.Stagger = minutes(t, 1, 10, "apart")
	}
	if rapid.Bool().Draw(t, "verified") {
		p.Verification = &policies.Verification{OnFailure: rapid.SampledFrom([]policies.OnFailure{"stop", "rollback", "continue"}).Draw(t, "on_failure"),
			Probes: []policies.Probe{{Kind: policies.ProbeCommand, Name: "selftest", Run: "selftest", On: policies.OnHost}}}
	}
	wave := func(name string) policies.Wave {
		w := policies.Wave{Name: name, Batch: amount(rapid.IntRange(1, 4).Draw(t, "batch"))}
		if rapid.Bool().Draw(t, "bounded") {
			w.MaxUnavailable = amount(rapid.IntRange(1, 3).Draw(t, "max_unavailable"))
		}
		return w
	}
	p.Rollout.Waves = nil
	if rapid.Bool().Draw(t, "canary") {
		w := wave("canary")
		w.Count = 1
		p.Rollout.Waves = append(p.Rollout.Waves, w)
	}
	p.Rollout.Waves = append(p.Rollout.Waves, wave("rest"))
	return p
}

func drawAvailability(t *rapid.T, name string, hosts []string) *policies.Availability {
	a := &policies.Availability{Name: name, Hosts: rapid.SliceOfNDistinct(rapid.SampledFrom(hosts), 1, len(hosts), rapid.ID).Draw(t, "group")}
	slices.Sort(a.Hosts)
	if rapid.Bool().Draw(t, "least") {
		a.MinHealthy = amount(rapid.IntRange(1, max(1, len(a.Hosts)-1)).Draw(t, "min_healthy"))
	} else {
		a.MaxUnavailable = amount(rapid.IntRange(1, 3).Draw(t, "max_unavailable"))
	}
	if rapid.IntRange(0, 3).Draw(t, "probed") > 0 {
		a.Probes = []policies.Probe{{Kind: policies.ProbeCommand, Name: "quorum", Run: "quorum", On: policies.OnHost}}
	}
	return a
}

// plan makes batches as big as the waves allow, whatever the availabilities say:
// the engine has to keep to them, and not only the planner.
func (s *schedule) plan(ps []*policies.Policy) *plan.Plan {
	out := &plan.Plan{ID: "p1", Excluded: []plan.Excluded{}}
	for _, p := range ps {
		left, total := p.Hosts, len(p.Hosts)
		for _, w := range p.Rollout.Waves {
			take := left[:w.Size(total, len(left))]
			left = left[len(take):]
			if len(take) == 0 {
				continue
			}
			wave := plan.Wave{Policy: p.Name, Name: w.Name}
			for hosts := range slices.Chunk(take, w.Batch.Count) {
				var b plan.Batch
				for _, h := range hosts {
					b.Hosts = append(b.Hosts, plan.Host{Name: h, Steps: []plan.Step{{Step: plan.StepUpdates,
						Updates: []plan.Entry{{Change: puppetUpdate()}}, Reboot: s.fates[h].reboots}}})
				}
				wave.Batches = append(wave.Batches, b)
			}
			out.Waves = append(out.Waves, wave)
		}
	}
	return out
}

// errCrash is a process that dies.
var errCrash = errors.New("the process is gone")

// play plays the schedule and returns what was wrong with it.
func (s *schedule) play(t *testing.T) (wrong []string) {
	synctest.Test(t, func(t *testing.T) {
		fleet := &puppets{hosts: map[string]*puppet{}}
		j := newJudge(s, fleet)
		inv := &inventory.Inventory{}
		for _, h := range s.hosts {
			fleet.hosts[h] = &puppet{name: h, fate: s.fates[h], version: "1", jobs: map[string]*puppetJob{}, rebooting: j.reboots}
			inv.Hosts = append(inv.Hosts, &inventory.Host{Name: h, Target: connectors.Target{Name: h}})
		}
		absences := &away{}
		var wg sync.WaitGroup
		for i, ps := range s.runs {
			wg.Go(func() { s.run(t, j, fleet, inv, absences, fmt.Sprintf("r%d", i), ps, s.cuts[i]) })
		}
		wg.Wait()
		j.finish()
		wrong = j.wrong
	})
	return wrong
}

// run is one run with all its lives.
func (s *schedule) run(t *testing.T, j *judge, fleet *puppets, inv *inventory.Inventory, absences *away, id string, ps []*policies.Policy, cuts []cut) {
	made := s.plan(ps)
	j.planned(id, made)
	for life := 0; ; life++ {
		ctx, cancel := context.WithTimeout(t.Context(), 72*time.Hour)
		drain := make(chan struct{})
		book := &book{judge: j, run: id}
		pause := time.Duration(-1)
		if life < len(cuts) {
			c := cuts[life]
			pause, book.cut = c.pause, c
			book.hit = sync.OnceFunc(func() {
				if c.how == "drain" {
					close(drain)
				} else {
					cancel()
				}
			})
		}
		e := &run.Engine{Dialer: fleet, Managers: []updates.Manager{puppetManager{}}, Journal: book, Now: time.Now, Controller: controller,
			Poll: poll, Absences: absences}
		r, err := e.Apply(ctx, run.Work{Run: id, Plan: made, Inventory: inv, Policies: s.policies, Availabilities: s.availabilities,
			Start: journal.RunStartedData{Kind: run.KindApply, Rollout: id, Controller: controller, Fence: int64(life + 1)},
			Left:  s.left, Past: j.past(id), Dead: []string{id}}, drain)
		late := ctx.Err() != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded)
		cancel()
		switch {
		case late:
			j.fault("run %s does not end", id)
			return
		case err != nil && !errors.Is(err, errCrash):
			j.fault("run %s: %v", id, err)
			return
		case err == nil && r.State != "interrupted" && r.State != "running":
			return
		case pause < 0:
			j.fault("run %s is %s: %s", id, r.State, r.Why)
			return
		}
		if err := rest(t.Context(), pause); err != nil {
			j.fault("%v", err)
			return
		}
	}
}

func (s *schedule) left(p *policies.Policy, _ *inventory.Host) (time.Duration, bool) {
	closes, ok := s.closes[p.Name]
	return time.Until(closes), ok
}

// give lets others go first, as a disk that takes its time does.
func give() {
	for range rand.IntN(12) {
		runtime.Gosched()
	}
}

// book is the journal of one life of a run.
type book struct {
	judge *judge
	run   string
	cut   cut
	hit   func()

	mu     sync.Mutex
	writes int
	dead   bool
}

// Append implements journal.Journal.
func (b *book) Append(_ context.Context, events ...journal.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writes++
	if b.hit != nil && b.writes >= b.cut.write {
		b.dead = b.dead || b.cut.how == "crash"
		defer b.hit()
	}
	if b.dead {
		return errCrash
	}
	b.judge.append(b.run, events)
	give() // it is durable, and who wrote it does not know yet
	return nil
}

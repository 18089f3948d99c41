package run_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/policies"
)

// judge looks at the events of all runs in the order in which they became
// durable, and at the hosts, and knows nothing of the engine. It reads only what
// the moves of hosts say.
type judge struct {
	s     *schedule
	fleet *puppets

	mu     sync.Mutex
	events map[string][]journal.Event
	state  map[string]journal.State
	// goals are those of hosts that are being tidied up.
	goals map[string]journal.State
	runOf map[string]string
	place map[string]spot
	open  map[string]bool
	wrong []string
}

// spot is where a host stands in a plan.
type spot struct {
	policy      *policies.Policy
	wave, batch int
	total       int
}

func newJudge(s *schedule, f *puppets) *judge {
	return &judge{s: s, fleet: f, events: map[string][]journal.Event{}, state: map[string]journal.State{}, goals: map[string]journal.State{},
		runOf: map[string]string{}, place: map[string]spot{}, open: map[string]bool{}}
}

func (j *judge) planned(run string, p *plan.Plan) {
	j.mu.Lock()
	defer j.mu.Unlock()
	wave := map[string]int{}
	for _, w := range p.Waves {
		i := slices.IndexFunc(j.s.policies, func(q *policies.Policy) bool { return q.Name == w.Policy })
		for b, batch := range w.Batches {
			for _, h := range batch.Hosts {
				j.state[h.Name], j.runOf[h.Name] = journal.Pending, run
				j.place[h.Name] = spot{j.s.policies[i], wave[w.Policy], b, len(j.s.policies[i].Hosts)}
			}
		}
		wave[w.Policy]++
	}
}

func (j *judge) past(run string) []journal.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.events[run])
}

func (j *judge) fault(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.says(format, args...)
}

func (j *judge) says(format string, args ...any) {
	at := time.Since(began()).Round(time.Second)
	j.wrong = append(j.wrong, fmt.Sprintf("%s: ", at)+fmt.Sprintf(format, args...))
}

// append takes events that are durable now.
func (j *judge) append(run string, events []journal.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, e := range events {
		e.Seq = int64(len(j.events[run])) + 1
		j.events[run] = append(j.events[run], e)
		switch e.Type {
		case journal.HostState:
			var d struct{ From, To, Goal journal.State }
			if err := json.Unmarshal(e.Data, &d); err != nil {
				j.says("%v", err)
			}
			j.move(e.Host, d.From, d.To, d.Goal)
		case journal.BreakerOpen:
			var d struct{ Policy string }
			if err := json.Unmarshal(e.Data, &d); err != nil {
				j.says("%v", err)
			}
			j.open[d.Policy] = true
		}
	}
}

func ended(s journal.State) bool {
	switch s {
	case "done", "unchanged", "failed", "deferred", "skipped", "rolled-back", "cancelled", "lost", "unreachable":
		return true
	}
	return false
}

// away reports whether somebody works on a host.
func (j *judge) away(h string) bool {
	switch j.state[h] {
	case "protecting", "ready", "installing", "installed", "rebooting", "verifying", "rolling-back", "restoring":
		return true
	}
	return false
}

// bad is the bad end of a host, or "".
func (j *judge) bad(h string) journal.State {
	s := j.state[h]
	if s == "restoring" {
		s = j.goals[h]
	}
	switch s {
	case "failed", "lost", "rolled-back", "unreachable":
		return s
	}
	return ""
}

func (j *judge) move(h string, from, to, goal journal.State) {
	if j.state[h] != from {
		j.says("%s moves from %s and is %s", h, from, j.state[h])
	}
	if from == "pending" && to == "checking" {
		j.order(h)
	}
	if to == "protecting" || to == "installing" || from == "pending" && to == "checking" {
		j.window(h, to)
		j.budget(h, to)
	}
	if to == "protecting" {
		for _, a := range j.s.availabilities {
			if slices.Contains(a.Hosts, h) {
				j.quorum(h, a, "begins")
			}
		}
		j.unavailable(h)
	}
	j.state[h], j.goals[h] = to, goal
	j.always(h)
}

// order: canaries before the others, batches one after the other.
func (j *judge) order(h string) {
	me := j.place[h]
	for other, at := range j.place {
		earlier := at.wave < me.wave || at.wave == me.wave && at.batch < me.batch
		if at.policy == me.policy && earlier && !ended(j.state[other]) {
			j.says("%s begins and %s of an earlier batch is %s", h, other, j.state[other])
		}
	}
}

func (j *judge) window(h string, to journal.State) {
	closes, ok := j.s.closes[j.place[h].policy.Name]
	if ok && !time.Now().Before(closes) {
		j.says("%s goes to %s after its window has closed", h, to)
	}
}

func (j *judge) budget(h string, to journal.State) {
	p := j.place[h].policy
	failures := 0
	for _, other := range p.Hosts {
		if j.bad(other) != "" {
			failures++
		}
	}
	if failures > p.Rollout.MaxFailures.Count {
		j.says("%s goes to %s after %d failures", h, to, failures)
	}
	if j.open[p.Name] {
		j.says("%s goes to %s after the breaker of %s opened", h, to, p.Name)
	}
}

// quorum: with h away, the availability still holds. What has changed within the
// last minutes nobody needs to know.
func (j *judge) quorum(h string, a *policies.Availability, does string) {
	var out []string
	for _, other := range a.Hosts {
		switch {
		case other == h:
		case j.away(other):
			out = append(out, other+" is "+string(j.state[other]))
		case j.runOf[other] == j.runOf[h] && j.bad(other) != "" && len(a.Probes) == 0:
			out = append(out, other+" is "+string(j.state[other]))
		case j.fleet.hosts[other].unwellFor(4*time.Minute, time.Now(), len(a.Probes) > 0):
			out = append(out, other+" is not well")
		}
	}
	if len(out)+1 > j.may(a) {
		j.says("%s %s, %s may lose %d of %v, and %s", h, does, a.Name, j.may(a), a.Hosts, strings.Join(out, ", "))
	}
}

// may is how many hosts of an availability may be away.
func (j *judge) may(a *policies.Availability) int {
	if a.MinHealthy.Count > 0 {
		return max(0, len(a.Hosts)-a.MinHealthy.Count)
	}
	return a.MaxUnavailable.Count
}

// unavailable: the max_unavailable of the wave, counted over the policy.
func (j *judge) unavailable(h string) {
	me := j.place[h]
	w := me.policy.Rollout.Waves[me.wave]
	if !w.MaxUnavailable.Given {
		return
	}
	probed := me.policy.Verification != nil
	var out []string
	for _, other := range me.policy.Hosts {
		bad := j.bad(other)
		switch {
		case other == h:
		case j.away(other):
			out = append(out, other)
		case bad == "" || bad == "rolled-back" && !probed:
		case !probed || j.fleet.hosts[other].unwellFor(4*time.Minute, time.Now(), true):
			out = append(out, other)
		}
	}
	if len(out)+1 > w.MaxUnavailable.Count {
		j.says("%s begins, %d may be unavailable, and these are: %v", h, w.MaxUnavailable.Count, out)
	}
}

// always: what holds at every instant.
func (j *judge) always(h string) {
	n := 0
	for _, other := range j.place[h].policy.Hosts {
		if j.away(other) {
			n++
		}
	}
	if most := j.place[h].policy.Rollout.Waves[j.place[h].wave].Batch.Count; n > most {
		j.says("%d hosts of %s are in work, the batch has %d", n, j.place[h].policy.Name, most)
	}
	for _, a := range j.s.availabilities {
		n := 0
		for _, other := range a.Hosts {
			if j.away(other) {
				n++
			}
		}
		if n > j.may(a) {
			j.says("%d hosts of %s are away, %d may be", n, a.Name, j.may(a))
		}
	}
}

// reboots: at the moment at which a host is asked to reboot, every availability
// holds without it.
func (j *judge) reboots(p *puppet) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state[p.name] != "rebooting" {
		j.says("%s is asked to reboot and is %s", p.name, j.state[p.name])
	}
	for _, a := range j.s.availabilities {
		if slices.Contains(a.Hosts, p.name) && len(a.Hosts) > 1 {
			j.quorum(p.name, a, "reboots")
		}
	}
}

// finish looks at the end.
func (j *judge) finish() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, h := range j.s.hosts {
		if !ended(j.state[h]) {
			j.says("%s is left in %s", h, j.state[h])
		}
		counts := map[string]int{}
		for _, job := range j.fleet.hosts[h].jobs {
			counts[job.what]++
		}
		for what, n := range counts {
			if n > 1 {
				j.says("%d times %s on %s", n, what, h)
			}
		}
	}
	for _, p := range j.s.policies {
		var asked []time.Time
		for _, h := range p.Hosts {
			asked = append(asked, j.fleet.hosts[h].asked...)
		}
		slices.SortFunc(asked, time.Time.Compare)
		for i := 1; i < len(asked); i++ {
			if got := asked[i].Sub(asked[i-1]); got < p.Reboot.Stagger-slack {
				j.says("two reboots of %s within %s, %s apart is asked for", p.Name, got, p.Reboot.Stagger)
			}
		}
	}
}

// slack is how much later than its moment a host may be asked to reboot: it is
// slow, or was not to be reached.
const slack = 0

func joinLines(lines []string) string { return strings.Join(lines, "\n") }

// away is the absences of a database.
type away struct {
	mu   sync.Mutex
	list map[string]coord.Absence
}

// Leave implements coord.Absences.
func (w *away) Leave(_ context.Context, a coord.Absence, fits func([]coord.Absence) bool) (bool, error) {
	give()
	w.mu.Lock()
	defer w.mu.Unlock()
	var others []coord.Absence
	for h, x := range w.list {
		if h != a.Host {
			others = append(others, x)
		}
	}
	slices.SortFunc(others, func(a, b coord.Absence) int { return strings.Compare(a.Host, b.Host) })
	if !fits(others) {
		return false, nil
	}
	if w.list == nil {
		w.list = map[string]coord.Absence{}
	}
	w.list[a.Host] = a
	return true, nil
}

// Return implements coord.Absences.
func (w *away) Return(_ context.Context, run string, hosts ...string) error {
	give()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range hosts {
		if w.list[h].Run == run {
			delete(w.list, h)
		}
	}
	return nil
}

package run

import (
	"context"
	"fmt"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
	"patchwave/engine/coord"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// Engine carries out plans.
type Engine struct {
	Dialer   connectors.Dialer
	Managers []updates.Manager
	Journal  journal.Journal
	// Leases keep the hosts that are in work; nil keeps nothing.
	Leases Leases
	Now    func() time.Time
	// Controller is the id of this controller's database.
	Controller string
	// Parallelism bounds the hosts in work at once, over all batches; 0 means
	// 200.
	Parallelism int
	// Poll is the pause between two looks at a job; 0 means two seconds. Half of it
	// is the first pause before a host is dialled again.
	Poll time.Duration
	// Settle is how long a host may take after its updates to be again what it was
	// before; 0 means health.DefaultSettle.
	Settle time.Duration
	// Back is how long a host may take to be taken back as a whole and to answer again, if
	// its policy's reboot.timeout is not longer; 0 means half an hour.
	Back time.Duration
	// Absences are the hosts that runs work on, over all runs of the database; nil
	// knows of no other run.
	Absences coord.Absences
	// Patience is how long a host waits for hosts that are not well before it is
	// deferred; 0 means DefaultPatience.
	Patience time.Duration
	// Notify is called with every event after it is durable, one at a time; may
	// be nil. The run must not be kept.
	Notify func(journal.Event, *journal.Run)
	// Printed is called with what a job printed, as it is read, from start bytes on;
	// may be nil. The host waits for it: it must not block. A resume begins anew
	// with the first byte. The text is hostile.
	Printed func(host, job string, start int64, text []byte)
	// Observed is called for every scan that the engine makes; may be nil.
	Observed func(inventory.Observation) error
	// Programs starts the actions of the controller; nil: there are none.
	Programs Programs
	// Restores are the restore points beside those of packages; nil: there are none.
	Restores Restores
	// Packet sends the packet that wakes a machine from the controller; nil: it
	// cannot.
	Packet func(ctx context.Context, mac, address string) error
}

// poll is Poll, or its default.
func (e *Engine) poll() time.Duration {
	if e.Poll <= 0 {
		return 2 * time.Second
	}
	return e.Poll
}

// Work is one run to do, or to go on with.
type Work struct {
	Run   string
	Start journal.RunStartedData
	Plan  *plan.Plan
	// Inventory and Policies are those of the plan's configuration.
	Inventory *inventory.Inventory
	Policies  []*policies.Policy
	// Availabilities are all that are declared.
	Availabilities []*policies.Availability
	// Left is how much time a policy has left on a host; false says that nothing
	// bounds it. nil bounds nothing.
	Left func(*policies.Policy, *inventory.Host) (time.Duration, bool)
	// Longest are the longest of the recent runs of hosts, by name.
	Longest map[string]time.Duration
	// Dead are runs of this controller whose process is provably gone.
	Dead []string
	// Owes are the boot ids of hosts with which they owe a reboot, by name.
	Owes map[string]string
	// Woken are hosts that were woken for the plan, by name, with what they were.
	Woken map[string]string
	// Past are the events of the run so far: none for a new run.
	Past []journal.Event
	// Earlier are the hosts of the earlier runs of the rollout: their failures count.
	Earlier []*journal.Host
	// Late are hosts that were not reached before and are tried again; others that
	// were not reached stay as they are. Without it a resume tries them all.
	Late []string
	// Removable are the points of a host that may be removed by what the journal knows:
	// their runs, by tag. nil: all that bear patchwave's tag.
	Removable func(ctx context.Context, host string) (map[string]string, error)
	// Undone is what the run that is taken back by hand did on hosts, by name.
	Undone map[string]*journal.Host
	// Later finds runs that have changed a host since this one; nil knows of none.
	Later LaterFunc
	// Cancel says whether the run is cancelled: what has begun is brought to its end,
	// and everything else is cancelled. May be nil.
	Cancel CancelFunc
}

// Apply carries out a plan and returns what came of it. When drain is closed,
// what has begun is brought to its end and nothing more is begun. When ctx ends,
// Apply lets go at once: jobs on the hosts go on by themselves, and the run can
// be resumed. The error is of the engine.
func (e *Engine) Apply(ctx context.Context, w Work, drain <-chan struct{}) (*journal.Run, error) {
	r := &runner{engine: e, work: w, drain: drain, breakers: map[string]*breaker{}, reboots: map[string]*reboots{}, behind: map[string]string{},
		cancel: &cancelling{said: make(chan struct{})},
		rec:    &recorder{journal: e.Journal, now: e.Now, notify: e.Notify, run: w.Run, fence: w.Start.Fence, folder: journal.NewFolder()}}
	n := e.Parallelism
	if n <= 0 {
		n = 200
	}
	r.slots, r.guards = make(chan struct{}, n), newGuards(e, w)
	for _, ev := range w.Past {
		if err := r.rec.folder.Add(ev); err != nil {
			return nil, fmt.Errorf("read the journal of run %s: %w", w.Run, err)
		}
	}
	r.origin()
	if n := len(w.Past); n > 0 {
		r.work.Start.After = w.Past[n-1].Seq
	}
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	stop, err := r.watchCancel(ctx)
	if err == nil {
		err = r.recall(ctx)
	}
	r.recallReboots()
	if err == nil {
		err = r.recount(ctx)
	}
	if err == nil {
		err = r.goOn(ctx)
	}
	if err == nil {
		err = r.waves(ctx)
	}
	stop()
	if err == nil {
		err = r.end(ctx)
	}
	return r.rec.folder.Run(), err
}

// runner is one Apply.
type runner struct {
	engine   *Engine
	work     Work
	rec      *recorder
	drain    <-chan struct{}
	slots    chan struct{}
	mu       sync.Mutex
	breakers map[string]*breaker
	reboots  map[string]*reboots
	soaking  bool
	cancel   *cancelling
	// behind are the waves of policies for which there was not time enough.
	behind map[string]string
	*guards
}

// begin journals the run and its hosts, once.
func (r *runner) begin(ctx context.Context) error {
	entries := []entry{{"", journal.RunStarted, r.work.Start}}
	if len(r.work.Past) == 0 {
		for _, w := range r.work.Plan.Waves {
			for i, b := range w.Batches {
				for _, h := range b.Hosts {
					entries = append(entries, planned(w, i, h))
				}
			}
		}
		entries = append(entries, excluded(r.work.Plan)...)
	} else {
		entries = append(entries, r.late()...)
	}
	return r.rec.add(ctx, entries...)
}

// excluded journals the hosts that the plan could not look at.
func excluded(p *plan.Plan) []entry {
	var out []entry
	for _, x := range p.Excluded {
		to := journal.Failed
		switch code := connectors.Code(x.Code); {
		case code == plan.ExcludedUnmanaged:
			continue
		case code == connectors.CodeUnreachable, code == connectors.CodeAuth, code == connectors.CodeHostKey:
			to = journal.Unreachable
		case x.Refused():
			to = journal.Skipped
		}
		fault := &journal.Fault{Code: x.Code, Message: x.Reason}
		out = append(out,
			entry{x.Host, journal.HostPlanned, journal.HostPlannedData{}},
			entry{x.Host, journal.HostState, journal.HostStateData{From: journal.Pending, To: journal.Checking}},
			entry{x.Host, journal.HostState, journal.HostStateData{From: journal.Checking, To: to, Fault: fault}})
	}
	return out
}

func records(changes []updates.Change) []journal.UpdateRecord {
	out := make([]journal.UpdateRecord, 0, len(changes))
	for _, c := range changes {
		out = append(out, journal.UpdateRecord{Name: c.Name, Arch: c.Arch, Action: string(c.Action), From: c.From, To: c.To, State: "pending"})
	}
	return out
}

// waves works through the plan, wave by wave and batch by batch.
func (r *runner) waves(ctx context.Context) error {
	soaks := map[string]bool{}
	for i, w := range r.work.Plan.Waves {
		policy := r.policy(w.Policy)
		if policy == nil {
			return fmt.Errorf("the plan names policy %s, which the configuration does not have", w.Policy)
		}
		cancelled := r.cancel.word() != "" && ctx.Err() == nil && r.rec.err() == nil
		if r.stopping(ctx) && !cancelled {
			break
		}
		if soaks[w.Policy] && !cancelled {
			continue // a later wave waits with the one before it
		}
		if i > 0 && !cancelled && !r.isOpen(policy) && r.behind[w.Policy] == "" && r.soak(policy, r.work.Plan.Waves[i-1], w) {
			soaks[w.Policy] = true
			continue
		}
		for _, b := range w.Batches {
			if err := r.batch(ctx, policy, b); err != nil {
				return err
			}
		}
		if r.behind[w.Policy] == "" {
			r.behind[w.Policy] = r.leftBehind(w)
		}
	}
	return r.rec.err()
}

// batch works on the hosts of a batch at once.
func (r *runner) batch(ctx context.Context, policy *policies.Policy, b plan.Batch) error {
	ms := make([]*machine, 0, len(b.Hosts))
	for _, h := range b.Hosts {
		ms = append(ms, r.machine(policy, h))
	}
	return r.together(ctx, ms)
}

func (r *runner) machine(policy *policies.Policy, h plan.Host) *machine {
	m := &machine{runner: r, policy: policy, plan: h, host: r.work.Inventory.Host(h.Name), name: h.Name}
	m.turn = wrap.NewTurn(r.engine.Dialer, m.host.Target)
	return m
}

// together drives machines at once.
func (r *runner) together(ctx context.Context, ms []*machine) error {
	var wg sync.WaitGroup
	for _, m := range ms {
		wg.Go(func() {
			if m.comeIn(ctx) == nil {
				m.drive(m.turn.Under(ctx))
			}
			m.goOut()
		})
	}
	wg.Wait()
	return r.rec.err()
}

// goOn brings the hosts to their end that a process that is gone had begun with,
// before anything else is begun: they count in the batch that they were in.
func (r *runner) goOn(ctx context.Context) error {
	var ms []*machine
	for _, w := range r.work.Plan.Waves {
		for _, b := range w.Batches {
			for _, h := range b.Hosts {
				state := r.rec.host(h.Name).State
				row, _ := journal.RowOf(state)
				if policy := r.policy(w.Policy); row.Begun && !state.Ended() && policy != nil {
					ms = append(ms, r.machine(policy, h))
				}
			}
		}
	}
	return r.together(ctx, ms)
}

// soak reports whether a wave has to wait for the soak of the one before.
func (r *runner) soak(policy *policies.Policy, before, next plan.Wave) bool {
	if before.Policy != next.Policy || r.over(next) {
		return false
	}
	for _, w := range policy.Rollout.Waves {
		if w.Name != before.Name || w.Soak == 0 {
			continue
		}
		last := r.lastEnd(before)
		if !last.IsZero() && r.engine.Now().Before(last.Add(w.Soak)) {
			r.soaking = true
			return true
		}
	}
	return false
}

// over reports whether all hosts of a wave have ended already.
func (r *runner) over(w plan.Wave) bool {
	for _, b := range w.Batches {
		for _, h := range b.Hosts {
			if !r.rec.host(h.Name).State.Ended() {
				return false
			}
		}
	}
	return true
}

// lastEnd is when the last host of a wave ended that was changed; zero if none
// was: then there is nothing to be watched.
func (r *runner) lastEnd(w plan.Wave) time.Time {
	var last time.Time
	for _, b := range w.Batches {
		for _, h := range b.Hosts {
			if done := r.rec.host(h.Name); done.State != journal.Unchanged && done.Since.After(last) {
				last = done.Since
			}
		}
	}
	return last
}

func (r *runner) policy(name string) *policies.Policy {
	for _, p := range r.work.Policies {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// stopping reports whether nothing more may be begun.
func (r *runner) stopping(ctx context.Context) bool {
	select {
	case <-r.drain:
		return true
	case <-r.cancel.said:
		return true
	case <-ctx.Done():
		return true
	default:
		return r.rec.err() != nil
	}
}

// end journals how the run ended.
func (r *runner) end(ctx context.Context) error {
	state, why := "finished", ""
	open, pending, kept := 0, 0, 0
	r.rec.mu.Lock()
	run := r.rec.folder.Run()
	for _, h := range run.Hosts {
		switch {
		case h.State == journal.Pending:
			pending++
		case !h.State.Ended():
			open++
		case h.State == journal.Skipped && h.Fault == nil:
			kept++
		}
	}
	breaker := run.Breaker
	r.rec.mu.Unlock()
	switch {
	case open > 0 || (pending > 0 && (!r.soaking || r.cancel.word() != "")):
		state, why = "interrupted", fmt.Sprintf("%s not finished, %d not begun", hostsText(open), pending)
	case r.cancel.word() != "":
		state, why = "cancelled", r.cancel.word()
	case r.soaking:
		state, why = "soaking", hostsText(pending)+" to wait for the soak of the wave before"
	case breaker != nil && kept > 0: // with nothing kept from beginning, nothing was stopped
		state, why = "stopped", fmt.Sprintf("failures: %d, allowed: %d", breaker.Failures, breaker.Allowed)
	}
	return r.rec.add(ctx, entry{"", journal.RunState, journal.RunStateData{State: state, Why: why}})
}

package run

import (
	"context"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/wrap"
	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

// machine drives one host from whatever state it is in to an end.
type machine struct {
	*runner
	policy *policies.Policy
	plan   plan.Host
	host   *inventory.Host
	name   string

	// fence is the number of the host's lease; 0 without one.
	fence int64
	// dead are runs that have died since this one began.
	dead []string
	// checked: this process has compared the host with the plan.
	checked bool
	// turn is the right to connections, inside says that the host has it and a place
	// among the hosts in work.
	turn   *wrap.Turn
	inside bool
	// away says that the host counts as away, fits that this process saw that its
	// run fits into the window.
	away, fits bool
	// waitsFor is what the journal knows that the host waits for.
	waitsFor string

	// ttl is how long the claim has to stand without a renewal; 0 is the default.
	ttl time.Duration
	// working: a job was started, and what became of it is not known yet.
	working bool
	session connectors.Session
	manager updates.Manager
	facts   inventory.Facts
}

// move is the work of one state: it does what the state asks for and journals
// the next state.
type move func(*machine, context.Context) error

// moves has one row a state that is no end.
func moves() map[journal.State]move {
	return map[journal.State]move{
		journal.Pending:     (*machine).start,
		journal.Checking:    (*machine).check,
		journal.Protecting:  (*machine).protect,
		journal.Ready:       (*machine).ready,
		journal.Installing:  (*machine).install,
		journal.Installed:   (*machine).afterInstall,
		journal.Rebooting:   (*machine).reboot,
		journal.Verifying:   (*machine).verify,
		journal.RollingBack: (*machine).rollback,
		journal.Restoring:   (*machine).restore,
	}
}

// drive moves the host until it ended, was not begun because the run is
// stopping, or ctx ended.
func (m *machine) drive(ctx context.Context) {
	ctx, release := m.hold(ctx)
	if release == nil {
		return
	}
	defer release()
	defer m.back(ctx)
	defer m.hangUp()
	row, _ := journal.RowOf(m.state())
	m.away = row.Begun && !m.state().Ended()
	table := moves()
	if err := m.reclaim(ctx); err != nil {
		if m.rec.err() == nil && ctx.Err() == nil {
			_ = m.broke(ctx, err) // an error of the journal stops the loop below
		}
	}
	if err := m.retry(ctx); err != nil {
		return
	}
	for {
		state := m.state()
		if state.Ended() || m.rec.err() != nil || ctx.Err() != nil {
			return
		}
		if m.stopping(ctx) && m.unchanged() {
			if m.cancel.word() == "" {
				m.leave(ctx)
				return
			}
			if !m.touched() {
				if err := m.callOff(ctx); err != nil {
					return
				}
				continue
			}
		}
		if err := table[state](m, ctx); err != nil {
			if m.rec.err() != nil || ctx.Err() != nil {
				return
			}
			if err := m.broke(ctx, err); err != nil {
				return
			}
		}
		if m.state().Ended() {
			if err := m.count(ctx, m.policy); err != nil {
				return
			}
		}
	}
}

// reclaim takes the host's claim again for a host that was found in the middle
// of its work: a resume has a higher fencing number than the run had.
func (m *machine) reclaim(ctx context.Context) error {
	row, _ := journal.RowOf(m.state())
	if len(m.work.Past) == 0 || !row.Begun || m.state().Ended() {
		return nil
	}
	if err := m.wakeAgain(ctx); err != nil {
		return err
	}
	return m.reconnect(ctx, reconnectLimit, func(ctx context.Context) error { return m.client().Set(ctx) })
}

// unchanged reports whether nothing was changed on the host yet, and no job is to
// change it.
func (m *machine) unchanged() bool {
	switch m.state() {
	case journal.Pending, journal.Checking:
		return true
	case journal.Ready:
		return !m.hasActed()
	case journal.Protecting:
		return !m.hasActed() && (len(m.rec.host(m.name).Jobs) == 0 || m.protected())
	default:
		return false
	}
}

// leave lets go of a host on which nothing was changed, because the run is
// stopping. A resume goes on from the state that it is in. If the claim cannot be
// given back, it expires by itself.
func (m *machine) leave(ctx context.Context) {
	if row, _ := journal.RowOf(m.state()); row.Begun && m.dial(ctx) == nil {
		_ = m.client().Release(ctx)
	}
	if m.adopt(ctx) != nil {
		return
	}
	if entries, err := m.putBack(ctx, ""); err == nil && len(entries) > 0 {
		_ = m.rec.add(ctx, entries...) // an error of the journal ends the run
	}
}

// retry lets a resume try a host again that could not be reached.
func (m *machine) retry(ctx context.Context) error {
	if !m.retries(ctx) {
		return nil
	}
	return m.to(ctx, journal.Checking)
}

// retries reports whether this is a resume that may try the host again.
func (m *machine) retries(ctx context.Context) bool {
	return len(m.work.Past) > 0 && len(m.work.Late) == 0 && m.state() == journal.Unreachable && !m.stopping(ctx) && !m.isOpen(m.policy)
}

func (m *machine) state() journal.State { return m.rec.host(m.name).State }

// to journals a move, with other entries before it in the same transaction.
func (m *machine) to(ctx context.Context, next journal.State, before ...entry) error {
	return m.rec.add(ctx, append(before, entry{m.name, journal.HostState, journal.HostStateData{From: m.state(), To: next}})...)
}

// finish goes to an end: at once if nothing was begun, else over restoring.
func (m *machine) finish(ctx context.Context, goal journal.State, why string, fault *journal.Fault, before ...entry) error {
	from := m.state()
	before = append(before, m.owing(goal)...)
	row, _ := journal.RowOf(from)
	data := journal.HostStateData{From: from, To: goal, Why: why, Fault: fault}
	if from != journal.Restoring && slices.Contains(row.Next, journal.Restoring) {
		data.To, data.Goal = journal.Restoring, goal
	}
	if data.To.Ended() {
		asleep, err := m.putBack(ctx, data.To)
		if err != nil {
			return err
		}
		before = append(before, asleep...)
	}
	if slices.Contains(m.policy.Rollout.Counts, string(goal)) || goal == journal.Failed {
		m.gate.Lock()
		defer m.gate.Unlock()
	}
	if err := m.rec.add(ctx, append(before, entry{m.name, journal.HostState, data})...); err != nil {
		return err
	}
	if goal == journal.Skipped {
		return nil
	}
	// a failure counts at once, not when the tidying up is done
	return m.count(ctx, m.policy)
}

// broke ends a host whose move failed.
func (m *machine) broke(ctx context.Context, err error) error {
	fault := faultOf(err)
	lost := m.working && m.state() != journal.Protecting || connectors.CodeOf(err) == connectors.CodeLost ||
		connectors.BeforeLogin(err) || connectors.CodeOf(err) == connectors.CodeTimeout
	if m.state() == journal.RollingBack {
		fault.Message = rollbackFailed + fault.Message + "; look at the host now"
		if lost {
			fault.Message += backAgain
		}
	}
	entries := m.openStep("failed", fault)
	switch state := m.state(); {
	case state == journal.Checking && connectors.BeforeLogin(err):
		return m.finish(ctx, journal.Unreachable, "", fault, entries...)
	case state == journal.Checking:
		return m.finish(ctx, journal.Failed, "", fault, entries...)
	case state == journal.Restoring:
		return m.restored(ctx, "the claim on the host could not be given back: "+err.Error(), entries...)
	case lost:
		return m.finish(ctx, journal.Lost, "", fault, entries...)
	default:
		return m.finish(ctx, journal.Failed, "", fault, entries...)
	}
}

// rollbackFailed begins what is said of a host that should have been taken back.
const rollbackFailed = "the rollback failed: "

// backAgain is what to do about one that was lost on its way.
const backAgain = "; when it answers again, roll it back once more: that tells whether it was taken back"

func (m *machine) goal() journal.State {
	if g := m.rec.host(m.name).Goal; g != "" {
		return g
	}
	return journal.Failed
}

func faultOf(err error) *journal.Fault {
	code := connectors.CodeOf(err)
	if code == "" {
		code = connectors.CodeExit
	}
	return &journal.Fault{Code: string(code), Message: err.Error()}
}

// step begins a step.
func (m *machine) step(name string) entry {
	attempt := 1
	for _, s := range m.rec.host(m.name).Steps {
		if s.Name == name {
			attempt++
		}
	}
	return entry{m.name, journal.StepStarted, journal.StepStartedData{Step: name, Attempt: attempt}}
}

// stepEnd ends the step that is open.
func (m *machine) stepEnd(state string, rc *int, fault *journal.Fault) []entry {
	for _, s := range slices.Backward(m.rec.host(m.name).Steps) {
		if s.Finished == nil {
			return []entry{{m.name, journal.StepFinished, journal.StepFinishedData{Step: s.Name, State: state, ExitCode: rc, Fault: fault}}}
		}
	}
	return nil
}

func (m *machine) openStep(state string, fault *journal.Fault) []entry {
	return m.stepEnd(state, nil, fault)
}

// stepBegun reports whether a step of that name is open.
func (m *machine) stepBegun(name string) bool {
	for _, s := range m.rec.host(m.name).Steps {
		if s.Name == name && s.Finished == nil {
			return true
		}
	}
	return false
}

// begin opens a step unless it is open already (a resume).
func (m *machine) begin(ctx context.Context, name string) error {
	if m.stepBegun(name) {
		return nil
	}
	return m.rec.add(ctx, m.step(name))
}

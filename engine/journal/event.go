package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Type names a kind of event. The version of its payload is in the name's
// Event.V; a reader passes over what it does not know.
type Type string

// The types of events; the payload stands beside each.
const (
	RunStarted   Type = "run.started"      // RunStartedData
	RunState     Type = "run.state"        // RunStateData
	HostPlanned  Type = "host.planned"     // HostPlannedData
	HostState    Type = "host.state"       // HostStateData
	StepStarted  Type = "step.started"     // StepStartedData
	StepFinished Type = "step.finished"    // StepFinishedData
	JobIntent    Type = "job.intent"       // JobIntentData
	JobOutcome   Type = "job.outcome"      // JobOutcomeData
	UpdateResult Type = "update.result"    // UpdateResultData
	PointMade    Type = "point.made"       // PointData
	PointUsed    Type = "point.used"       // PointData
	Rebooted     Type = "host.rebooted"    // RebootedData
	RebootOwed   Type = "host.reboot-owed" // RebootOwedData
	HealthTaken  Type = "health.taken"     // HealthData
	Verified     Type = "host.verified"    // VerifiedData
	BreakerOpen  Type = "breaker.open"     // BreakerData

	ActionIntent  Type = "action.intent"  // ActionIntentData
	ActionOutcome Type = "action.outcome" // ActionOutcomeData
	Noted         Type = "host.noted"     // NotedData
	HostWaiting   Type = "host.waiting"   // HostWaitingData
)

// Event is one line of the journal.
type Event struct {
	// Seq is set by the store, growing within the database.
	Seq int64  `json:"seq"`
	Run string `json:"run"`
	// At is the controller's clock, UTC.
	At time.Time `json:"at"`
	// Host is "" for events of the whole run.
	Host string `json:"host,omitempty"`
	Type Type   `json:"type"`
	// V is the version of Data's shape.
	V    int             `json:"v"`
	Data json.RawMessage `json:"data"`
	// Fence is the fencing number of the process that writes the event; the
	// journal takes no event of a process that was followed by another. 0 is not
	// checked. It is not stored.
	Fence int64 `json:"-"`
	// Write numbers the writes of a process, the same for all events of one Append:
	// a write that comes again is taken once. 0 is not checked. It is not stored.
	Write int64 `json:"-"`
}

// ErrSuperseded says that another process goes on with the run: nothing was
// written, and nothing more may be begun.
var ErrSuperseded = errors.New("another process goes on with this run")

// New makes an event; data is one of the payload types.
func New(run, host string, at time.Time, typ Type, data any) (Event, error) {
	b, err := json.Marshal(data)
	if err != nil {
		return Event{}, fmt.Errorf("encode event %s: %w", typ, err)
	}
	return Event{Run: run, Host: host, At: at.UTC(), Type: typ, V: 1, Data: b}, nil
}

// Journal takes events.
type Journal interface {
	// Append returns nil when the events are durable, all of them or none. After
	// an error the run must begin nothing more. A write that was acknowledged
	// before (Event.Write) is acknowledged again and kept once.
	Append(ctx context.Context, events ...Event) error
}

// Fault is an error as it is recorded.
type Fault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// RunStartedData opens a run.
type RunStartedData struct {
	PlanID       string `json:"plan_id"`
	PlanDigest   string `json:"plan_digest"`
	ConfigDigest string `json:"config_digest"`
	// Kind is "apply" or "rollback".
	Kind    string `json:"kind"`
	Rollout string `json:"rollout"`
	// Trigger is "terminal", "timer" or "resume"; Actor who it was.
	Trigger string `json:"trigger"`
	Actor   string `json:"actor"`
	Reason  string `json:"reason"`
	// Now says that the run was started outside of its window on purpose, Overrides
	// which other refusals were set aside.
	Now       bool     `json:"now,omitempty"`
	Overrides []string `json:"overrides,omitempty"`
	// Controller, PID, BootID and ProcStart identify the process that runs it.
	Controller string `json:"controller"`
	Fence      int64  `json:"fence"`
	PID        int    `json:"pid"`
	BootID     string `json:"boot_id"`
	ProcStart  string `json:"proc_start"`
	// Origin is what the tags of the run's restore points have of Controller; "" in runs
	// of the time before tags had it.
	Origin string `json:"origin,omitempty"`
	// MachineID and PIDSpace say where PID means something.
	MachineID string `json:"machine_id"`
	PIDSpace  string `json:"pid_space"`
	// After is the last event of the run that the process knew when it went on
	// with it: 0 for a new run. If there is a later one, another was faster.
	After int64 `json:"after"`
}

// RunStateData is the state of a run: running, soaking, draining, finished,
// stopped, cancelled, interrupted.
type RunStateData struct {
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
}

// HostPlannedData puts a host into a run.
type HostPlannedData struct {
	Policy  string         `json:"policy"`
	Wave    string         `json:"wave"`
	Batch   int            `json:"batch"`
	Updates []UpdateRecord `json:"updates"`
}

// HostStateData moves a host.
type HostStateData struct {
	From  State  `json:"from"`
	To    State  `json:"to"`
	Fault *Fault `json:"error,omitempty"`
	Why   string `json:"why,omitempty"`
	// Goal is the end that a host in state restoring goes to.
	Goal State `json:"goal,omitempty"`
}

// StepStartedData begins a step: check, restore-point, updates, reboot, verify,
// rollback.
type StepStartedData struct {
	Step    string `json:"step"`
	Attempt int    `json:"attempt"`
}

// StepFinishedData ends a step: State is ok, failed, skipped or lost.
type StepFinishedData struct {
	Step     string `json:"step"`
	State    string `json:"state"`
	ExitCode *int   `json:"exit_code"`
	Fault    *Fault `json:"error,omitempty"`
}

// JobIntentData is written before a job is started.
type JobIntentData struct {
	ID    string `json:"id"`
	Step  string `json:"step"`
	Round int    `json:"round"`
	Fence int64  `json:"fence"`
	// BootID is the host's before the job.
	BootID string `json:"boot_id"`
	// Where is "" for a job on the host, else "hypervisor" or "controller": there it is
	// a command that may be given again.
	Where string `json:"where,omitempty"`
}

// JobOutcomeData is written when the outcome of a job is known.
type JobOutcomeData struct {
	ID    string `json:"id"`
	State string `json:"state"`
	RC    int    `json:"rc"`
	Step  string `json:"step"`
	// Log is the head and the tail of what the job printed; hostile.
	Log string `json:"log"`
}

// UpdateRecord is one change on a host and what became of it.
type UpdateRecord struct {
	Name   string `json:"name"`
	Arch   string `json:"arch"`
	Action string `json:"action"`
	From   string `json:"from"`
	To     string `json:"to"`
	// Title is what the source calls the update, where its name does not say it. It
	// stands in the plan of the host only, and is kept when its results come.
	Title string `json:"title,omitempty"`
	// State is pending, installed, pending-reboot, claimed-but-still-offered,
	// failed-but-present, failed or rolled-back.
	State string `json:"state"`
	// Why holds the manager's own words where there are any.
	Why string `json:"why,omitempty"`
}

// UpdateResultData is what the host itself says after a job.
type UpdateResultData struct {
	Updates []UpdateRecord `json:"updates"`
}

// PointData is a restore point that was made or used.
type PointData struct {
	ID       string   `json:"id"`
	Provider string   `json:"provider"`
	Dir      string   `json:"dir,omitempty"`
	Checked  bool     `json:"checked"`
	Undoes   []string `json:"undoes"`
	Cannot   []string `json:"cannot_undo"`
	// Scope is "system", "packages" or "files"; "" in events of older versions, which
	// knew packages only.
	Scope string `json:"scope,omitempty"`
	// Tag is patchwave's own name of the point at its provider, and Native the
	// provider's own.
	Tag    string `json:"tag,omitempty"`
	Native string `json:"native,omitempty"`
	// Size is in bytes; 0 is unknown.
	Size int64 `json:"size,omitempty"`
	// Tried are the providers that were passed over.
	Tried []PointTried `json:"tried,omitempty"`
	// Before is what the provider said of the system before it was taken back; set in
	// PointUsed only.
	Before string `json:"before,omitempty"`
}

// PointTried is a provider that was asked for a restore point and made none that
// could be taken.
type PointTried struct {
	Provider string `json:"provider"`
	Why      string `json:"why"`
}

// RebootedData is a reboot that was proven by the boot id.
type RebootedData struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// RebootOwedData says that a host still has to be rebooted, and by which policy, in
// another window than the one in which it was patched.
type RebootOwedData struct {
	Policy string `json:"policy"`
	Window string `json:"window"`
	// BootID is the host's: with another one it was rebooted.
	BootID string `json:"boot_id"`
}

// ProbeResult is the answer to one probe.
type ProbeResult struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// VerifiedData is the outcome of the verification.
type VerifiedData struct {
	OK     bool          `json:"ok"`
	Probes []ProbeResult `json:"probes"`
}

// BreakerData says why nothing more starts.
type BreakerData struct {
	Policy   string `json:"policy"`
	Failures int    `json:"failures"`
	Allowed  int    `json:"allowed"`
}

// HostWaitingData says what a host waits for that may not go on yet.
type HostWaitingData struct {
	Why string `json:"why"`
}

package journal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Run is all that is known of a run, rebuilt from its events. Its JSON is the
// contract of apply, status and show.
type Run struct {
	ID      string     `json:"id"`
	Rollout string     `json:"rollout"`
	Kind    string     `json:"kind"`
	State   string     `json:"state"`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"finished"`
	Trigger string     `json:"trigger"`
	Actor   string     `json:"actor"`
	Reason  string     `json:"reason"`
	// Why says why the run is in its state, where there is something to say.
	Why     string         `json:"why,omitempty"`
	PlanID  string         `json:"plan_id"`
	Start   RunStartedData `json:"-"`
	Breaker *BreakerData   `json:"-"`
	// Resumed are the times at which another process went on with what was interrupted.
	Resumed []time.Time `json:"-"`
	// Hosts are sorted by wave as planned, batch, name.
	Hosts []*Host `json:"-"`
}

// Host is all that is known of a host in a run.
type Host struct {
	Name    string         `json:"name"`
	Policy  string         `json:"policy"`
	State   State          `json:"state"`
	Wave    string         `json:"wave"`
	Batch   int            `json:"batch"`
	Steps   []*Step        `json:"steps"`
	Updates []UpdateRecord `json:"updates"`
	Reboots int            `json:"reboots"`
	// Owes is the reboot that was left to another window; nil if none was.
	Owes  *RebootOwedData `json:"reboot_owed,omitempty"`
	Point *PointData      `json:"restore_point"`
	// Gone are the restore points that are no longer there, or lead nowhere any more.
	Gone   []PointGoneData `json:"points_gone,omitempty"`
	Probes []ProbeResult   `json:"verification"`
	// Health is what the host was before anything was changed; nil if the policy
	// does not compare it.
	Health *HealthData `json:"-"`
	Fault  *Fault      `json:"error"`
	Why    string      `json:"why,omitempty"`
	// Waiting says what the host waits for in its state.
	Waiting string `json:"waiting,omitempty"`
	// Actions are the actions that were begun, in that order, each undo by itself.
	Actions []*Action `json:"actions"`
	// Notes are what is to be known besides.
	Notes []string `json:"notes"`
	// Goal is the end that a host in state restoring goes to.
	Goal State `json:"-"`
	// Jobs are the jobs that were begun, by id, with the outcome if it is known.
	Jobs  []*Job    `json:"-"`
	Since time.Time `json:"-"`
}

// Step is one step on a host.
type Step struct {
	Name     string     `json:"name"`
	State    string     `json:"state"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"`
	Attempt  int        `json:"attempt"`
	ExitCode *int       `json:"exit_code"`
	Fault    *Fault     `json:"error"`
}

// Job is one job on a host.
type Job struct {
	JobIntentData
	Outcome *JobOutcomeData
}

// Host returns the host of a name, or nil.
func (r *Run) Host(name string) *Host {
	for _, h := range r.Hosts {
		if h.Name == name {
			return h
		}
	}
	return nil
}

// Fold rebuilds a run from its events, in the order of Seq. It fails if the
// events contradict the state table or are not of one run.
func Fold(events []Event) (*Run, error) {
	f := NewFolder()
	for _, e := range events {
		if err := f.Add(e); err != nil {
			return nil, err
		}
	}
	f.sort()
	return f.run, nil
}

// Folder folds one event after the other, for whoever follows a run.
type Folder struct {
	run   *Run
	hosts map[string]*Host
	waves map[string]int
}

// NewFolder returns a folder that has seen nothing.
func NewFolder() *Folder {
	return &Folder{run: &Run{}, hosts: map[string]*Host{}, waves: map[string]int{}}
}

// Add folds one event. After an error the folder is as it was but for the event.
func (f *Folder) Add(e Event) error {
	if err := f.apply(e); err != nil {
		return fmt.Errorf("event %d of run %s: %w", e.Seq, e.Run, err)
	}
	return nil
}

// Run is the run so far; it changes with Add. Its hosts stand in the order in
// which they were planned.
func (f *Folder) Run() *Run { return f.run }

// Host returns a host of the run, or nil.
func (f *Folder) Host(name string) *Host { return f.hosts[name] }

func (f *Folder) sort() {
	slices.SortStableFunc(f.run.Hosts, func(a, b *Host) int {
		return cmp.Or(cmp.Compare(f.waves[a.Policy+"\x00"+a.Wave], f.waves[b.Policy+"\x00"+b.Wave]),
			cmp.Compare(a.Batch, b.Batch), cmp.Compare(a.Name, b.Name))
	})
}

// Decode reads the payload of an event.
func Decode[T any](e Event) (T, error) {
	var data T
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return data, fmt.Errorf("decode %s: %w", e.Type, err)
	}
	return data, nil
}

func (f *Folder) apply(e Event) error {
	r := f.run
	if r.ID != "" && r.ID != e.Run {
		return fmt.Errorf("the events before it are of run %s", r.ID)
	}
	if err := f.applyKnown(e); err != nil {
		return err
	}
	r.ID = e.Run
	return nil
}

func (f *Folder) applyKnown(e Event) error {
	if e.Host != "" {
		return f.applyHost(e)
	}
	r := f.run
	switch e.Type {
	case RunStarted:
		d, err := Decode[RunStartedData](e)
		if err != nil {
			return err
		}
		if r.Started.IsZero() {
			r.Started, r.Rollout, r.Kind, r.PlanID = e.At, d.Rollout, d.Kind, d.PlanID
			r.Trigger, r.Actor, r.Reason = d.Trigger, d.Actor, d.Reason
		} else if r.State != "soaking" {
			r.Resumed = append(r.Resumed, e.At)
		}
		if d.PlanID != "" {
			r.PlanID = d.PlanID // it may have grown by hosts that came late
		}
		r.Start, r.State, r.Why, r.Ended = d, "running", "", nil
	case RunState:
		d, err := Decode[RunStateData](e)
		if err != nil {
			return err
		}
		r.State, r.Why, r.Ended = d.State, d.Why, nil
		if d.State != "running" && d.State != "draining" {
			at := e.At
			r.Ended = &at
		}
	case BreakerOpen:
		d, err := Decode[BreakerData](e)
		if err != nil {
			return err
		}
		r.Breaker = &d
	}
	return nil
}

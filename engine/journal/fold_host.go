package journal

import "fmt"

// applyHost folds an event of one host. It passes over a type that it does not
// know.
func (f *Folder) applyHost(e Event) error {
	if e.Type == HostPlanned {
		return f.planned(e)
	}
	var fold func(*Host, Event) error
	switch e.Type {
	case HostState:
		fold = (*Host).move
	case StepStarted, StepFinished:
		fold = (*Host).step
	case JobIntent, JobOutcome:
		fold = (*Host).job
	case UpdateResult, PointMade, PointUsed, Rebooted, RebootOwed, HealthTaken, Verified, HostWaiting:
		fold = (*Host).result
	case PointGone:
		fold = (*Host).gone
	case ActionIntent, ActionOutcome, Noted:
		fold = (*Host).action
	default:
		return nil
	}
	h := f.hosts[e.Host]
	if h == nil {
		return fmt.Errorf("host %s is not part of the run", e.Host)
	}
	return fold(h, e)
}

// titled gives results the titles that the updates were planned with.
func titled(results, planned []UpdateRecord) []UpdateRecord {
	for i := range results {
		for _, p := range planned {
			if p.Title != "" && p.Name == results[i].Name && p.Arch == results[i].Arch && p.To == results[i].To {
				results[i].Title = p.Title
			}
		}
	}
	return results
}

func (f *Folder) planned(e Event) error {
	d, err := Decode[HostPlannedData](e)
	if err != nil {
		return err
	}
	if h := f.hosts[e.Host]; h != nil {
		if h.State != Unreachable || h.Policy != "" {
			return fmt.Errorf("host %s was planned before", e.Host)
		}
		// it was not reached when the others were planned, and is back
		h.Policy, h.Wave, h.Batch, h.Updates = d.Policy, d.Wave, d.Batch, list(d.Updates)
		f.wave(d)
		return nil
	}
	h := &Host{Name: e.Host, Policy: d.Policy, Wave: d.Wave, Batch: d.Batch, State: Pending, Since: e.At,
		Steps: []*Step{}, Updates: list(d.Updates), Probes: []ProbeResult{}, Actions: []*Action{}, Notes: []string{}}
	f.hosts[e.Host] = h
	f.run.Hosts = append(f.run.Hosts, h)
	f.wave(d)
	return nil
}

// wave notes the order of the waves.
func (f *Folder) wave(d HostPlannedData) {
	key := d.Policy + "\x00" + d.Wave
	if _, ok := f.waves[key]; !ok {
		f.waves[key] = len(f.waves)
	}
}

// list returns l, never nil: an empty list is [] in JSON.
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

func (h *Host) move(e Event) error {
	d, err := Decode[HostStateData](e)
	if err != nil {
		return err
	}
	if d.From != h.State {
		return fmt.Errorf("host %s is in state %q, not %q", h.Name, h.State, d.From)
	}
	if err := Check(d.From, d.To); err != nil {
		return err
	}
	if h.State == Unreachable {
		h.Fault, h.Why = nil, "" // it is tried again: what was is over
	}
	h.State, h.Since, h.Goal, h.Waiting = d.To, e.At, d.Goal, ""
	if d.Why != "" {
		h.Why = d.Why
	}
	if d.Fault != nil {
		h.Fault = d.Fault
	}
	return nil
}

func (h *Host) step(e Event) error {
	if e.Type == StepStarted {
		d, err := Decode[StepStartedData](e)
		if err != nil {
			return err
		}
		h.Steps = append(h.Steps, &Step{Name: d.Step, State: "running", Started: e.At, Attempt: d.Attempt})
		return nil
	}
	d, err := Decode[StepFinishedData](e)
	if err != nil {
		return err
	}
	for i := len(h.Steps) - 1; i >= 0; i-- {
		if s := h.Steps[i]; s.Name == d.Step && s.Finished == nil {
			at := e.At
			s.State, s.Finished, s.ExitCode, s.Fault = d.State, &at, d.ExitCode, d.Fault
			return nil
		}
	}
	return fmt.Errorf("step %s of host %s ended without a beginning", d.Step, h.Name)
}

func (h *Host) job(e Event) error {
	if e.Type == JobIntent {
		d, err := Decode[JobIntentData](e)
		if err != nil {
			return err
		}
		for _, j := range h.Jobs {
			if j.ID == d.ID {
				return nil // a resume repeats the intent of a job that it attaches to
			}
		}
		h.Jobs = append(h.Jobs, &Job{JobIntentData: d})
		return nil
	}
	d, err := Decode[JobOutcomeData](e)
	if err != nil {
		return err
	}
	for _, j := range h.Jobs {
		if j.ID == d.ID {
			j.Outcome = &d
			return nil
		}
	}
	return fmt.Errorf("job %s ended without an intent", d.ID)
}

// result folds what was found on the host.
func (h *Host) result(e Event) error {
	switch e.Type {
	case UpdateResult:
		d, err := Decode[UpdateResultData](e)
		if err != nil {
			return err
		}
		h.Updates = titled(list(d.Updates), h.Updates)
	case PointMade, PointUsed:
		d, err := Decode[PointData](e)
		if err != nil {
			return err
		}
		d.Undoes, d.Cannot = list(d.Undoes), list(d.Cannot)
		h.Point = &d
	case Rebooted:
		h.Reboots++
	case RebootOwed:
		d, err := Decode[RebootOwedData](e)
		if err != nil {
			return err
		}
		h.Owes = &d
	case HealthTaken:
		d, err := Decode[HealthData](e)
		if err != nil {
			return err
		}
		if h.Health == nil { // the first one is from before any change
			h.Health = &d
		}
	case Verified:
		d, err := Decode[VerifiedData](e)
		if err != nil {
			return err
		}
		h.Probes = list(d.Probes)
	case HostWaiting:
		d, err := Decode[HostWaitingData](e)
		if err != nil {
			return err
		}
		h.Waiting = d.Why
	}
	return nil
}

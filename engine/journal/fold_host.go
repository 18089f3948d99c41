package journal

import "fmt"

// applyHost folds an event of one host.
func (f *Folder) applyHost(e Event) error {
	h := f.hosts[e.Host]
	if h == nil {
		if e.Type != HostPlanned {
			return fmt.Errorf("host %s is not part of the run", e.Host)
		}
		h = &Host{Name: e.Host, Steps: []*Step{}, Updates: []UpdateRecord{}, Probes: []ProbeResult{}}
		f.hosts[e.Host] = h
		f.run.Hosts = append(f.run.Hosts, h)
	}
	switch e.Type {
	case HostPlanned:
		return f.planned(h, e)
	case HostState:
		return h.move(e)
	case StepStarted, StepFinished:
		return h.step(e)
	case JobIntent, JobOutcome:
		return h.job(e)
	default:
		return h.result(e)
	}
}

func (f *Folder) planned(h *Host, e Event) error {
	d, err := Decode[HostPlannedData](e)
	if err != nil {
		return err
	}
	if h.State != "" {
		return fmt.Errorf("host %s was planned before", h.Name)
	}
	h.Policy, h.Wave, h.Batch, h.State, h.Since = d.Policy, d.Wave, d.Batch, Pending, e.At
	h.Updates = append(h.Updates, d.Updates...)
	key := d.Policy + "\x00" + d.Wave
	if _, ok := f.waves[key]; !ok {
		f.waves[key] = len(f.waves)
	}
	return nil
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
	h.State, h.Since, h.Goal = d.To, e.At, d.Goal
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
		h.Updates = d.Updates
	case PointMade, PointUsed:
		d, err := Decode[PointData](e)
		if err != nil {
			return err
		}
		h.Point = &d
	case Rebooted:
		h.Reboots++
	case Verified:
		d, err := Decode[VerifiedData](e)
		if err != nil {
			return err
		}
		h.Probes = d.Probes
	}
	return nil
}

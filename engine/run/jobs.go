package run

import (
	"context"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

// Names of the steps, as reports show them.
const (
	StepCheck        = "check"
	StepRestorePoint = "restore-point"
	StepActions      = "actions"
	StepUpdates      = "updates"
	StepReboot       = "reboot"
	StepVerify       = "verify"
	StepRollback     = "rollback"
	StepClean        = "clean-up"
)

// ended is a job that ended: how, and what it printed.
type ended struct {
	job.Status
	answer framing.Answer
	log    []byte
}

// maxKeptLog bounds what is kept of a job's log, in bytes.
const maxKeptLog = 4 << 20

// work runs a job to its end. The intent must be in the journal already. A
// connection that is lost is made anew; the job does not notice. The limit is
// for waiting only: a job is never killed.
func (m *machine) workJob(ctx context.Context, id job.ID, body script.Script, args map[string]string) (ended, error) {
	// An operator's bound on a command is not one on an upgrade: what is given up
	// here goes on there, and nobody collects it.
	limit := max(m.host.Target.Timeouts.Command, connectors.DefaultCommandTimeout)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var out ended
	err := m.reconnect(ctx, limit, func(ctx context.Context) error {
		s, err := m.client().Start(ctx, id, body, args)
		out.Status = s
		return err
	})
	if err != nil {
		return out, err
	}
	m.working = true // what goes wrong from here on does not tell what the job does
	starting := m.engine.Now()
	for !out.Ended() {
		if err := connectors.Pause(ctx, m.engine.poll()); err != nil {
			return out, connectors.Errorf(connectors.CodeTimeout, connectors.PhaseCommand, m.name,
				"the job did not end within %s; it goes on by itself on the host", limit)
		}
		if err := m.look(ctx, limit, id, &out); err != nil {
			return out, err
		}
		if out.State == job.Starting && m.engine.Now().Sub(starting) > time.Minute {
			out.State = job.Lost
		}
	}
	if err := m.look(ctx, limit, id, &out); err != nil {
		return out, err
	}
	m.working = false
	out.answer = framing.ParseLog(job.Nonce(id), out.log)
	return out, nil
}

// look asks for the state of a job and for what it printed since.
func (m *machine) look(ctx context.Context, limit time.Duration, id job.ID, out *ended) error {
	return m.reconnect(ctx, limit, func(ctx context.Context) error {
		for {
			s, log, err := m.client().Poll(ctx, id, int64(len(out.log)))
			if err != nil {
				return err
			}
			started := out.Fresh
			out.Status = s
			out.Fresh = started
			if len(out.log) < maxKeptLog {
				if m.engine.Printed != nil && len(log) > 0 {
					m.engine.Printed(m.name, id.String(), int64(len(out.log)), log)
				}
				out.log = append(out.log, log...)
			}
			if len(log) < job.MaxLog || len(out.log) >= maxKeptLog {
				return nil
			}
		}
	})
}

// jobFault says what went wrong with a job itself; nil if it ran to its end.
func jobFault(e ended) *journal.Fault {
	switch {
	case e.State == job.Lost:
		what := "the job on the host vanished without a result"
		if e.Why != "" {
			what += " (" + e.Why + ")"
		}
		return &journal.Fault{Code: string(connectors.CodeLost), Message: what + "; look at the host, then scan it"}
	case e.State == job.LostReboot:
		return &journal.Fault{Code: string(connectors.CodeLost), Message: "the host was rebooted while the job ran; look at the host, then scan it"}
	case e.RC == job.RCHostLock:
		return &journal.Fault{Code: string(connectors.CodeLocked), Message: "another job works on this host; try again when it has ended"}
	case e.RC == job.RCClaim:
		return &journal.Fault{Code: string(connectors.CodeLocked), Message: "another run took this host over before the job began"}
	case e.RC == job.RCBoot:
		return &journal.Fault{Code: string(connectors.CodeInterrupted), Message: "the host was rebooted before the job began"}
	}
	return nil
}

// jobID is the id of a step's job in this run.
func (m *machine) jobID(step string, round int) job.ID {
	return job.ID{Run: m.work.Run, Host: m.name, Step: step, Round: round}
}

func (m *machine) intent(id job.ID) entry {
	return entry{m.name, journal.JobIntent, journal.JobIntentData{ID: id.String(), Step: id.Step, Round: id.Round,
		Fence: m.number(), BootID: m.facts.BootID}}
}

func (m *machine) outcome(id job.ID, e ended) entry {
	return entry{m.name, journal.JobOutcome, journal.JobOutcomeData{ID: id.String(), State: string(e.State), RC: e.RC, Step: id.Step, Log: keptLog(e.log)}}
}

// keptLog is the head and the tail of a log, as the journal keeps it.
func keptLog(log []byte) string {
	const head, tail = 16 << 10, 48 << 10
	if len(log) <= head+tail {
		return string(log)
	}
	return string(log[:head]) + fmt.Sprintf("\n[… %d bytes left out …]\n", len(log)-head-tail) + string(log[len(log)-tail:])
}

// begun reports whether the intent of a job is in the journal.
func (m *machine) begun(id job.ID) (*journal.Job, bool) {
	for _, j := range m.rec.host(m.name).Jobs {
		if j.ID == id.String() {
			return j, true
		}
	}
	return nil, false
}

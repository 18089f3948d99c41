package run

import (
	"context"
	_ "embed" // the script
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/engine/health"
	"patchwave/engine/job"
	"patchwave/engine/journal"
	"patchwave/engine/scan"
	"patchwave/policies"
)

//go:embed reboot.sh
var rebootShell string

// bootWait bounds the wait for the services of a host that answers again.
const bootWait = 5 * time.Minute

// reboot asks for a reboot, once, and waits for another boot id.
func (m *machine) reboot(ctx context.Context) error {
	id := m.jobID(StepReboot, m.round())
	intent, ok := m.begun(id)
	if !ok {
		return fmt.Errorf("a reboot without an intent")
	}
	before := intent.BootID
	limit := m.policy.Reboot.Timeout
	if limit <= 0 {
		limit = 20 * time.Minute
	}
	asked, err := m.asked(ctx, id, before)
	if err != nil {
		return err
	}
	whole := limit + bootWait
	if m.windows() {
		whole *= 2 // once to come back, once to get ready
	}
	// while the host is away nobody can renew its claim
	m.ttl = whole
	defer func() { m.ttl = 0 }()
	if !asked {
		fault, err := m.inTurn(ctx, id, before)
		if err != nil {
			return err
		}
		if fault != nil {
			return m.finish(ctx, journal.Failed, "", fault, m.stepEnd("failed", nil, fault)...)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, whole)
	defer cancel()
	s, err := m.awaitBoot(ctx, id, before, limit)
	if err != nil {
		return err
	}
	outcome := m.outcome(id, ended{Status: s})
	if s.BootID == before {
		fault := m.stayed(ctx, id, s, limit)
		return m.finish(ctx, journal.Failed, "", fault, append(m.stepEnd("failed", nil, fault), outcome)...)
	}
	boot, a, fault, err := m.comeUp(ctx, s.BootID, limit+bootWait)
	if err != nil {
		return err
	}
	rebooted := entry{m.name, journal.Rebooted, journal.RebootedData{From: before, To: boot}}
	if fault != nil {
		return m.finish(ctx, journal.Failed, "", fault, append(m.stepEnd("failed", nil, fault), outcome, rebooted)...)
	}
	told, fault := m.afterReboot(a.Installed)
	entries := append(append(m.stepEnd("ok", nil, nil), outcome, rebooted), told...)
	return m.rec.add(ctx, append(entries, entry{m.name, journal.HostState,
		journal.HostStateData{From: m.state(), To: journal.Verifying, Fault: fault}})...)
}

// comeUp waits until a host that answers after its reboot has come up, and looks at
// it. It returns its boot id, which Windows may have changed once more.
func (m *machine) comeUp(ctx context.Context, boot string, limit time.Duration) (string, scan.Answer, *journal.Fault, error) {
	var a scan.Answer
	wait := bootWait
	windows := m.windows()
	if windows {
		var fault *journal.Fault
		var err error
		if boot, fault, err = m.awaitReady(ctx, boot, limit); fault != nil || err != nil {
			return boot, a, fault, err
		}
		wait = reconnectLimit // Windows Update takes its time to answer
	}
	err := m.reconnect(ctx, wait, func(ctx context.Context) error {
		if !windows {
			if err := m.prober().Booted(ctx, bootWait); err != nil {
				return err
			}
		}
		var err error
		a, err = m.observe(ctx, waiting(m.rec.host(m.name).Updates))
		return err
	})
	return boot, a, nil, err
}

// stayed says why a host did not reboot: what it said when it was asked, or nothing
// but that.
func (m *machine) stayed(ctx context.Context, id job.ID, s job.Status, limit time.Duration) *journal.Fault {
	if s.State == job.Done && s.RC > 0 {
		var out ended
		if err := m.look(ctx, time.Minute, id, &out); err == nil {
			f, _ := framing.ParseLog(job.Nonce(id), out.log).Get("reboot")
			if said := lastWords(string(f.Out)); said != "" {
				return &journal.Fault{Code: string(connectors.CodeExit), Message: "the host refuses to reboot: " + said}
			}
		}
	}
	return &journal.Fault{Code: string(connectors.CodeExit), Message: fmt.Sprintf(
		"the host was asked to reboot and did not within %s; look for what inhibits it", limit)}
}

// asked reports whether a resume finds that the host was asked to reboot, or is
// on its way: then the boot id tells the rest.
func (m *machine) asked(ctx context.Context, id job.ID, before string) (bool, error) {
	if len(m.work.Past) == 0 {
		return false, nil
	}
	asked := true
	err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
		s, _, err := m.client().Poll(ctx, id, 0)
		asked = err != nil || s.BootID != before || s.State != job.Absent
		return err
	})
	if passing(err) {
		err = nil
	}
	return asked, err
}

// askReboot starts the reboot job unless the host has rebooted already.
func (m *machine) askReboot(ctx context.Context, id job.ID, before string) error {
	err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
		s, _, err := m.client().Poll(ctx, id, 0)
		if err != nil || s.BootID != before || s.State != job.Absent {
			return err
		}
		_, err = m.client().Start(ctx, id, rebootScript(), nil)
		return err
	})
	if passing(err) {
		return nil // it may be on its way down already; the boot id will tell
	}
	return err
}

// awaitBoot waits until the host answers with another boot id than before, and
// returns what the host then says of job id. A host that still answers with the
// old one when the time is over is no error.
func (m *machine) awaitBoot(ctx context.Context, id job.ID, before string, limit time.Duration) (job.Status, error) {
	m.hangUp()
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	first := m.engine.poll() / 2
	wait := first
	var there job.Status // the last answer, unless the host may have gone after it
	var last error
	halves := 0
	for connectors.Pause(ctx, wait) == nil {
		wait = min(wait+first/2, 5*first)
		s, err := m.bootOf(ctx, id, before)
		switch {
		case err == nil && s.BootID != before:
			return s, nil
		case err == nil && s.State == job.Done && s.RC > 0:
			return s, nil // the host has refused to reboot: there is nothing to wait for
		case err != nil && ctx.Err() != nil: // the time was over in the middle of the question
			there, last = job.Status{}, err
		case connectors.CodeOf(err) == connectors.CodeExit && (halves < mostHalves || m.windows()):
			halves++
			there, last = job.Status{}, err
		case err != nil && !passing(err):
			return s, err
		default:
			there, last = s, err
		}
	}
	if there.BootID != "" {
		return there, nil
	}
	// The time may have been over in the middle of the last question: one more,
	// with time of its own, tells a host that is away from one that stayed.
	final, done := context.WithTimeout(whole, m.host.Target.Timeouts.WithDefaults().Connect)
	defer done()
	if s, err := m.bootOf(final, id, before); err == nil {
		return s, nil
	}
	e := connectors.Errorf(connectors.CodeTimeout, connectors.PhaseDial, m.name, "the host did not come back within %s of its reboot", limit)
	e.Err = last
	return there, e
}

// bootOf asks for the state of the job that reboots on a new connection: one that
// lives through a reboot proves nothing.
func (m *machine) bootOf(ctx context.Context, id job.ID, before string) (job.Status, error) {
	if err := m.dial(ctx); err != nil {
		return job.Status{}, err
	}
	s, _, err := m.client().Poll(ctx, id, 0)
	if err != nil || s.BootID == before {
		m.hangUp()
	}
	return s, err
}

func (m *machine) prober() health.Prober {
	return health.Prober{Session: m.session, Host: m.name, Address: m.host.Address, Program: m.program(), Subject: policies.Subject{Host: m.host, Facts: &m.facts}}
}

package run

import (
	"context"
	_ "embed" // the script
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/posix"
	"patchwave/engine/health"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

//go:embed reboot.sh
var rebootShell string

// bootWait bounds the wait for the services of a host that answers again.
const bootWait = 5 * time.Minute

// reboot asks for a reboot, once, and waits for another boot id.
func (m *machine) reboot(ctx context.Context) error {
	id := m.jobID(StepReboot, 1)
	intent, ok := m.begun(id)
	if !ok {
		return fmt.Errorf("a reboot without an intent")
	}
	before := intent.BootID
	limit := m.policy.Reboot.Timeout
	if limit <= 0 {
		limit = 20 * time.Minute
	}
	if err := m.stagger(ctx); err != nil {
		return err
	}
	// while the host is away nobody can renew its claim
	m.ttl = limit + bootWait
	defer func() { m.ttl = 0 }()
	ctx, cancel := context.WithTimeout(ctx, limit+bootWait)
	defer cancel()
	if err := m.askReboot(ctx, id, before); err != nil {
		return err
	}
	after, err := m.awaitBoot(ctx, before, limit)
	if err != nil {
		return err
	}
	if err := m.prober().Booted(ctx, bootWait); err != nil {
		return err
	}
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
		_, err := m.observe(ctx, nil)
		return err
	}); err != nil {
		return err
	}
	entries := append(m.stepEnd("ok", nil, nil),
		entry{m.name, journal.JobOutcome, journal.JobOutcomeData{ID: id.String(), State: string(job.Done), Step: id.Step}},
		entry{m.name, journal.Rebooted, journal.RebootedData{From: before, To: after}})
	if allInstalled(m.rec.host(m.name).Updates) {
		return m.to(ctx, journal.Verifying, entries...)
	}
	return m.finish(ctx, journal.Failed, "", m.rec.host(m.name).Fault, entries...)
}

// stagger keeps the reboots of a policy apart.
func (m *machine) stagger(ctx context.Context) error {
	if m.policy.Reboot.Stagger <= 0 {
		return nil
	}
	m.mu.Lock()
	now := m.engine.Now()
	at := m.reboots[m.policy.Name]
	if at.Before(now) {
		at = now
	}
	m.reboots[m.policy.Name] = at.Add(m.policy.Reboot.Stagger)
	m.mu.Unlock()
	// the claim is renewed before the wait, and stands until its end
	m.ttl = at.Sub(now) + job.DefaultTTL
	if err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error { return m.client().Renew(ctx) }); err != nil {
		return err
	}
	return pause(ctx, at.Sub(now))
}

// askReboot starts the reboot job unless the host has rebooted already.
func (m *machine) askReboot(ctx context.Context, id job.ID, before string) error {
	body := posix.Script{Name: "reboot", Version: 1, Body: rebootShell}
	err := m.reconnect(ctx, time.Minute, func(ctx context.Context) error {
		s, _, err := m.client().Poll(ctx, id, 0)
		if err != nil || s.BootID != before || s.State != job.Absent {
			return err
		}
		_, err = m.client().Start(ctx, id, body, nil)
		return err
	})
	if passing(err) {
		return nil // it may be on its way down already; the boot id will tell
	}
	return err
}

// awaitBoot waits until the host answers with another boot id than before.
func (m *machine) awaitBoot(ctx context.Context, before string, limit time.Duration) (string, error) {
	m.hangUp()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	first := m.engine.poll() / 2
	reached, wait := false, first
	var last error
	for pause(ctx, wait) == nil {
		wait = min(wait+first/2, 5*first)
		last = m.dial(ctx)
		if last != nil {
			reached = false
			if !passing(last) {
				return "", last
			}
			continue
		}
		s, _, err := m.client().Poll(ctx, m.jobID(StepReboot, 1), 0)
		if last = err; err != nil {
			m.hangUp()
			if !passing(err) {
				return "", err
			}
			continue
		}
		reached = true
		if s.BootID != before {
			return s.BootID, nil
		}
		m.hangUp() // a connection that lives through the reboot proves nothing
	}
	if reached {
		return "", connectors.Errorf(connectors.CodeExit, connectors.PhaseCommand, m.name, "the host was asked to reboot and did not within %s; look for what inhibits it", limit)
	}
	e := connectors.Errorf(connectors.CodeTimeout, connectors.PhaseDial, m.name, "the host did not come back within %s of its reboot", limit)
	e.Err = last
	return "", e
}

func (m *machine) prober() health.Prober {
	return health.Prober{Session: m.session, Host: m.name, Address: m.host.Address}
}

package run

import (
	"context"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/job"
)

// dial makes sure there is a session.
func (m *machine) dial(ctx context.Context) error {
	if m.session != nil {
		return nil
	}
	s, err := m.engine.Dialer.Dial(ctx, m.host.Target)
	if err != nil {
		return err
	}
	m.session = s
	return nil
}

// hangUp closes the session. What Close has to say does not matter any more:
// everything that was asked has been answered.
func (m *machine) hangUp() {
	if m.session != nil {
		_ = m.session.Close()
		m.session = nil
	}
}

// How many restore points stay on a host, and how long, where the policy does
// not say.
const (
	DefaultKeep   = 3
	DefaultExpire = 14 * 24 * time.Hour
)

// client is the jobs and the claim of the host.
func (m *machine) client() job.Client {
	keep, expire := m.retention()
	dead := slices.Concat(m.work.Dead, m.dead)
	if m.work.Start.Kind == KindRollback {
		// a host that was taken back bears the claim of the run that made the point
		dead = append(dead, m.pointRun())
	}
	return job.Client{Session: m.session, Host: m.name, Become: true, Keep: keep, Expire: expire,
		Claim: job.Claim{Controller: m.engine.Controller, Run: m.work.Run, Fence: m.number(),
			TTL: max(m.ttl, job.DefaultTTL), Dead: dead}}
}

// retention is how many restore points stay on the host, and how long.
func (m *machine) retention() (keep int, expire time.Duration) {
	keep, expire = DefaultKeep, DefaultExpire
	if p := m.policy.Preparation; p != nil && p.RestorePoint != nil {
		if p.RestorePoint.Keep > 0 {
			keep = p.RestorePoint.Keep
		}
		if p.RestorePoint.Expire > 0 {
			expire = p.RestorePoint.Expire
		}
	}
	return keep, expire
}

// number is the fencing number of the work on this host.
func (m *machine) number() int64 { return max(m.fence, m.work.Start.Fence) }

// reconnect runs ask until it does not fail for want of a connection, at most
// limit. What it asks must be safe to ask twice.
func (m *machine) reconnect(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	wait := m.engine.poll() / 2
	for halves := 0; ; {
		err := m.dial(ctx)
		if err == nil {
			if err = ask(ctx); err == nil {
				return nil
			}
			m.hangUp()
		}
		if connectors.CodeOf(err) == connectors.CodeExit {
			halves++ // the shell of the host did not come to its end: killed, perhaps
		}
		if !passing(err) && (connectors.CodeOf(err) != connectors.CodeExit || halves > mostHalves) {
			return err
		}
		if connectors.Pause(ctx, wait) != nil {
			return err
		}
		wait = min(2*wait, 15*time.Second)
	}
}

// mostHalves is how often half an answer is asked for again: a host that cannot
// give a whole one is not waited for.
const mostHalves = 3

// passing reports whether an error may pass by itself: the host cannot be
// reached, or does not let anybody in yet. A changed host key does not pass.
func passing(err error) bool {
	switch connectors.CodeOf(err) {
	case connectors.CodeUnreachable, connectors.CodeAuth, connectors.CodeLost, connectors.CodeTimeout:
		return true
	default:
		return false
	}
}

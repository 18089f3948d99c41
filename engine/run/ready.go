package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/engine/job"
	"patchwave/engine/journal"
)

// How long a host that has rebooted is watched, in polls of the engine (two
// seconds): the pause between two looks, how long a logon screen is waited for when
// nothing else is in the way, and how long logins may be refused.
const (
	readyPause  = 5
	logonWait   = 150
	refusedWait = 90
)

// defaultCycles is how many reboots by itself a host may do where the policy does
// not say.
const defaultCycles = 2

// readyServices must run on a Windows host that is up, unless somebody has disabled
// them.
const readyServices = "RpcSs SamSs EventLog CryptSvc Winmgmt Schedule ProfSvc WinRM"

// readiness is what a host says of itself after a reboot.
type readiness struct {
	boot    string
	ready   bool
	reasons []string
}

// onlyLogon: nothing but the logon screen is in the way.
func (r readiness) onlyLogon() bool {
	return len(r.reasons) == 1 && strings.HasPrefix(r.reasons[0], "logon:")
}

// settling is the wait for a host that has rebooted.
type settling struct {
	now  func() time.Time
	poll time.Duration
	// boot is the one that is watched, first the one that was waited for.
	boot string
	// again counts the reboots that the host has done by itself, allowed bounds them.
	again, allowed int
	// yes counts the looks in a row at which it was ready; screenless is since when
	// nothing but the logon screen is missing.
	yes        int
	screenless time.Time
	// refused is since when logins are refused; last is the last answer, failed the
	// last error after it.
	refused time.Time
	last    *readiness
	failed  error
}

// saw takes an answer, and reports whether the host reboots too often.
func (s *settling) saw(r readiness) (tooOften bool) {
	s.refused, s.failed, s.last = time.Time{}, nil, &r
	if r.boot != s.boot {
		s.boot, s.yes, s.screenless = r.boot, 0, time.Time{}
		s.again++
		if s.again > s.allowed {
			return true
		}
	}
	good := r.ready
	switch {
	case !r.onlyLogon():
		s.screenless = time.Time{}
	case s.screenless.IsZero():
		s.screenless = s.now()
	default:
		good = good || s.now().Sub(s.screenless) >= logonWait*s.poll
	}
	if good {
		s.yes++
	} else {
		s.yes = 0
	}
	return false
}

// missed takes an error, and reports whether it will not pass: a host that boots
// refuses connections, logins, and says half of things, but not for ever.
func (s *settling) missed(err error) (final bool) {
	s.yes, s.failed = 0, err
	switch code := connectors.CodeOf(err); {
	case code != connectors.CodeAuth:
		s.refused = time.Time{}
		return !passing(err) && code != connectors.CodeExit
	case s.refused.IsZero():
		s.refused = s.now()
		return false
	default:
		return s.now().Sub(s.refused) >= refusedWait*s.poll
	}
}

// awaitReady waits until a Windows host is done with its reboot: boot is the id with
// which it answered. It returns the id that it has in the end, which is another one if
// Windows rebooted once more. The fault says that it answers and is not done.
func (m *machine) awaitReady(ctx context.Context, boot string, limit time.Duration) (string, *journal.Fault, error) {
	s := &settling{now: m.engine.Now, poll: m.engine.poll(), boot: boot, allowed: cmp.Or(m.policy.Reboot.Cycles, defaultCycles)}
	whole := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		r, err := m.askReady(ctx)
		switch {
		case whole.Err() != nil:
			return s.boot, nil, context.Cause(whole)
		case err != nil && ctx.Err() == nil && s.missed(err):
			return s.boot, nil, err
		case err == nil && s.saw(r):
			return s.boot, &journal.Fault{Code: string(connectors.CodeExit), Message: fmt.Sprintf(
				"after its reboot the host rebooted %d times by itself, %d allowed (reboot.cycles)", s.again, s.allowed)}, nil
		case s.yes > 1:
			if !s.screenless.IsZero() {
				return s.boot, nil, m.rec.add(whole, m.note("the logon screen never came after the reboot; it was passed over, since nothing else was in the way"))
			}
			return s.boot, nil, nil
		}
		if connectors.Pause(ctx, readyPause*s.poll) != nil {
			if cause := context.Cause(whole); cause != nil {
				return s.boot, nil, cause
			}
			return m.unready(s, limit)
		}
	}
}

// unready is the end of the wait for a host that did not get ready.
func (m *machine) unready(s *settling, limit time.Duration) (string, *journal.Fault, error) {
	if s.failed == nil && s.last != nil {
		return s.boot, &journal.Fault{Code: string(connectors.CodeTimeout), Message: fmt.Sprintf(
			"the host is back from its reboot and not ready after %s: %s; look at it before anything is done to it", limit, cmp.Or(list(s.last.reasons), "it said so only once"))}, nil
	}
	e := connectors.Errorf(connectors.CodeTimeout, connectors.PhaseDial, m.name, "the host came back from its reboot and did not get ready within %s", limit)
	e.Err = s.failed
	return s.boot, nil, e
}

// askReady asks once, on the connection that there is or a new one.
func (m *machine) askReady(ctx context.Context) (readiness, error) {
	if err := m.dial(ctx); err != nil {
		return readiness{}, err
	}
	a, err := script.Run(ctx, m.session, readyScript(), map[string]string{"services": readyServices}, script.Options{
		Host: m.name, Command: connectors.Command{Become: true, Timeout: time.Minute, MaxOutput: 64 << 10}})
	if err != nil {
		m.hangUp()
		return readiness{}, err
	}
	f, _ := a.Get("ready")
	r, err := parseReady(f.Lines())
	if err != nil {
		m.hangUp()
		return readiness{}, connectors.Errorf(connectors.CodeExit, connectors.PhaseCommand, m.name, "%v", err)
	}
	return r, nil
}

// parseReady reads the frame of that name.
func parseReady(lines []string) (readiness, error) {
	var r readiness
	word := ""
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		switch {
		case key == "boot_id" && r.boot == "":
			r.boot = value
		case key == "ready" && word == "":
			word = value
		case key == "reason" && value != "" && len(r.reasons) < 20:
			r.reasons = append(r.reasons, bounded(value, 120))
		}
	}
	if !job.ValidBootID(r.boot) {
		return readiness{}, fmt.Errorf("the host answers with a boot id of the wrong shape: %q", short(r.boot))
	}
	if !slices.Contains([]string{"yes", "no"}, word) || (word == "yes") != (len(r.reasons) == 0) {
		return readiness{}, fmt.Errorf("the host does not say whether it is ready")
	}
	r.ready = word == "yes"
	return r, nil
}

// bounded cuts a text of a host.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

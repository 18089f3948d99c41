package run

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchwave/connectors"
	"patchwave/engine/health"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// compared are the parts of the host's health that must be as they were.
func (m *machine) compared() []string {
	if v := m.policy.Verification; v != nil {
		return v.Unchanged
	}
	return nil
}

// takeHealth looks at the host before the first change. It is done once: after a
// change the answer would be another. What the host cannot tell now, it could not
// be held to later: nothing is begun.
func (m *machine) takeHealth(ctx context.Context) ([]entry, error) {
	if len(m.compared()) == 0 || m.rec.host(m.name).Health != nil || m.round() > 0 {
		return nil, nil
	}
	var f health.Fingerprint
	err := m.reconnect(ctx, time.Minute+reconnectLimit, func(ctx context.Context) error {
		var err error
		f, err = m.prober().Fingerprint(ctx, m.compared(), health.DatabaseOf(m.facts.PackageManager))
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := f.Err(); err != nil {
		return nil, connectors.Errorf(connectors.CodeGuard, connectors.PhaseCommand, m.name,
			"the host does not tell what the policy compares before and after, so nothing was changed: %v", err)
	}
	return []entry{{m.name, journal.HealthTaken, f.HealthData}}, nil
}

// compareHealth holds the host against what it was before the first change.
func (m *machine) compareHealth(ctx context.Context) ([]journal.ProbeResult, error) {
	return m.compareParts(ctx, m.compared())
}

func (m *machine) compareParts(ctx context.Context, parts []string) ([]journal.ProbeResult, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	c := health.Comparison{Parts: parts, Updated: names(m.changes()), Settle: m.engine.Settle, Pause: m.engine.Poll}
	if before := m.rec.host(m.name).Health; before != nil {
		c.Before = *before
	}
	var out []journal.ProbeResult
	err := m.reconnect(ctx, m.settle()+reconnectLimit, func(ctx context.Context) error {
		var err error
		out, err = m.prober().Unchanged(ctx, c)
		return err
	})
	return out, err
}

// settle is how long a host may take to be what it was.
func (m *machine) settle() time.Duration {
	if m.engine.Settle > 0 {
		return m.engine.Settle
	}
	return health.DefaultSettle
}

// verifying says what is to be asked, and lets the claim stand until it is answered.
// After a resume, what probes say about the host must be found out again.
func (m *machine) verifying(ctx context.Context) ([]policies.Probe, error) {
	var probes []policies.Probe
	if v := m.policy.Verification; v != nil {
		probes = v.Probes
	}
	probes = append(slices.Clone(probes), m.probesAfter()...)
	for _, p := range probes {
		m.ttl += p.Within + time.Minute
	}
	if len(m.compared()) > 0 {
		m.ttl += m.settle() + time.Minute
	}
	if m.ttl == 0 {
		return nil, nil
	}
	if slices.ContainsFunc(probes, func(p policies.Probe) bool { return p.URL != nil || p.Command != nil }) {
		if err := m.know(ctx); err != nil {
			return nil, err
		}
	}
	return probes, m.reconnect(ctx, reconnectLimit, func(ctx context.Context) error { return m.client().Renew(ctx) })
}

// partly ends a host of which some updates failed, after what the others needed was
// done: it has failed, whatever the verification says.
func (m *machine) partly(ctx context.Context, failed *journal.Fault, entries ...entry) error {
	fault := *m.rec.host(m.name).Fault
	if failed != nil {
		fault.Message = fmt.Sprintf("%s; %s", fault.Message, failed.Message)
	}
	return m.finish(ctx, journal.Failed, "", &fault, entries...)
}

// someFailed reports whether an update of the rounds so far failed.
func (m *machine) someFailed() bool {
	h := m.rec.host(m.name)
	return h.Fault != nil && !allInstalled(m.soFar(h.Updates))
}

// program starts the command probes of the controller.
func (r *runner) program() health.Program {
	if r.engine.Programs == nil {
		return nil
	}
	return func(ctx context.Context, argv []string, limit time.Duration) (int, string, error) {
		out, err := r.engine.Programs.Run(ctx, Program{Argv: argv, Limit: limit})
		return out.ExitCode, out.Output, err
	}
}

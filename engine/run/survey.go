package run

import (
	"context"
	"sync"
	"time"

	"patchwave/connectors/wrap"
	"patchwave/engine/fleet"
	"patchwave/engine/health"
	"patchwave/inventory"
	"patchwave/policies"
)

// surveyWidth is how many hosts of one bound are asked at once.
const surveyWidth = 4

// surveyLimit bounds the questions to one host.
const surveyLimit = 2 * time.Minute

// survey asks the hosts of a bound whether they are well. Nothing is kept for
// later; but who came before a question was begun may use its answer.
type survey struct {
	mu    sync.Mutex
	begun int
	// turn is held by who asks; it is a channel so that waiting for it can end.
	turn chan struct{}
	last int
	said map[string]verdict
}

// ask returns what the hosts say, asked after ask was called. hosts says which
// ones, at the moment at which the question is begun.
func (s *survey) ask(ctx context.Context, hosts func() ([]*inventory.Host, error), one func(context.Context, *inventory.Host) (verdict, error)) (map[string]verdict, error) {
	s.mu.Lock()
	if s.turn == nil {
		s.turn = make(chan struct{}, 1)
	}
	came := s.begun
	s.mu.Unlock()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if s.last > came {
		return s.said, nil
	}
	s.mu.Lock()
	s.begun++
	mine := s.begun
	s.mu.Unlock()
	list, err := hosts()
	if err != nil {
		return nil, err
	}
	type answer struct {
		host string
		verdict
		err error
	}
	said := make(map[string]verdict, len(list))
	err = fleet.Each(ctx, surveyWidth, list, func(ctx context.Context, h *inventory.Host) answer {
		v, err := one(ctx, h)
		return answer{h.Name, v, err}
	}, func(a answer) error {
		said[a.host] = a.verdict
		return a.err
	})
	if err != nil {
		return nil, err
	}
	s.last, s.said = mine, said
	return said, nil
}

// isWell asks one host of a bound, now and once. A host that cannot be asked is
// not well; the error is the end of ctx.
func (r *runner) isWell(ctx context.Context, b *bound, h *inventory.Host) (verdict, error) {
	bounded, cancel := context.WithTimeout(ctx, surveyLimit)
	defer cancel()
	v := r.askHost(wrap.OnTop(bounded), b, h)
	return v, context.Cause(ctx)
}

func (r *runner) askHost(ctx context.Context, b *bound, h *inventory.Host) verdict {
	prober := health.Prober{Host: h.Name, Address: h.Address, Program: r.program(), Subject: policies.Subject{Host: h}}
	if len(b.probes) == 0 || needsSession(b.probes) {
		s, err := r.engine.Dialer.Dial(ctx, h.Target)
		if err != nil {
			return verdict{why: "it cannot be reached: " + err.Error()}
		}
		defer func() { _ = s.Close() }() // everything that was asked has been answered
		prober.Session = s
	}
	for _, p := range b.probes {
		p.Within = 0
		res, err := prober.Run(ctx, p)
		switch {
		case err != nil:
			return verdict{why: err.Error()}
		case !res.OK:
			return verdict{why: string(p.Kind) + " " + p.Name + " (" + res.Detail + ")"}
		}
	}
	return verdict{ok: true}
}

// needsSession reports whether a probe is asked on the host itself.
func needsSession(probes []policies.Probe) bool {
	for _, p := range probes {
		network := p.Kind == policies.ProbeTCP || p.Kind == policies.ProbeHTTP
		if p.On == policies.OnHost || p.On == "" && !network || p.Kind == policies.ProbeService {
			return true
		}
	}
	return false
}

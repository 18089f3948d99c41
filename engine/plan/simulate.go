package plan

import (
	"context"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
)

// Solver asks a host's own solver what installing versions would do.
type Solver interface {
	// Together asks for all of want at once.
	Together(ctx context.Context, want []updates.Want) (updates.Simulation, error)
	// Each asks for each of want alone; the answers are in the order of want.
	Each(ctx context.Context, want []updates.Want) ([]updates.Simulation, error)
}

// HostSolver is the Solver of a host over an open session.
type HostSolver struct {
	Session connectors.Session
	Host    string
	Manager updates.Manager
	Become  bool
	// Timeouts are the operator's; within them a question takes at most ten
	// minutes.
	Timeouts connectors.Timeouts
}

// solveTimeout bounds one question; a solver that thinks longer is stuck.
const solveTimeout = 10 * time.Minute

// Together implements Solver.
func (s HostSolver) Together(ctx context.Context, want []updates.Want) (updates.Simulation, error) {
	a, err := s.run(ctx, "set", want)
	if err != nil {
		return updates.Simulation{}, err
	}
	return s.Manager.ParseSimulation(a, s.Manager.Name()+".sim", want), nil
}

// Each implements Solver.
func (s HostSolver) Each(ctx context.Context, want []updates.Want) ([]updates.Simulation, error) {
	a, err := s.run(ctx, "each", want)
	if err != nil {
		return nil, err
	}
	out := make([]updates.Simulation, len(want))
	for i := range want {
		frame := fmt.Sprintf("%s.sim.%d", s.Manager.Name(), i+1)
		out[i] = s.Manager.ParseSimulation(a, frame, want[i:i+1])
	}
	return out, nil
}

func (s HostSolver) run(ctx context.Context, mode string, want []updates.Want) (framing.Answer, error) {
	timeout, idle := s.Timeouts.Bound(solveTimeout)
	a, err := script.Run(ctx, s.Session, updates.SimulateScript(s.Manager),
		map[string]string{"mode": mode, "want": updates.WantLines(want)},
		script.Options{Host: s.Host, Command: connectors.Command{Become: s.Become, Timeout: timeout, Idle: idle}})
	if err != nil {
		return a, fmt.Errorf("simulate on %s: %w", s.Host, err)
	}
	return a, nil
}

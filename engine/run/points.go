package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/engine/job"
	"patchwave/engine/restore"
	"patchwave/inventory"
)

// Restores are the kinds of restore points beside packages, and the ways to what
// hosts run on.
type Restores interface {
	// Provider returns the provider of a name, a built-in one or one of the
	// configuration, for a host; nil if there is none.
	Provider(name string, h *inventory.Host) restore.Provider
	// Session opens a session to what the host runs on, for a provider whose place is
	// the hypervisor. The caller closes it.
	Session(ctx context.Context, name string, h *inventory.Host) (connectors.Session, error)
}

// How long operations on restore points may take. A create or a rollback waits for a
// disk; a removal for a merge.
const (
	pointAskLimit  = 2 * time.Minute
	pointDoLimit   = 30 * time.Minute
	pointTries     = 3
	pointMaxOutput = 1 << 20
)

// provider returns the provider of a name, or nil.
func (m *machine) provider(name string) restore.Provider {
	if name == restore.Packages || name == "" {
		return restore.PackagePoints{Manager: m.manager, Run: m.pointRun(), Changes: m.changes()}
	}
	if m.engine.Restores == nil {
		return nil
	}
	return m.engine.Restores.Provider(name, m.host)
}

// askPoint asks a provider something that only reads, or that may be asked again. What
// keeps it from being asked elsewhere than on the host stands in the answer; the error
// is of the host, or the end of ctx.
func (m *machine) askPoint(ctx context.Context, p restore.Provider, op restore.Op, at restore.Point) (restore.Said, error) {
	call, ok := p.Call(op, at)
	if !ok {
		return p.Read(op, at, framing.Answer{}), nil
	}
	limit := pointAskLimit
	if !op.Reads() {
		limit = pointDoLimit
	}
	var a framing.Answer
	var err error
	switch p.Place() {
	case restore.OnController:
		a, err = m.runPoint(ctx, call, limit)
	case restore.OnHypervisor:
		a, err = m.askAround(ctx, p.Name(), call, limit)
	case restore.OnHost:
		err = m.reconnect(ctx, limit, func(ctx context.Context) error {
			var err error
			a, err = script.Run(ctx, m.session, call.Script, call.Args, script.Options{Host: m.name,
				Command: connectors.Command{Become: true, Timeout: limit, MaxOutput: pointMaxOutput}})
			return err
		})
		if err != nil && connectors.CodeOf(err) != connectors.CodeUnsupported && connectors.CodeOf(err) != connectors.CodeExit {
			return restore.Said{}, err
		}
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return restore.Said{}, cause
	}
	if err != nil {
		fault := faultOf(err)
		return restore.Said{Code: fault.Code, Why: fault.Message}, nil
	}
	return p.Read(op, at, a), nil
}

// askAround runs a script on what the host runs on. What it asks must be safe to ask
// twice.
func (m *machine) askAround(ctx context.Context, name string, call restore.Call, limit time.Duration) (framing.Answer, error) {
	if m.engine.Restores == nil {
		return framing.Answer{}, errors.New("no hypervisor can be spoken to")
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	wait := m.engine.poll()
	for try := 1; ; try++ {
		a, err := m.askOnce(ctx, name, call, limit)
		if err == nil || try == pointTries || !passing(err) {
			return a, err
		}
		if connectors.Pause(ctx, wait) != nil {
			return a, err
		}
		wait *= 2
	}
}

func (m *machine) askOnce(ctx context.Context, name string, call restore.Call, limit time.Duration) (a framing.Answer, err error) {
	s, err := m.engine.Restores.Session(ctx, name, m.host)
	if err != nil {
		return a, fmt.Errorf("reach the hypervisor of %s: %w", m.name, err)
	}
	defer func() { _ = s.Close() }() // everything that was asked has been answered
	return script.Run(ctx, s, call.Script, call.Args, script.Options{Host: m.name,
		Command: connectors.Command{Become: true, Timeout: limit, MaxOutput: pointMaxOutput}})
}

// runPoint runs a program of the operator, whose answer is one frame, or asks an API.
func (m *machine) runPoint(ctx context.Context, call restore.Call, limit time.Duration) (framing.Answer, error) {
	if call.Do != nil {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return call.Do(ctx)
	}
	if m.engine.Programs == nil {
		return framing.Answer{}, errors.New("no program can be started on the controller")
	}
	printed, err := m.engine.Programs.Run(ctx, Program{Argv: call.Argv, Env: call.Env, Limit: limit})
	if err != nil {
		return framing.Answer{}, err
	}
	return framing.Answer{Complete: true, Frames: []framing.Frame{{Name: restore.Frame, RC: printed.ExitCode, Out: []byte(printed.Output)}}}, nil
}

// doPoint does something that its intent is journaled for: on the host as a job,
// which is found again by its id; elsewhere as a command that may be given again.
func (m *machine) doPoint(ctx context.Context, p restore.Provider, op restore.Op, at restore.Point, id job.ID) (restore.Said, ended, error) {
	if call, ok := p.Call(op, at); ok && p.Place() == restore.OnHost {
		e, err := m.workJob(ctx, id, call.Script, call.Args)
		if err != nil {
			return restore.Said{}, e, err
		}
		return p.Read(op, at, e.answer), e, nil
	}
	said, err := m.askPoint(ctx, p, op, at)
	e := ended{Status: job.Status{State: job.Done}}
	if said.Why != "" {
		e.RC, e.log = 1, []byte(said.Why)
	}
	return said, e, err
}

package winrm

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/runner"
)

const (
	// pieceSize is how much input goes in one request, in bytes: in base64 it stays
	// below the smallest envelope a host may allow (150 kB).
	pieceSize = 64 << 10
	// mostSends is how often a piece is offered to a host that is busy.
	mostSends = 3
	// mostReceives is how often a request for output is sent again after the
	// connection failed.
	mostReceives = 5
)

// process is one command in one shell.
type process struct {
	s    *session
	lane *lane
	// shell and command are their ids.
	shell, command string
	outputs        [2]*runner.Stream

	// ctx ends when the command ended or was given up.
	ctx    context.Context // the life of the command, not of a call
	cancel context.CancelCauseFunc
	// writing is held while input is on its way.
	writing sync.Mutex
	// pending is input that was not sent yet: the last piece says that it is the
	// last.
	pending []byte

	// over is closed when exit and err are set.
	over chan struct{}
	exit runner.Exit
	err  error
}

var _ runner.Process = (*process)(nil)

// errAborted is why a command was given up by the caller.
var errAborted = errors.New("the command was given up")

// errEnded is why input is not sent after a command ended.
var errEnded = errors.New("the command has ended")

func newProcess(s *session, l *lane, command string, stdout, stderr *runner.Stream) *process {
	p := &process{s: s, lane: l, shell: l.shell, command: command, outputs: [2]*runner.Stream{stdout, stderr}, over: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancelCause(s.ctx)
	return p
}

// run collects the output until the command ends, then cleans up.
func (p *process) run() {
	exit, err := p.collect()
	if err != nil {
		if broken := context.Cause(p.ctx); broken != nil && p.s.ctx.Err() == nil && !errors.Is(broken, errAborted) {
			err = broken // the input failed, which ended the waiting for output
		}
		p.err = p.explain(err)
	}
	p.exit = exit
	close(p.over)
	if err != nil {
		p.cancel(errEnded)
	}
	// A piece of input that is on its way may arrive: to stop it costs the connection.
	timer := time.AfterFunc(p.s.cfg.Cleanup, func() { p.cancel(errEnded) })
	p.writing.Lock()
	defer p.writing.Unlock()
	timer.Stop()
	p.cancel(errEnded)
	p.s.leave(p.lane, p.command, err)
}

// collect asks for output until the command has ended.
func (p *process) collect() (runner.Exit, error) {
	failures := 0
	var request []byte
	for {
		// The same message again, with the same id, asks for the reply that was lost;
		// another one would say that it had come.
		if failures == 0 {
			request = p.lane.requests.receive(p.shell, p.command)
		}
		asked := time.Now()
		e, err := p.lane.recv.post(p.ctx, request)
		var out *output
		if err == nil {
			out, err = e.output(p.command)
		}
		fault, isFault := errors.AsType[*faultError](err)
		switch {
		case err == nil:
			failures = 0
			p.keep(out)
			if out.done {
				return out.exitOf(), nil
			}
		case isFault && fault.code == faultTimedOut:
			failures = 0
		case isFault || !passing(err) || failures == mostReceives:
			return runner.Exit{}, err
		default:
			failures++
		}
		if err := p.pause(out, failures, time.Since(asked)); err != nil {
			return runner.Exit{}, err
		}
	}
}

// keep writes output where it belongs.
func (p *process) keep(out *output) {
	for i, b := range [2][]byte{out.stdout, out.stderr} {
		if len(b) > 0 {
			_, _ = p.outputs[i].Write(b) // it never fails
		}
	}
}

// pause waits before the next request for output: longer each time that the
// connection failed, for a while if there was none though it came at once, and for
// what was thrown away.
func (p *process) pause(out *output, failures int, took time.Duration) error {
	var wait time.Duration
	switch {
	case failures > 0:
		wait = p.s.cfg.Pause << (failures - 1)
	case out == nil || len(out.stdout)+len(out.stderr) == 0:
		wait = p.s.cfg.Poll - took
	}
	p.s.budget.Pace(p.ctx, int(p.s.debt.Swap(0)))
	return connectors.Pause(p.ctx, wait)
}

// Write sends input, all but what the last piece is made of.
func (p *process) Write(b []byte) (int, error) {
	p.writing.Lock()
	defer p.writing.Unlock()
	for n := 0; n < len(b); {
		if len(p.pending) == pieceSize {
			if err := p.send(false); err != nil {
				return n, err
			}
		}
		part := min(len(b)-n, pieceSize-len(p.pending))
		p.pending = append(p.pending, b[n:n+part]...)
		n += part
	}
	return len(b), nil
}

// CloseWrite sends the last piece.
func (p *process) CloseWrite() error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return p.send(true)
}

// send sends the pending input. A piece that the host may or may not have got ends
// the command: sent twice it would be there twice.
func (p *process) send(last bool) error {
	select {
	case <-p.over:
		return errEnded // the lane may be somebody else's
	default:
	}
	request := p.lane.requests.send(p.shell, p.command, p.pending, last)
	p.pending = p.pending[:0]
	for try := 1; ; try++ {
		_, err := p.lane.ctl.post(p.ctx, request)
		fault, isFault := errors.AsType[*faultError](err)
		switch {
		case err == nil, isFault && fault.code == faultTimedOut:
			return nil
		case p.ctx.Err() != nil:
			return context.Cause(p.ctx)
		case isFault && fault.unread():
			return io.ErrClosedPipe
		case !isFault || fault.code != faultBusy || try == mostSends:
			p.cancel(err)
			return err
		}
		if err := connectors.Pause(p.ctx, p.s.cfg.Busy); err != nil {
			return err
		}
	}
}

// Wait waits for the exit status and all output.
func (p *process) Wait() (runner.Exit, error) {
	<-p.over
	return p.exit, p.err
}

// Abort gives the command up: it is terminated in the background.
func (p *process) Abort() { p.cancel(errAborted) }

// explain makes an *connectors.Error of what ended a command that did not end by
// itself.
func (p *process) explain(err error) error {
	if errors.Is(context.Cause(p.ctx), errAborted) {
		return context.Canceled // the caller knows why
	}
	fault, ok := errors.AsType[*faultError](err)
	switch {
	case ok && fault.stale():
		e := p.s.lost(err)
		if e.Err != nil {
			e.Message = "the host does not know the command any more; it may have restarted"
		}
		return e
	case ok && (fault.code == faultEnvelope || fault.code == faultServerEnvelope):
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseCommand, p.s.ep.name(), "the host takes no messages of this size")
		e.Err, e.Hint = err, "raise winrm/config MaxEnvelopeSizekb there"
		return e
	default:
		return p.s.lost(err)
	}
}

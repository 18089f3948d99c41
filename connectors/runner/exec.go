package runner

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"patchwave/connectors"
)

// errCommandTimeout and errIdleTimeout are the causes of the two deadlines that
// are not the caller's.
var (
	errCommandTimeout = errors.New("the time for the command is over")
	errIdleTimeout    = errors.New("the command was silent for too long")
)

// live is one command line while it runs.
type live struct {
	stdout, stderr *Stream
	activity       atomic.Int64
	// started gets the process, or an error.
	started chan startResult
	// ended gets how it ended.
	ended chan endResult
	// proc is set once started was read.
	proc Process
}

type startResult struct {
	proc Process
	err  error
}

type endResult struct {
	exit Exit
	err  error
}

// launch starts a command line in the background. Its streams can be watched
// before anything arrives, by prepare.
func (r *Runner) launch(ctx context.Context, line string, limit int64, prepare func(*live)) *live {
	l := &live{started: make(chan startResult, 1), ended: make(chan endResult, 1)}
	l.activity.Store(time.Now().UnixNano())
	l.stdout, l.stderr = NewStream(limit, &l.activity), NewStream(limit, &l.activity)
	for _, stream := range []*Stream{l.stdout, l.stderr} {
		stream.budget, stream.discarded = r.opt.Budget, r.opt.Discarded
	}
	if prepare != nil {
		prepare(l)
	}
	go func() {
		proc, err := r.starter.Start(ctx, line, l.stdout, l.stderr)
		if err != nil {
			l.started <- startResult{err: err}
			return
		}
		stop := context.AfterFunc(ctx, proc.Abort)
		l.started <- startResult{proc: proc}
		exit, err := proc.Wait()
		stop()
		l.ended <- endResult{exit, err}
	}()
	return l
}

// begin waits until the command was started.
func (l *live) begin(ctx context.Context) error {
	select {
	case r := <-l.started:
		l.proc = r.proc
		if r.err != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return r.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// feed writes to standard input in the background and ends it. A command that
// does not read its input to the end is no error: its exit status tells.
func (l *live) feed(parts ...[]byte) {
	go func() {
		for _, p := range parts {
			if _, err := l.proc.Write(p); err != nil {
				break
			}
		}
		_ = l.proc.CloseWrite() // it may have ended already
	}()
}

// wait waits for the end.
func (l *live) wait(ctx context.Context) (Exit, error) {
	select {
	case e := <-l.ended:
		if e.err != nil && ctx.Err() != nil {
			return e.exit, context.Cause(ctx)
		}
		return e.exit, e.err
	case <-ctx.Done():
		return Exit{}, context.Cause(ctx)
	}
}

// watchIdle ends ctx when nothing was printed for d. The returned stop must be
// called.
func (l *live) watchIdle(d time.Duration, cancel context.CancelCauseFunc) (stop func()) {
	if d <= 0 {
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
			}
			silent := time.Since(time.Unix(0, l.activity.Load()))
			if silent >= d {
				cancel(errIdleTimeout)
				return
			}
			timer.Reset(d - silent)
		}
	}()
	return func() { close(done) }
}

// result collects what was read.
func (l *live) result(exit Exit) connectors.Result {
	out, cutOut := l.stdout.Take()
	errs, cutErr := l.stderr.Take()
	return connectors.Result{Stdout: out, Stderr: errs, ExitCode: exit.Code, Signal: exit.Signal, Truncated: cutOut || cutErr}
}

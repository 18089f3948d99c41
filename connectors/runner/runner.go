package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/become"
)

// Options of a Runner.
type Options struct {
	// Host is the inventory name, for messages.
	Host string
	// Login is the user the session logged in as.
	Login    string
	Become   connectors.Become
	Timeouts connectors.Timeouts
	// LineBySh runs Command.Line by /bin/sh over standard input, instead of
	// giving it to the Starter as it is.
	LineBySh bool
	// Program says how a Script is run, where it is not by /bin/sh over standard
	// input: the command line and what goes to its standard input. nil means
	// /bin/sh.
	Program func(script []byte) (line string, stdin []byte)
	// PromptWait bounds the waiting for the password prompt, and then for the
	// shell; 0 means a minute. A sudo that cannot resolve its own host name takes
	// ten seconds, a wrong password some more.
	PromptWait time.Duration
	// Budget is shared with other sessions; nil bounds nothing.
	Budget *Budget
	// Discarded is told how much output was thrown away, in bytes, while it
	// arrives, so that the connector can slow the host down. nil if it cannot.
	Discarded func(n int)
}

// DefaultPromptWait is the default of Options.PromptWait.
const DefaultPromptWait = time.Minute

// Runner runs the commands of one session.
type Runner struct {
	opt     Options
	starter Starter

	// asking is held while the password is tried for the first time: a wrong one
	// is to be tried once, whatever runs at the same time.
	asking chan struct{}

	mu      sync.Mutex
	way     way
	refused *connectors.Error
}

// New makes the runner of one session.
func New(s Starter, opt Options) *Runner {
	opt.Timeouts = opt.Timeouts.WithDefaults()
	if opt.PromptWait <= 0 {
		opt.PromptWait = DefaultPromptWait
	}
	return &Runner{opt: opt, starter: s, asking: make(chan struct{}, 1)}
}

// Run is Session.Run.
func (r *Runner) Run(ctx context.Context, c connectors.Command) (connectors.Result, error) {
	begin := time.Now()
	if (len(c.Script) == 0) == (c.Line == "") {
		return connectors.Result{}, r.fail(connectors.CodeUnsupported, "a command has exactly one of script and line", nil)
	}
	timeout := c.Timeout
	if timeout <= 0 {
		timeout = r.opt.Timeouts.Command
	}
	if c.MaxOutput <= 0 {
		c.MaxOutput = connectors.DefaultMaxOutput
	}
	ctx, cancelTimeout := context.WithTimeoutCause(ctx, timeout, errCommandTimeout)
	defer cancelTimeout()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	call := &call{r: r, c: c, cancel: cancel}
	var result connectors.Result
	var err error
	if c.Become && become.Needed(r.opt.Become, r.opt.Login) {
		result, err = call.elevated(ctx)
	} else {
		result, err = call.plain(ctx)
	}
	result.Duration = time.Since(begin)
	return result, r.explain(err, c, timeout)
}

// call is one Run.
type call struct {
	r      *Runner
	c      connectors.Command
	cancel context.CancelCauseFunc
}

// plain runs the command as the user that logged in.
func (k *call) plain(ctx context.Context) (connectors.Result, error) {
	line, stdin := become.Shell, k.c.Script
	switch {
	case k.c.Line != "" && k.r.opt.LineBySh:
		stdin = become.Inline(k.c.Line)
	case k.c.Line != "":
		line, stdin = k.c.Line, nil
	case k.r.opt.Program != nil:
		line, stdin = k.r.opt.Program(k.c.Script)
	}
	l := k.r.launch(ctx, line, k.c.MaxOutput, nil)
	if err := l.begin(ctx); err != nil {
		return l.result(Exit{}), err
	}
	l.feed(stdin)
	return k.finish(ctx, l)
}

// finish waits for the end of a command that has all its input.
func (k *call) finish(ctx context.Context, l *live) (connectors.Result, error) {
	defer l.watchIdle(k.c.Idle, k.cancel)()
	exit, err := l.wait(ctx)
	return l.result(exit), err
}

// script is what the shell gets in an elevated command.
func (k *call) script() []byte {
	if k.c.Line != "" {
		return become.Inline(k.c.Line)
	}
	return k.c.Script
}

// explain makes an *connectors.Error of what ended a command.
func (r *Runner) explain(err error, c connectors.Command, timeout time.Duration) error {
	var known *connectors.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, errCommandTimeout):
		e := r.fail(connectors.CodeTimeout, fmt.Sprintf("the command did not end within %s", timeout), context.DeadlineExceeded)
		e.Hint = "it may still run on the host; give it more time with timeouts.command"
		return e
	case errors.Is(err, errIdleTimeout):
		e := r.fail(connectors.CodeTimeout, fmt.Sprintf("the command printed nothing for %s", c.Idle), context.DeadlineExceeded)
		e.Hint = "it may still run on the host; give it more time with timeouts.idle"
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return r.fail(connectors.CodeTimeout, "the time for this step is over; the command may still run on the host", err)
	case errors.Is(err, context.Canceled):
		return r.fail(connectors.CodeInterrupted, "stopped waiting; the command may still run on the host", err)
	default:
		return r.fail(connectors.CodeLost, "the connection was lost", err)
	}
}

func (r *Runner) fail(code connectors.Code, message string, err error) *connectors.Error {
	return &connectors.Error{Code: code, Phase: connectors.PhaseCommand, Host: r.opt.Host, Message: message, Err: err}
}

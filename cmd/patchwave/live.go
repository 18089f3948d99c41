package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"patchwave/engine/journal"
	"patchwave/engine/report/safe"
)

// drain returns a context that ends with the second signal, and a channel that
// is closed with the first.
func (a *app) drain(ctx context.Context, run string) (context.Context, <-chan struct{}, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	drained, over := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			var sig os.Signal
			select {
			case sig = <-a.signals:
			case <-over:
				return
			}
			a.caught(sig)
			if n == 0 {
				a.say("what has begun is brought to its end and nothing more is begun; interrupt again to let go")
				close(drained)
				continue
			}
			a.say("letting go: jobs on the hosts end by themselves; collect them with: patchwave resume %s", run)
			cancel(context.Canceled)
			return
		}
	})
	return ctx, drained, func() { close(over); wg.Wait(); cancel(nil) }
}

// live shows a run while it goes on: one line an event on standard error, or
// the events themselves as JSON lines on standard output.
type live struct {
	app     *app
	command string
	// to is where lines of text go, err the first error of showing something.
	to  io.Writer
	err error
}

func (a *app) live(command string) *live { return &live{app: a, command: command, to: a.err} }

// event shows one event.
func (l *live) event(e journal.Event, r *journal.Run) {
	a := l.app
	if a.flags.output == "jsonl" {
		if err := a.json(struct {
			Schema string `json:"schema"`
			journal.Event
		}{"patchwave/" + l.command + "/v1", e}); err != nil {
			a.say("%v", err)
			l.failed(err)
		}
		return
	}
	if a.flags.quiet {
		return
	}
	if text := eventText(e, r); text != "" {
		stamp := e.At.In(a.now().Location()).Format("15:04:05")
		// as with progress: what cannot be shown does not stop the work
		_, err := fmt.Fprintf(l.to, "%s  %s\n", stamp, paint(safe.Text(text), eventStyle(e), a.color(l.to)))
		l.failed(err)
	}
}

// failed remembers the first error, for a command that only shows.
func (l *live) failed(err error) {
	if l.err == nil {
		l.err = err
	}
}

// eventText says an event in words; "" for those that are not worth a line.
func eventText(e journal.Event, r *journal.Run) string {
	switch e.Type {
	case journal.RunStarted:
		return "run " + e.Run + " begins"
	case journal.HostState:
		d, err := journal.Decode[journal.HostStateData](e)
		if err != nil || d.To == journal.Checking || d.To == journal.Ready || d.To == journal.Restoring || d.To == journal.Installed {
			return ""
		}
		text := e.Host + "  " + string(d.To)
		if h := r.Host(e.Host); h != nil && d.To.Ended() {
			if h.Fault != nil {
				text += ": " + h.Fault.Message
			} else if h.Why != "" {
				text += ": " + h.Why
			}
		}
		return text
	case journal.BreakerOpen:
		d, err := journal.Decode[journal.BreakerData](e)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("policy %s: %s, %d allowed; nothing more of it is begun", d.Policy, count(d.Failures, "failure"), d.Allowed)
	case journal.RunState:
		d, err := journal.Decode[journal.RunStateData](e)
		if err != nil {
			return ""
		}
		return "run " + e.Run + " " + d.State
	case journal.ActionOutcome:
		return actionEventText(e, r)
	case journal.HostWaiting:
		d, err := journal.Decode[journal.HostWaitingData](e)
		if err != nil {
			return ""
		}
		return e.Host + "  waits: " + d.Why
	default:
		return ""
	}
}

func eventStyle(e journal.Event) style {
	if e.Type == journal.ActionOutcome || e.Type == journal.HostWaiting {
		return plain
	}
	if e.Type != journal.HostState {
		return strong
	}
	d, err := journal.Decode[journal.HostStateData](e)
	if err != nil {
		return plain
	}
	return stateStyle(string(d.To))
}

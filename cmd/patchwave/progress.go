package main

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"patchwave/engine/report/safe"
)

// redraw is the least time between two drawings of the progress line.
const redraw = 100 * time.Millisecond

// progress shows how far something is: one line that is drawn anew on a
// terminal, nothing elsewhere unless a host has something to say.
type progress struct {
	app    *app
	what   string
	total  int
	n      int
	drawn  bool
	latest time.Time
}

func (a *app) progress(what string, total int) *progress {
	return &progress{app: a, what: what, total: total}
}

// step counts one more host.
func (p *progress) step(host, state string) {
	p.n++
	if p.app.flags.quiet || !isTerminal(p.app.err) {
		return
	}
	now := time.Now()
	if p.n < p.total && now.Sub(p.latest) < redraw {
		return
	}
	p.latest, p.drawn = now, true
	line := safe.Truncate(safe.Text(fmt.Sprintf("%s %d/%d  %s %s", p.what, p.n, p.total, host, state)), 78)
	// a progress line that cannot be drawn is no reason to stop
	_, _ = fmt.Fprintf(p.app.err, "\r\x1b[K%s", line)
}

// done takes the progress line away.
func (p *progress) done() {
	if p.drawn {
		_, _ = fmt.Fprint(p.app.err, "\r\x1b[K") // as above
	}
}

// caught remembers which signal ended the work.
func (a *app) caught(sig os.Signal) {
	a.interrupted = exitInterrupted
	if sig == syscall.SIGTERM || sig == syscall.SIGHUP {
		a.interrupted = exitTerminated
	}
}

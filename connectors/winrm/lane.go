package winrm

import (
	"context"
	"errors"
)

// mostUses is how many commands a shell serves: the host counts the operations of
// a shell and never forgets them.
const mostUses = 15

// lane is what one command at a time needs: a shell on the host, a connection for
// its output and one for everything else.
type lane struct {
	requests  *requests
	ctl, recv *channel
	shell     string
	uses      int
}

func newLane(cfg Config, ep *endpoint, login *proof) *lane {
	return &lane{requests: newRequests(ep.url(), cfg.Operation), ctl: newChannel(cfg, ep, login), recv: newChannel(cfg, ep, login)}
}

// ready makes sure that there is a shell, and that it is not worn out.
func (l *lane) ready(ctx context.Context) error {
	if l.shell != "" && l.uses >= mostUses {
		l.remove(ctx)
	}
	if l.shell != "" {
		return nil
	}
	e, err := l.ctl.post(ctx, l.requests.create())
	if err != nil {
		return err
	}
	l.shell, err = e.shellID()
	l.uses = 0
	return err
}

// start starts a command line and returns its id. When the shell is gone or worn
// out, nothing was started, and it is tried once more in a new one.
func (l *lane) start(ctx context.Context, line string) (string, error) {
	for again := false; ; again = true {
		if err := l.ready(ctx); err != nil {
			return "", err
		}
		l.uses++
		e, err := l.ctl.post(ctx, l.requests.command(l.shell, line))
		if err == nil {
			return e.commandID()
		}
		if fault, ok := errors.AsType[*faultError](err); !ok || !fault.stale() || again {
			return "", err
		}
		l.remove(ctx)
	}
}

// terminate says that a command is over, or ends it. Its error does not matter: the
// host drops what it knows of a command with its shell.
func (l *lane) terminate(ctx context.Context, command string) {
	_, _ = l.ctl.post(ctx, l.requests.terminate(l.shell, command)) // see above
}

// remove deletes the shell and all that runs in it. If the host cannot be reached
// it stays there until it has been idle for long enough.
func (l *lane) remove(ctx context.Context) {
	if l.shell == "" {
		return
	}
	_, _ = l.ctl.post(ctx, l.requests.remove(l.shell)) // see above
	l.shell = ""
}

// close closes the connections. Nothing may use them any more.
func (l *lane) close() {
	l.ctl.close()
	l.recv.close()
}

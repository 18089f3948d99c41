package connectors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Reach is where a connector wants to go, for what it says when it does not get there.
type Reach struct {
	// Host is the inventory name, Name what is looked up or dialled, and Address that
	// with its port.
	Host, Name, Address string
}

// Interrupted is the error of a context that has ended before the host was reached:
// its deadline is CodeTimeout, all else CodeInterrupted. Its cause is that of ctx.
func (r Reach) Interrupted(ctx context.Context, phase Phase) *Error {
	cause := context.Cause(ctx)
	e := &Error{Code: CodeInterrupted, Phase: phase, Host: r.Host, Err: cause, Message: "stopped while connecting to " + r.Address}
	if errors.Is(cause, context.DeadlineExceeded) {
		e.Code = CodeTimeout
	}
	return e
}

// Undialled is why there is no byte stream to the host, with hint where nothing better
// is known. late is the error of the connect timeout, where err or its context came
// to that; limit is how long it is.
func (r Reach) Undialled(err, late error, limit time.Duration, hint string) *Error {
	e := &Error{Code: CodeUnreachable, Phase: PhaseDial, Host: r.Host, Err: err, Retry: true, Message: "cannot reach " + r.Address, Hint: hint}
	dns, unknown := errors.AsType[*net.DNSError](err)
	switch {
	case late != nil:
		e.Code, e.Err = CodeTimeout, late
		e.Message = fmt.Sprintf("no connection to %s within %s", r.Address, limit)
		e.Hint = "check the address, the firewall and that the host is on"
	case unknown:
		e.Retry = dns.IsTemporary || dns.IsTimeout
		e.Message, e.Hint = fmt.Sprintf("cannot look up %q", r.Name), "check the address in the inventory"
	}
	return e
}

// Dropped reports whether err says that the peer went away, without a word why.
func Dropped(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// Worded is err for errors.Is and errors.As, and says words: what err says stands in
// the message above it already, or is for nobody.
func Worded(words string, err error) error { return &worded{words, err} }

type worded struct {
	words string
	err   error
}

func (w *worded) Error() string { return w.words }
func (w *worded) Unwrap() error { return w.err }

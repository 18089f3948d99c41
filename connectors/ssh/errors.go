package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
)

// covered keeps a cause for errors.Is and errors.As whose words are in the
// message above it already.
type covered struct {
	words string
	err   error
}

func (c *covered) Error() string { return c.words }
func (c *covered) Unwrap() error { return c.err }

// interrupted is the error of a context that ended before the host was reached.
func interrupted(ctx context.Context, phase connectors.Phase, ep endpoint) *connectors.Error {
	cause := context.Cause(ctx)
	e := &connectors.Error{Code: connectors.CodeInterrupted, Phase: phase, Host: ep.name(), Err: cause,
		Message: fmt.Sprintf("stopped while connecting to %s", ep.address())}
	if errors.Is(cause, context.DeadlineExceeded) {
		e.Code = connectors.CodeTimeout
	}
	return e
}

// dialError explains why there is no byte stream to the host.
func dialError(ctx context.Context, ep endpoint, via *hopSlot, err error) *connectors.Error {
	if ctx.Err() != nil {
		return interrupted(ctx, connectors.PhaseDial, ep)
	}
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseDial, Host: ep.name(), Err: err,
		Message: "cannot reach " + ep.address()}
	var (
		dns     *net.DNSError
		refused *ssh.OpenChannelError
	)
	switch {
	case errors.Is(err, errDialTimeout):
		e.Code, e.Retry, e.Err = connectors.CodeTimeout, true, errDialTimeout
		e.Message = fmt.Sprintf("no connection to %s within %s", ep.address(), ep.timeouts.Connect)
		e.Hint = "check the address, the firewall and that the host is on"
	case errors.As(err, &dns):
		e.Retry = dns.IsTemporary || dns.IsTimeout
		e.Message, e.Err = fmt.Sprintf("cannot look up %q", ep.host), err
		e.Hint = "check the address in the inventory"
	case errors.As(err, &refused) && refused.Reason == ssh.Prohibited:
		e.Message = fmt.Sprintf("the jump host does not forward to %s", ep.address())
		e.Hint = "allow it there with AllowTcpForwarding and PermitOpen in sshd_config"
	case errors.As(err, &refused):
		e.Retry = true
		e.Message = fmt.Sprintf("the jump host cannot reach %s", ep.address())
	case via != nil:
		e.Retry = true
		e.Message = fmt.Sprintf("the connection to the jump host was lost on the way to %s", ep.address())
	default:
		e.Retry = true
		e.Hint = "check the address, the port and that sshd runs"
	}
	return e
}

// throughHop says that it was the jump host that could not be reached.
func throughHop(ctx context.Context, ep, hop endpoint, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx, connectors.PhaseDial, ep)
	}
	e := connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseDial, Err: err}
	if inner, ok := errors.AsType[*connectors.Error](err); ok {
		e = *inner
	}
	e.Host, e.Retry = ep.name(), false
	e.Message = strings.TrimSuffix(fmt.Sprintf("jump host %s: %s", hop.name(), e.Message), ": ")
	return &e
}

// handshakeError explains why a byte stream did not become a session. cause is
// why the guard closed it, nil if it did not.
func handshakeError(ctx context.Context, h *handshaker, auth *authentication, cause, err error) *connectors.Error {
	ep, phase := h.ep, h.phase()
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	if ctx.Err() != nil {
		return interrupted(ctx, phase, ep)
	}
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: phase, Host: ep.name(), Err: err}
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case errors.Is(cause, errHandshakeTimeout):
		e.Code, e.Err = connectors.CodeTimeout, context.DeadlineExceeded
		e.Message = fmt.Sprintf("%s did not finish the %s within %s", ep.address(), phaseName(phase), ep.timeouts.Connect)
		e.Hint = "check that it is an SSH server and not overloaded"
	case errors.As(err, &negotiation) && onlyCertificates(negotiation.RequestedAlgorithms):
		e.Code = connectors.CodeHostKey
		e.Message = fmt.Sprintf("%s shows host certificates only, and no authority for it is known", ep.hostPort())
		e.Hint = "add a @cert-authority line to " + h.trust.file()
		e.Err = &covered{"no login was tried", err}
	case errors.As(err, &negotiation):
		e.Code = connectors.CodeUnsupported
		e.Message = fmt.Sprintf("%s offers no secure %s: it has %s", ep.address(), subject(negotiation), strings.Join(negotiation.RequestedAlgorithms, ", "))
		e.Hint = "update the SSH server on the host"
		e.Err = &covered{"nothing in common", err}
	case dropped(err):
		e.Retry = !auth.passwordSent()
		e.Message = fmt.Sprintf("%s closed the connection during the %s", ep.address(), phaseName(phase))
		e.Hint = "the host may limit new connections (MaxStartups) or refuse this address"
		e.Err = &covered{"no reason given", err}
		if phase == connectors.PhaseLogin {
			e.Hint += fmt.Sprintf(", or %s may not log in now (expired, locked, /etc/nologin)", ep.user)
		}
		if said, ok := h.said.Load().(string); ok {
			e.Err = &covered{fmt.Sprintf("its last words were %q", said), err}
		}
	case phase == connectors.PhaseLogin:
		return auth.refused(ep, err)
	default:
		e.Message = fmt.Sprintf("no SSH handshake with %s", ep.address())
		e.Hint = "check that the port is that of an SSH server"
	}
	return e
}

func phaseName(p connectors.Phase) string {
	if p == connectors.PhaseLogin {
		return "login"
	}
	return "handshake"
}

func onlyCertificates(algorithms []string) bool {
	return len(algorithms) > 0 && !slices.ContainsFunc(algorithms, func(a string) bool { return !strings.Contains(a, "-cert-v01@") })
}

// subject is what the two sides do not have in common, in words.
func subject(e *ssh.AlgorithmNegotiationError) string {
	if e.What == "" {
		return "algorithm"
	}
	return e.What + " algorithm"
}

// dropped says that the peer went away, without a word why.
func dropped(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

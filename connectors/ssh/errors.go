package ssh

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
)

// dialError explains why there is no byte stream to the host.
func dialError(ctx context.Context, ep endpoint, via *hopSlot, err error) *connectors.Error {
	if ctx.Err() != nil {
		return ep.reach().Interrupted(ctx, connectors.PhaseDial)
	}
	if errors.Is(err, errDialTimeout) {
		return ep.reach().Undialled(err, errDialTimeout, ep.timeouts.Connect, "")
	}
	e := ep.reach().Undialled(err, nil, 0, "check the address, the port and that sshd runs")
	if _, unknown := errors.AsType[*net.DNSError](err); unknown {
		return e
	}
	refused, notForwarded := errors.AsType[*ssh.OpenChannelError](err)
	switch {
	case notForwarded && refused.Reason == ssh.Prohibited:
		e.Retry = false
		e.Message = fmt.Sprintf("the jump host does not forward to %s", ep.address())
		e.Hint = "allow it there with AllowTcpForwarding and PermitOpen in sshd_config"
	case notForwarded:
		e.Message, e.Hint = fmt.Sprintf("the jump host cannot reach %s", ep.address()), ""
	case via != nil:
		e.Message, e.Hint = fmt.Sprintf("the connection to the jump host was lost on the way to %s", ep.address()), ""
	}
	return e
}

// throughHop says that it was the jump host that could not be reached.
func throughHop(ctx context.Context, ep, hop endpoint, err error) error {
	if ctx.Err() != nil {
		return ep.reach().Interrupted(ctx, connectors.PhaseDial)
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
		return ep.reach().Interrupted(ctx, phase)
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
		e.Err = connectors.Worded("no login was tried", err)
	case errors.As(err, &negotiation):
		e.Code = connectors.CodeUnsupported
		e.Message = fmt.Sprintf("%s offers no secure %s: it has %s", ep.address(), subject(negotiation), strings.Join(negotiation.RequestedAlgorithms, ", "))
		e.Hint = "update the SSH server on the host"
		e.Err = connectors.Worded("nothing in common", err)
	case connectors.Dropped(err):
		e.Retry = !auth.passwordSent()
		e.Message = fmt.Sprintf("%s closed the connection during the %s", ep.address(), phaseName(phase))
		e.Hint = "the host may limit new connections (MaxStartups) or refuse this address"
		e.Err = connectors.Worded("no reason given", err)
		if phase == connectors.PhaseLogin {
			e.Hint += fmt.Sprintf(", or %s may not log in now (expired, locked, /etc/nologin)", ep.user)
		}
		if said, ok := h.said.Load().(string); ok {
			e.Err = connectors.Worded(fmt.Sprintf("its last words were %q", said), err)
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

package winrm

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	"patchwave/connectors"
)

// dial opens the byte stream to the host.
func dial(ctx context.Context, cfg Config, ep *endpoint) (net.Conn, error) {
	limited, cancel := context.WithTimeoutCause(ctx, ep.timeouts.Connect, errConnectTimeout)
	defer cancel()
	conn, err := cfg.DialContext(limited, "tcp", ep.address())
	if err == nil {
		return conn, nil
	}
	if ctx.Err() != nil {
		return nil, ep.reach().Interrupted(ctx, connectors.PhaseDial)
	}
	var late error
	if limited.Err() != nil {
		late = errConnectTimeout
	}
	return nil, ep.reach().Undialled(err, late, ep.timeouts.Connect, "check the address, the port, the firewall and that WinRM runs (winrm quickconfig)")
}

// handshake verifies the peer.
func handshake(ctx context.Context, ep *endpoint, conn *tls.Conn) error {
	limited, cancel := context.WithTimeoutCause(ctx, ep.timeouts.Connect, errConnectTimeout)
	defer cancel()
	err := conn.HandshakeContext(limited)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ep.reach().Interrupted(ctx, connectors.PhaseHandshake)
	}
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseHandshake, Host: ep.name(), Err: err,
		Message: "no TLS handshake with " + ep.address(), Hint: "check that it is a WinRM listener for https"}
	var (
		pin    *pinError
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		alert  tls.AlertError
	)
	switch {
	case limited.Err() != nil:
		e.Code, e.Retry, e.Err = connectors.CodeTimeout, true, errConnectTimeout
		e.Message = fmt.Sprintf("%s did not finish the TLS handshake within %s", ep.address(), ep.timeouts.Connect)
	case errors.As(err, &pin):
		e.Code = connectors.CodeHostKey
		e.Message = ep.address() + " is not the host that is pinned"
		e.Hint = "no login was tried; if the certificate was renewed on purpose, correct server_fingerprint"
	case errors.As(err, &verify):
		e.Code = connectors.CodeHostKey
		e.Message = "the certificate of " + ep.address() + " is not trusted"
		e.Hint = "no login was tried; " + trustHint(err)
	case errors.As(err, &record):
		e.Message = ep.address() + " does not speak TLS"
		e.Hint = fmt.Sprintf("is it the port of plain http? https is %d by default", connectors.WinRMPortHTTPS)
	case errors.As(err, &alert):
		e.Code = connectors.CodeUnsupported
		e.Hint = "the host may know TLS 1.2 not at all, or not with a secure cipher: update it"
	case connectors.Dropped(err):
		e.Retry = true
	}
	return e
}

// trustHint says what to do about a certificate that is not trusted.
func trustHint(err error) string {
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &name):
		return "use the name that is in the certificate as the address, or pin the certificate with server_fingerprint"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew it on the host, and check the clock here"
	default:
		return "name its authority with ca_file, or pin it with server_fingerprint"
	}
}

// loginError makes an *connectors.Error of what ended a login.
func loginError(ctx context.Context, ep *endpoint, err error) error {
	if ctx.Err() != nil {
		return ep.reach().Interrupted(ctx, connectors.PhaseLogin)
	}
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseLogin, Host: ep.name(), Err: err, Retry: true,
		Message: ep.address() + " did not answer the login", Hint: "check that the port is that of WinRM and that the host is not overloaded"}
	if errors.Is(err, errConnectTimeout) || errors.Is(err, errRequestTimeout) {
		e.Code = connectors.CodeTimeout
		e.Err = connectors.Worded("no answer in time", err)
	}
	if broken, ok := errors.AsType[*brokenError](err); ok && broken.exposed {
		e.Retry = false
	}
	if other, ok := errors.AsType[*notSOAPError](err); ok {
		e = statusError(ep, &answer{status: other.status})
	}
	if errors.Is(err, errReply) {
		e.Retry = false
		e.Message = ep.address() + " does not answer as WinRM does"
	}
	return e
}

// statusError explains a reply that is no SOAP message.
func statusError(ep *endpoint, a *answer) *connectors.Error {
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseLogin, Host: ep.name()}
	switch status := a.status; {
	case status == http.StatusUnauthorized:
		e.Code = connectors.CodeAuth
		e.Message = fmt.Sprintf("%s refuses the login", ep.address())
		if ep.target.User != "" {
			e.Message += fmt.Sprintf(" of %s", ep.target.User)
		}
		e.Hint = refusedHint(ep.target)
		if ep.target.WinRM.Auth == connectors.WinRMKerberos {
			k := &kerberosLogin{ep: ep}
			if hint := k.hint(kerberosRefusal(a)); hint != "" {
				e.Hint = hint
			}
		}
	case status == http.StatusForbidden:
		e.Code = connectors.CodeAuth
		e.Message = fmt.Sprintf("%s forbids the access (HTTP status 403)", ep.address())
		e.Hint = refusedHint(ep.target)
	case status == http.StatusNotFound:
		e.Message = fmt.Sprintf("there is no WinRM at %s (HTTP status 404)", ep.address())
		e.Hint = fmt.Sprintf("check the port: %d for https, %d for http", connectors.WinRMPortHTTPS, connectors.WinRMPortHTTP)
	case status == http.StatusServiceUnavailable:
		e.Retry = true
		e.Message = fmt.Sprintf("WinRM at %s is not ready (HTTP status 503)", ep.address())
		e.Hint = "the host may be starting: try again in a minute"
	case status >= 300 && status < 400:
		e.Message = fmt.Sprintf("%s sends elsewhere (HTTP status %d), which is not followed", ep.address(), status)
		e.Hint = "WinRM never does that: check the address and the port"
	case status == http.StatusInternalServerError && ep.target.WinRM.Auth == connectors.WinRMNTLM && ep.tls == nil:
		e.Code = connectors.CodeUnsupported
		e.Message = fmt.Sprintf("%s answers without encryption (HTTP status 500)", ep.address())
		e.Hint = "the host does not encrypt messages here: use https"
	default:
		e.Message = fmt.Sprintf("%s does not answer as WinRM does (HTTP status %d)", ep.address(), status)
		e.Hint = "check the address and the port"
	}
	return e
}

// refusedHint says what a refused login can mean: the host tells these apart in no
// way.
func refusedHint(t connectors.Target) string {
	const admin = "not an administrator, or a local one that UAC cuts down (LocalAccountTokenFilterPolicy)"
	switch t.WinRM.Auth {
	case connectors.WinRMCertificate:
		return "the certificate may be unknown there (winrm/config/service/certmapping), mapped to a user who is " + admin + ", or Certificate is not allowed"
	case connectors.WinRMKerberos:
		return "the user may be " + admin + ", Kerberos may not be allowed, or the service principal name belong to another account (setspn -Q HTTP/" + strings.ToLower(t.Address) + ")"
	case connectors.WinRMBasic:
		return "the password may be wrong, Basic not allowed (it knows local users only), or the user is " + admin
	case connectors.WinRMNTLM:
		fallthrough
	default:
		return "the password may be wrong or expired, the account locked, or the user is " + admin
	}
}

// createError explains why there is no shell, when the login itself was accepted.
func createError(ctx context.Context, ep *endpoint, err error) error {
	if ctx.Err() != nil {
		return ep.reach().Interrupted(ctx, connectors.PhaseLogin)
	}
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	e := &connectors.Error{Code: connectors.CodeUnreachable, Phase: connectors.PhaseLogin, Host: ep.name(), Err: err,
		Message: ep.address() + " opens no shell"}
	fault, ok := errors.AsType[*faultError](err)
	switch {
	case !ok:
		return loginError(ctx, ep, err)
	case fault.denied():
		e.Code = connectors.CodeAuth
		e.Hint = refusedHint(ep.target)
	case fault.code == faultNoRemoteShells:
		e.Code = connectors.CodeUnsupported
		e.Hint = "allow it on the host: winrm set winrm/config/winrs @{AllowRemoteShellAccess=\"true\"}"
	case fault.quota():
		e.Retry = true
		e.Hint = "shells were left there: they end after two hours, or with a restart of WinRM; or raise winrm/config/winrs MaxShellsPerUser"
	case fault.code == faultTimedOut:
		e.Code, e.Retry = connectors.CodeTimeout, true
		e.Hint = "the host is overloaded"
	case fault.code == faultRegistryDeleted:
		e.Retry = true
		e.Hint = "the profile of the user is being unloaded there: try again in a minute"
	}
	return e
}

package winrm

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"

	"patchwave/connectors"
)

// The causes of the deadlines of a connection.
var (
	errConnectTimeout = errors.New("no answer within the connect timeout")
	errRequestTimeout = errors.New("no whole reply in time")
)

// link is one connection that is logged in.
type link struct {
	ep     *endpoint
	stream *stream
	login  *proof
	// tls is how the peer was verified, nil over plain http.
	tls *tls.ConnectionState
	// seal encrypts the messages, nil within TLS.
	seal sealer
	// secret is what Basic sends with each request; wiped by close.
	secret []byte
	// proven says that the host has accepted a request of this login.
	proven bool
}

// open dials, verifies the peer and logs in; each has the connect timeout. The
// error is an *connectors.Error.
func open(ctx context.Context, cfg Config, ep *endpoint, login *proof) (*link, error) {
	if refused := login.refused.Load(); refused != nil {
		return nil, refused
	}
	conn, err := dial(ctx, cfg, ep)
	if err != nil {
		return nil, err
	}
	l := &link{ep: ep, login: login}
	if ep.tls != nil {
		secure := tls.Client(conn, ep.tls)
		if err := handshake(ctx, ep, secure); err != nil {
			_ = conn.Close() // it is being given up
			return nil, err
		}
		state := secure.ConnectionState()
		l.tls, conn = &state, secure
	}
	l.stream = newStream(conn, ep.address(), path)
	limited, cancel := context.WithTimeoutCause(ctx, ep.timeouts.Connect, errConnectTimeout)
	defer cancel()
	if err := login.begin(limited, l); err != nil {
		l.close()
		err = loginError(ctx, ep, err)
		login.note(err)
		return nil, err
	}
	return l, nil
}

// errNotAccepted is what a request is refused with that must be sent again after
// another login.
var errNotAccepted = errors.New("the host does not know the login of this connection any more")

// post sends a SOAP message and returns the reply as SOAP. The error is a
// *brokenError, a *faultError, a *notSOAPError, an *connectors.Error, or
// errNotAccepted; but for a *faultError the link is closed.
func (l *link) post(ctx context.Context, message []byte) (e *envelope, err error) {
	defer func() {
		if _, fault := errors.AsType[*faultError](err); err != nil && !fault {
			l.login.note(err)
			l.close()
		}
	}()
	authorization, err := l.login.authorization(ctx, l)
	if err != nil {
		if ctx.Err() != nil {
			err = &brokenError{err: context.Cause(ctx)}
		}
		return nil, err
	}
	defer clear(authorization)
	contentType := typeSOAP
	if l.seal != nil {
		contentType = typeSealed
		if message, err = seal(l.seal, message); err != nil {
			return nil, &brokenError{err: err}
		}
	}
	a, err := l.stream.post(ctx, contentType, authorization, message)
	if err != nil {
		if l.secret != nil && !l.proven {
			err = exposed(err)
		}
		return nil, err
	}
	return l.read(a)
}

// read makes SOAP of a reply. A reply that is not encrypted where it must be is
// believed in nothing but its status.
func (l *link) read(a *answer) (*envelope, error) {
	body := a.body
	switch {
	case a.status == http.StatusUnauthorized && l.proven:
		return nil, errNotAccepted
	case a.status != http.StatusOK && a.status != http.StatusInternalServerError && a.status != http.StatusBadRequest:
		return nil, l.statusError(a)
	case l.seal != nil && isSealed(a.header.Get("Content-Type")):
		var err error
		if body, err = unseal(l.seal, body); err != nil {
			return nil, &brokenError{sent: true, partial: true, err: err}
		}
	case l.seal != nil, len(body) == 0:
		return nil, l.statusError(a)
	}
	e, err := parse(a.status, body)
	if _, fault := errors.AsType[*faultError](err); err == nil || fault {
		l.proven = true
	}
	return e, err
}

func (l *link) statusError(a *answer) *connectors.Error { return statusError(l.ep, a) }

// usable reports whether another request can be sent.
func (l *link) usable() bool { return l.stream.usable() }

// close ends the connection and wipes what authenticates. It is safe to call
// twice.
func (l *link) close() {
	l.stream.close()
	clear(l.secret)
}

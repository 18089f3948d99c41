package winrm

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Bounds of what a host may send in one reply, in bytes.
const (
	maxHead = 64 << 10
	maxBody = 512 << 10
	// usualBody is what is set aside for a body ahead, in bytes, and no more.
	usualBody = 128 << 10
	// maxInformal is how many replies of class 1xx may come before the real one.
	maxInformal = 4
)

// The types of a body.
const (
	typeSOAP   = "application/soap+xml;charset=UTF-8"
	typeSealed = `multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"`
)

// answer is one HTTP reply.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// brokenError says that a request got no whole reply.
type brokenError struct {
	// sent says that the host may have seen the request.
	sent bool
	// partial says that a part of the reply came.
	partial bool
	// exposed says that a password may have been tried, and was neither accepted nor
	// refused: it is not tried again at once.
	exposed bool
	err     error
}

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// errTooLarge is what a reply over the bounds is refused with.
var errTooLarge = errors.New("the reply is larger than a reply may be")

// stream is HTTP/1.1 on one connection, one request at a time. The package
// net/http has no way to say which connection a request goes out on.
type stream struct {
	conn net.Conn
	// host and path of each request.
	host, path string
	in         *meter
	buf        *bufio.Reader
	// over says that nothing more can be sent.
	over bool
	// used is when the last reply came.
	used time.Time
}

func newStream(conn net.Conn, host, path string) *stream {
	in := &meter{r: conn}
	return &stream{conn: conn, host: host, path: path, in: in, buf: bufio.NewReader(in), used: time.Now()}
}

// meter bounds what is read for one reply, and counts it.
type meter struct {
	r          io.Reader
	left, seen int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	m.seen += n
	return n, err
}

func (m *meter) reset() { m.left, m.seen = maxHead+maxBody, 0 }

// post sends one request and reads its reply. When ctx ends, both end at once and
// the connection with them. authorization may be nil; it is not kept.
func (s *stream) post(ctx context.Context, contentType string, authorization, body []byte) (*answer, error) {
	if s.over {
		return nil, &brokenError{err: net.ErrClosed}
	}
	s.in.reset()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetDeadline(time.Unix(1, 0)) }) // if it fails the connection is closed already
	sent, a, err := s.exchange(ctx, contentType, authorization, body)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		s.close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, &brokenError{sent: sent, partial: s.in.seen > 0, err: err}
	}
	s.used = time.Now()
	return a, nil
}

func (s *stream) exchange(ctx context.Context, contentType string, authorization, body []byte) (sent bool, a *answer, err error) {
	if ctx.Err() != nil {
		return false, nil, context.Cause(ctx)
	}
	request := s.request(contentType, authorization, body)
	defer clear(request)
	n, err := s.conn.Write(request)
	if err != nil {
		return n > 0, nil, err
	}
	a, err = s.read()
	return true, a, err
}

// request is one request as bytes, so that what authenticates can be wiped.
func (s *stream) request(contentType string, authorization, body []byte) []byte {
	b := make([]byte, 0, 512+len(authorization)+len(body))
	b = fmt.Appendf(b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: patchwave\r\nContent-Type: %s\r\nContent-Length: ", s.path, s.host, contentType)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	if authorization != nil {
		b = append(b, "\r\nAuthorization: "...)
		b = append(b, authorization...)
	}
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// read reads one reply to its end.
func (s *stream) read() (*answer, error) {
	for range maxInformal + 1 {
		resp, err := http.ReadResponse(s.buf, &http.Request{Method: http.MethodPost})
		if err != nil {
			return nil, err
		}
		var body bytes.Buffer
		if resp.ContentLength > 0 { // it may be lying: no more than most replies have
			body.Grow(int(min(resp.ContentLength, usualBody)) + bytes.MinRead)
		}
		n, err := io.Copy(&body, io.LimitReader(resp.Body, maxBody+1))
		if cerr := resp.Body.Close(); err == nil {
			err = cerr
		}
		switch {
		case err != nil:
			return nil, err
		case n > maxBody:
			return nil, errTooLarge
		case resp.StatusCode == http.StatusSwitchingProtocols:
			return nil, errors.New("the reply changes the protocol")
		case resp.StatusCode < http.StatusOK:
			continue
		}
		if resp.Close || resp.ContentLength < 0 && len(resp.TransferEncoding) == 0 {
			s.close()
		}
		return &answer{status: resp.StatusCode, header: resp.Header, body: body.Bytes()}, nil
	}
	return nil, errors.New("the reply does not begin")
}

const (
	// mostIdle is how long an unused connection is kept: HTTP.sys closes one after
	// two minutes.
	mostIdle = 90 * time.Second
	// freshIdle is how long it is believed without looking.
	freshIdle = time.Second
	// glance is how long is looked whether the host closed it.
	glance = time.Millisecond
)

// usable reports whether the host has neither closed the connection nor sent what
// was not asked for.
func (s *stream) usable() bool {
	idle := time.Since(s.used)
	switch {
	case s.over, idle > mostIdle, s.buf.Buffered() > 0:
		return false
	case idle < freshIdle:
		return true
	}
	s.in.reset()
	if err := s.conn.SetReadDeadline(time.Now().Add(glance)); err != nil {
		return false
	}
	_, err := s.buf.Peek(1)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		return false
	}
	return s.conn.SetReadDeadline(time.Time{}) == nil
}

// close closes the connection. It is safe to call twice.
func (s *stream) close() {
	if !s.over {
		s.over = true
		_ = s.conn.Close() // it is being given up, or the reply is whole
	}
}

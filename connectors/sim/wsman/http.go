package wsman

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serve answers a request: what stands before the service, who it is, what it
// says, and what is done about it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.work.Done()
	s.count.requests.Add(1)
	for _, v := range r.Header.Values("Authorization") {
		s.count.authorizationBytes.Add(int64(len(v)))
	}
	c, t := connectionOf(r.Context()), s.Trouble()
	w.Header().Set("Server", "Microsoft-HTTPAPI/2.0")
	body, status := s.body(r)
	if t.Silent {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	if wait(r.Context(), t.Delay); r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the client is gone, or the machine
	}
	if s.before(w, t) {
		return
	}
	if status == http.StatusOK && !strings.EqualFold(r.URL.Path, "/wsman") {
		status = http.StatusNotFound
	}
	if status != http.StatusOK {
		w.Header().Set("Connection", "close")
		bare(w, status)
		return
	}
	who := s.authenticate(w, r, c, len(body) == 0)
	if who.done {
		return
	}
	sealed := isSealed(r.Header.Get("Content-Type"))
	if !sealed && r.TLS == nil && !s.opt.AllowUnencrypted {
		s.unencrypted(w)
		return
	}
	if sealed {
		body = open(who.sealing, body)
	}
	if len(body) == 0 { // nothing, or nothing that can be opened
		c.login = login{epoch: c.login.epoch}
		bare(w, http.StatusBadRequest)
		return
	}
	if !sealed {
		who.sealing = nil
		s.count.plain.Add(1)
	} else {
		s.count.sealed.Add(1)
	}
	s.answer(w, r, c, who, body)
}

// body reads the body of a request, or says with which status it is refused. One
// that is too large ends the connection.
func (s *Server) body(r *http.Request) (body []byte, status int) {
	limit := s.opt.MaxEnvelope + 1024 // what a frame needs
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(limit)+1))
	switch {
	case err != nil:
		panic(http.ErrAbortHandler) // the client is gone
	case len(body) > limit:
		return nil, http.StatusRequestEntityTooLarge
	case r.Method != http.MethodPost:
		return nil, http.StatusMethodNotAllowed
	}
	return body, http.StatusOK
}

// before answers in the place of the service, where something else does.
func (s *Server) before(w http.ResponseWriter, t Trouble) bool {
	if t.Unavailable || s.Phase() == Starting {
		const page = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">` + "\r\n" +
			`<HTML><HEAD><TITLE>Service Unavailable</TITLE></HEAD>` + "\r\n" +
			`<BODY><h2>Service Unavailable</h2><hr><p>HTTP Error 503. The service is unavailable.</p></BODY></HTML>` + "\r\n"
		w.Header().Set("Content-Type", "text/html; charset=us-ascii")
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, page) // the client may be gone
		return true
	}
	if t.Redirect != "" {
		w.Header().Set("Location", t.Redirect)
		bare(w, or(t.RedirectStatus, http.StatusTemporaryRedirect))
		return true
	}
	return false
}

// unencrypted refuses SOAP that everybody can read.
func (s *Server) unencrypted(w http.ResponseWriter) {
	if s.opt.UnencryptedStatus == http.StatusUnauthorized {
		s.unauthorized(w, "")
		return
	}
	bare(w, s.opt.UnencryptedStatus)
}

// bare answers with a status and nothing else.
func bare(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(status)
}

// open takes a sealed body apart. It is nil if that cannot be done.
func open(k *sealing, body []byte) []byte {
	signature, sealed, err := unframe(body)
	if k == nil || err != nil {
		return nil
	}
	plain, err := k.in.open(signature, sealed)
	if err != nil {
		return nil
	}
	return plain
}

// answer does what a request asks for, and says so.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, c *connection, who access, body []byte) {
	req, err := parseRequest(body)
	if err != nil {
		bare(w, http.StatusBadRequest)
		return
	}
	t := s.Trouble()
	if req.Body.Identify != nil {
		s.send(r.Context(), w, t, who.sealing, http.StatusOK, identified(s.opt.Version), &reply{})
		return
	}
	op := operationOf(req.Header.Action)
	if n := s.count.of(op); n != nil {
		n.Add(1)
	}
	f, fails := s.failure(op)
	var rep *reply
	if !fails || f.After {
		rep = s.operate(r.Context(), op, req, who.user, t, r.RemoteAddr)
	}
	if fails {
		rep.settled(false)
		if f.Reset {
			c.reset()
			panic(http.ErrAbortHandler)
		}
		if f.Body != nil {
			s.send(r.Context(), w, t, who.sealing, or(f.Status, http.StatusOK), f.Body, &reply{})
			return
		}
		if f.Fault == nil {
			bare(w, or(f.Status, http.StatusInternalServerError))
			return
		}
		rep = &reply{fault: f.Fault}
	}
	envelope := rep.envelope(req.Header.MessageID, words{machine: s.opt.Machine, lang: t.FaultLanguage, text: t.FaultText})
	s.send(r.Context(), w, t, who.sealing, rep.status(), envelope, rep)
}

// send sends an envelope, sealed if the request was, and settles the reply. Where
// the client does not get it, the connection ends.
func (s *Server) send(ctx context.Context, w http.ResponseWriter, t Trouble, k *sealing, status int, envelope []byte, rep *reply) {
	err := ctx.Err() // else nothing at all would be an answer too: 200
	if err == nil {
		err = s.write(ctx, w, t, k, status, envelope)
	}
	rep.settled(err == nil)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// write is send.
func (s *Server) write(ctx context.Context, w http.ResponseWriter, t Trouble, k *sealing, status int, envelope []byte) error {
	w.Header().Set("Content-Type", soapType)
	if k != nil && !t.Unsealed {
		w.Header().Set("Content-Type", sealedType)
		signature, sealed := k.out.seal(envelope)
		if t.Tampered && len(sealed) > 0 {
			sealed[len(sealed)/2] ^= 1
		}
		envelope = frame(signature, sealed)
	}
	if t.Flood >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(max(t.Flood, int64(len(envelope))), 10))
	}
	w.WriteHeader(status)
	out := &slow{w: w, flush: http.NewResponseController(w), ctx: ctx, pause: t.Trickle}
	_, err := out.Write(envelope)
	if missing := t.Flood - int64(len(envelope)); err == nil && (t.Flood < 0 || missing > 0) {
		err = flood(out, missing)
	}
	if err != nil {
		return fmt.Errorf("send a reply: %w", err)
	}
	return out.flush.Flush()
}

// flood writes n bytes that mean nothing, or if n is negative, until it cannot.
func flood(w io.Writer, n int64) error {
	block := bytes.Repeat([]byte("A"), 32<<10)
	for n != 0 {
		piece := block
		if n > 0 && n < int64(len(piece)) {
			piece = piece[:n]
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		if n > 0 {
			n -= int64(len(piece))
		}
	}
	return nil
}

// slow writes byte by byte, if there is a pause.
type slow struct {
	w     io.Writer
	flush *http.ResponseController
	ctx   context.Context // it is that of one request
	pause time.Duration
}

// Write implements io.Writer.
func (s *slow) Write(p []byte) (n int, err error) {
	if s.pause == 0 {
		return s.w.Write(p)
	}
	for i := range p {
		if wait(s.ctx, s.pause); s.ctx.Err() != nil {
			return n, s.ctx.Err()
		}
		_, err := s.w.Write(p[i : i+1])
		if err = errors.Join(err, s.flush.Flush()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// wait waits, or until ctx ends.
func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxAnswer bounds a receiver's answer in bytes.
const maxAnswer = 64 << 10

// guard is how a receiver is spoken to over HTTP: no proxy of the environment, no
// redirection (it would carry the address along), certificates verified, an answer
// of a bounded size within a bounded time. It implements http.RoundTripper.
type guard struct {
	base    http.RoundTripper
	timeout time.Duration

	mu      sync.Mutex
	watches map[*watch]struct{}
}

// watch looks at the answers to one message. Some libraries report success whatever
// comes back.
type watch struct {
	// fragment is in the URL of the requests that are meant.
	fragment string
	// check looks at an answer.
	check func(status int, body []byte) error
	// answers counts those that were looked at; err is the first that was none.
	answers int
	err     error
}

// outcome is the verdict on all answers.
func (g *guard) outcome(w *watch) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.err == nil && w.answers == 0 {
		return errNotTaken
	}
	return w.err
}

func (g *guard) add(w *watch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watches[w] = struct{}{}
}

func (g *guard) remove(w *watch) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.watches, w)
}

func newGuard(base http.RoundTripper, timeout time.Duration) *guard {
	return &guard{base: base, timeout: timeout, watches: map[*watch]struct{}{}}
}

// newTransport is the network.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: connectTimeout,
		ForceAttemptHTTP2:   true,
		// one message a receiver is the rule
		DisableKeepAlives:      true,
		MaxResponseHeaderBytes: maxAnswer,
	}
}

const connectTimeout = 5 * time.Second

// RoundTrip implements http.RoundTripper. The answer is read whole.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), g.timeout)
	defer cancel()
	res, body, err := g.trip(req.Clone(ctx))
	g.look(req, res, body, err)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

func (g *guard) trip(req *http.Request) (*http.Response, []byte, error) {
	res, err := g.base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	err = errors.Join(err, res.Body.Close())
	switch {
	case err != nil:
		return nil, nil, err
	case len(body) > maxAnswer:
		return nil, nil, errTooMuch
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return nil, nil, errRedirected
	}
	return res, body, nil
}

// look tells the watches that mean this request.
func (g *guard) look(req *http.Request, res *http.Response, body []byte, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for w := range g.watches {
		if !strings.Contains(req.URL.String(), w.fragment) {
			continue
		}
		w.answers++
		verdict := err
		if err == nil {
			verdict = w.check(res.StatusCode, body)
		}
		if w.err == nil {
			w.err = verdict
		}
	}
}

// accepted takes every status of success.
func accepted(status int, _ []byte) error {
	if status >= 400 {
		return byStatus(strconv.Itoa(status))
	}
	return nil
}

// client speaks through the guard.
func (g *guard) client() *http.Client {
	return &http.Client{Transport: g, Timeout: g.timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected }}
}

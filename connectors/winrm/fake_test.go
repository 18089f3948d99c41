package winrm

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/go-hclog"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// fake is a small WS-Man service (MS-WSMV) with Basic, NTLM or no login at all. It
// was written from the papers, apart from the client.
type fake struct {
	user, password string
	// scheme is "ntlm", "basic" or "" for any login.
	scheme string
	// before sees each decrypted request; if it returns a status, that and the body
	// are the reply. Status -1 drops the connection.
	before func(action string, body []byte) (status int, reply string)
	// raw sees each HTTP request, and reports whether it has replied.
	raw func(w http.ResponseWriter, r *http.Request) bool
	// challenge changes the flags of the challenge.
	challenge func(flags uint32) uint32
	// run runs a command line.
	run func(ctx context.Context, line string, stdin io.Reader, stdout, stderr io.Writer) int

	server                                          *httptest.Server
	mu                                              sync.Mutex
	shells                                          map[string]*fakeShell
	next                                            int
	created, handshakes, sealed, plain, connections atomic.Int64
	seen                                            []string
	lines                                           []string
	tokens                                          []string
	bound                                           []byte
}

type fakeShell struct{ commands map[string]*fakeCommand }

type fakeCommand struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	done     bool
	code     int
	changed  chan struct{}
	stdin    *io.PipeWriter
	gone     <-chan struct{}
	cancel   context.CancelFunc
}

// start serves f until the test ends.
func (f *fake) start(t testing.TB, secure bool) {
	t.Helper()
	f.shells = map[string]*fakeShell{}
	if f.user == "" {
		f.user, f.password = "admin", "correct horse"
	}
	if f.run == nil {
		f.run = func(context.Context, string, io.Reader, io.Writer, io.Writer) int { return 0 }
	}
	f.server = httptest.NewUnstartedServer(f)
	f.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		f.connections.Add(1)
		return context.WithValue(ctx, fakeKey{}, &fakeConn{})
	}
	f.server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil)
	if secure {
		f.server.StartTLS()
	} else {
		f.server.Start()
	}
	t.Cleanup(func() {
		f.killAll()
		f.server.CloseClientConnections()
		f.server.Close()
	})
}

func (f *fake) killAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range f.shells {
		f.kill(id)
	}
}

func (f *fake) kill(id string) {
	for _, c := range f.shells[id].commands {
		c.cancel()
		_ = c.stdin.Close()
	}
	delete(f.shells, id)
}

// target is how f is reached.
func (f *fake) target() connectors.Target {
	host, port, _ := net.SplitHostPort(f.server.Listener.Addr().String())
	t := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: host, User: f.user,
		Auth:  connectors.Auth{Password: &connectortest.Secret{Name: "cred:win", Value: f.password}},
		WinRM: connectors.WinRM{Auth: connectors.WinRMNTLM}, Retry: connectors.Retry{Attempts: 1}}
	_, _ = fmt.Sscan(port, &t.Port)
	if f.server.TLS != nil {
		t.WinRM.HTTPS = true
		t.WinRM.Fingerprint = fmt.Sprintf("%x", sha256Of(f.server.Certificate().Raw))
	}
	if f.scheme == "basic" {
		t.WinRM.Auth = connectors.WinRMBasic
	}
	return t
}

// ServeHTTP serves one request.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.tokens = append(f.tokens, r.Header.Get("Authorization"))
	f.mu.Unlock()
	if f.raw != nil && f.raw(w, r) {
		return
	}
	c := r.Context().Value(fakeKey{}).(*fakeConn)
	c.mu.Lock()
	defer c.mu.Unlock()
	secret := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/encrypted")
	if !f.admit(w, r, c, secret, len(body) == 0) {
		return
	}
	if secret {
		f.sealed.Add(1)
		if body, err = c.open(body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	} else {
		f.plain.Add(1)
	}
	status, reply := f.serve(r.Context(), body)
	if status < 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/soap+xml;charset=UTF-8")
	out := []byte(reply)
	if secret && !strings.HasPrefix(reply, "PLAIN") {
		w.Header().Set("Content-Type", typeSealed)
		out = c.close(out)
	}
	out = bytes.TrimPrefix(out, []byte("PLAIN"))
	w.Header().Set("Content-Length", fmt.Sprint(len(out)))
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// admit does the login, and reports whether the request is to be served.
func (f *fake) admit(w http.ResponseWriter, r *http.Request, c *fakeConn, secret, blank bool) bool {
	refuse := func(schemes ...string) bool {
		for _, s := range schemes {
			w.Header().Add("WWW-Authenticate", s)
		}
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusUnauthorized)
		return false
	}
	f.mu.Lock()
	password := f.password
	f.mu.Unlock()
	switch f.scheme {
	case "":
		return true
	case "basic":
		if u, p, ok := r.BasicAuth(); !ok || u != f.user || p != password {
			return refuse(`Basic realm="WSMAN"`)
		}
		return true
	}
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate ")
	m, _ := base64.StdEncoding.DecodeString(token)
	switch {
	case found && m[8] == 1:
		f.handshakes.Add(1)
		c.nonce, c.authed = []byte("12345678"), false
		flags := uint32(fakeFlags)
		if f.challenge != nil {
			flags = f.challenge(flags)
		}
		return refuse("Negotiate "+base64.StdEncoding.EncodeToString(c.challengeFor(flags)), "Kerberos")
	case found:
		if !c.authenticate(m, f.user, password) {
			return refuse("Negotiate", "Kerberos")
		}
		f.mu.Lock()
		f.bound = c.bound
		f.mu.Unlock()
	case !c.authed, !secret && r.TLS == nil:
		return refuse("Negotiate", "Kerberos")
	}
	if blank {
		w.WriteHeader(http.StatusOK)
	}
	return !blank
}

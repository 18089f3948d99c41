package winrm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// noLeaks checks that no goroutine is left when the test and its cleanups are over, and
// that it was frugal.
func noLeaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	frugal(t)
}

// hasty does not wait where nothing is to come, and is patient with a busy computer.
func hasty() Config {
	return Config{Operation: 200 * time.Millisecond, Grace: 10 * time.Second, Pause: time.Millisecond, Poll: time.Millisecond,
		Busy: time.Millisecond, Cleanup: 5 * time.Second}
}

// impatient opens a session that soon gives up a request for output. All else has its
// time.
func impatient(t *testing.T, target connectors.Target) connectors.Session {
	t.Helper()
	cfg := hasty()
	cfg.Cleanup, cfg.Commands = 300*time.Millisecond, 1
	opened := dialed(t, cfg, target)
	s, ok := opened.(*session)
	if !ok {
		t.Fatalf("the session is a %T", opened)
	}
	l := <-s.lanes
	l.recv.cfg.Operation, l.recv.cfg.Grace = 50*time.Millisecond, 100*time.Millisecond
	s.lanes <- l
	return s
}

// dialed opens a session that is closed with the test.
func dialed(t *testing.T, cfg Config, target connectors.Target) connectors.Session {
	t.Helper()
	s, err := New(cfg).Dial(t.Context(), target)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// fails checks the error of a dial or a command.
func fails(t *testing.T, err error, code connectors.Code, words string) {
	t.Helper()
	_ = failure(t, err, code, words)
}

// failure is fails, and the error.
func failure(t *testing.T, err error, code connectors.Code, words string) *connectors.Error {
	t.Helper()
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok || e.Code != code || !strings.Contains(err.Error(), words) {
		t.Fatalf("the error is %v (code %q), want code %q and %q in it", err, connectors.CodeOf(err), code, words)
	}
	if e.Host != "win1" || strings.Contains(err.Error(), "correct horse") {
		t.Errorf("the error is of host %q, or shows the password: %v", e.Host, err)
	}
	return e
}

func (f *fake) count(action string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.seen {
		if a == action {
			n++
		}
	}
	return n
}

// left is how many shells are on the host.
func (f *fake) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.shells)
}

func TestFaultsOnReceive(t *testing.T) {
	for _, c := range []struct {
		reply string
		code  connectors.Code
		words string
	}{
		{fakeFault(2150858843, "w:InvalidSelectors"), connectors.CodeLost, "may have restarted"},
		{fakeFault(2147943418, "w:InternalError"), connectors.CodeLost, "may have restarted"},
		{fakeFault(1234, "w:InternalError"), connectors.CodeLost, "fault 1234"},
		{fakeQuota(2150859175), connectors.CodeLost, "fault 2150859175"},
		{fakeFault(2150858823, "w:EncodingLimit"), connectors.CodeUnsupported, "MaxEnvelopeSizekb"},
		{fakeReply(`<rsp:ReceiveResponse><rsp:Stream Name="stdout">!</rsp:Stream></rsp:ReceiveResponse>`), connectors.CodeLost, "damaged"},
		{fakeReply(`<rsp:ReceiveResponse><rsp:CommandState State="` + fakeNS + `/CommandState/Done"/></rsp:ReceiveResponse>`), connectors.CodeLost, "without an exit status"},
		{fakeReply(`<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="other"></rsp:Stream></rsp:ReceiveResponse>`), connectors.CodeLost, "another command"},
		{fakeReply(""), connectors.CodeLost, "does not hold"},
		{"<html/>", connectors.CodeLost, "not SOAP"},
	} {
		t.Run(c.words, func(t *testing.T) {
			noLeaks(t)
			f := &fake{scheme: "ntlm"}
			f.before = func(action string, _ []byte) (int, string) {
				switch {
				case action == "Receive" && strings.Contains(c.reply, "Fault"):
					return 500, c.reply
				case action == "Receive":
					return 200, c.reply
				}
				return 0, ""
			}
			f.start(t, false)
			s := dialed(t, hasty(), f.target())
			_, err := s.Run(t.Context(), connectors.Command{Line: "x"})
			fails(t, err, c.code, c.words)
			if n := f.count("Receive"); n != 1 {
				t.Errorf("it asked %d times, want once", n)
			}
		})
	}
}

// A host that says at once and for ever that there is nothing yet is not asked
// without a pause.
func TestNothingYetIsNoBusyLoop(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var asked atomic.Int64
	const times = 5
	f.before = func(action string, _ []byte) (int, string) {
		if action == "Receive" {
			if asked.Add(1) == times {
				cancel()
			}
			return 500, fakeFault(2150858793, "w:TimedOut")
		}
		return 0, ""
	}
	f.start(t, false)
	cfg := hasty()
	cfg.Poll = 50 * time.Millisecond
	r, err := dialed(t, cfg, f.target()).Run(ctx, connectors.Command{Line: "x"})
	fails(t, err, connectors.CodeInterrupted, "")
	if least := (times - 1) * cfg.Poll; r.Duration < least {
		t.Errorf("it asked %d times in %s, want at least %s", times, r.Duration, least)
	}
}

// Whatever a host does to a request for output, the command ends, the session with
// it, and nothing is left.
func TestHostileReceive(t *testing.T) {
	for name, do := range map[string]func(w http.ResponseWriter, r *http.Request){
		"silence": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"trickle": func(w http.ResponseWriter, r *http.Request) {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "<")
				_ = http.NewResponseController(w).Flush()
				<-tick.C
			}
		},
		"flood": func(w http.ResponseWriter, r *http.Request) {
			piece := make([]byte, 32<<10)
			for r.Context().Err() == nil {
				_, _ = w.Write(piece)
			}
		},
		"flood of headers": func(w http.ResponseWriter, _ *http.Request) {
			conn, buf, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
			_, err = buf.WriteString("HTTP/1.1 200 OK\r\n")
			header := "X-A: " + strings.Repeat("a", 8<<10) + "\r\n"
			for err == nil {
				_, err = buf.WriteString(header)
			}
		},
		"reset":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage":     func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") },
		"unavailable": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusServiceUnavailable) },
		"not logged in": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
		},
		"elsewhere": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/wsman")
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
		"informal for ever": func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.WriteHeader(http.StatusProcessing)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			var armed atomic.Bool
			f := &fake{scheme: "ntlm"}
			f.before = func(action string, _ []byte) (int, string) {
				armed.CompareAndSwap(false, action == "Command")
				return 0, ""
			}
			f.run = func(ctx context.Context, _ string, _ io.Reader, _, _ io.Writer) int { <-ctx.Done(); return 1 }
			f.raw = func(w http.ResponseWriter, r *http.Request) bool {
				if !armed.Load() || r.Header.Get("Authorization") != "" {
					return false
				}
				do(w, r)
				return true
			}
			f.start(t, false)
			s := impatient(t, f.target())
			_, err := s.Run(t.Context(), connectors.Command{Line: "x", Timeout: time.Minute})
			fails(t, err, connectors.CodeLost, "")
			_, err = s.Run(t.Context(), connectors.Command{Line: "x"})
			fails(t, err, connectors.CodeLost, "")
		})
	}
}

// Output that comes in full reaches the caller though the connection is reset
// between two requests.
func TestResetInMidReceive(t *testing.T) {
	noLeaks(t)
	var resets atomic.Int64
	f := &fake{scheme: "ntlm"}
	f.run = func(_ context.Context, _ string, _ io.Reader, stdout, _ io.Writer) int {
		_, _ = io.WriteString(stdout, "all of it")
		return 7
	}
	f.before = func(action string, _ []byte) (int, string) {
		if action == "Receive" && resets.Add(1) <= 3 {
			return -1, ""
		}
		return 0, ""
	}
	f.start(t, false)
	r, err := dialed(t, hasty(), f.target()).Run(t.Context(), connectors.Command{Line: "x"})
	if err != nil || string(r.Stdout) != "all of it" || r.ExitCode != 7 {
		t.Errorf("got %q, %d, %v", r.Stdout, r.ExitCode, err)
	}
	if n := f.count("Command"); n != 1 {
		t.Errorf("the command was sent %d times", n)
	}
}

// A command that may have begun is never sent again.
func TestResetAfterCommand(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.before = func(action string, _ []byte) (int, string) {
		if action == "Command" {
			return -1, ""
		}
		return 0, ""
	}
	f.start(t, false)
	_, err := dialed(t, hasty(), f.target()).Run(t.Context(), connectors.Command{Line: "x"})
	fails(t, err, connectors.CodeLost, "may still run")
	if n := f.count("Command"); n != 1 {
		t.Errorf("the command was sent %d times", n)
	}
}

func TestProxyOfTheEnvironment(t *testing.T) {
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	var hosts sync.Map
	cfg := hasty()
	cfg.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		hosts.Store(address, true)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	if _, err := dialed(t, cfg, f.target()).Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
		t.Errorf("run: %v", err)
	}
	hosts.Range(func(address, _ any) bool {
		if address != f.server.Listener.Addr().String() {
			t.Errorf("it dialled %s", address)
		}
		return true
	})
	if asked.Load() > 0 {
		t.Error("the proxy was used")
	}
}

var _ connectors.Secret = (*connectortest.Secret)(nil)

package winrm

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

func TestWrongPassword(t *testing.T) {
	for _, way := range []struct {
		scheme string
		secure bool
		words  string
	}{{"ntlm", false, "LocalAccountTokenFilterPolicy"}, {"ntlm", true, "the password may be wrong"}, {"basic", true, "Basic not allowed"}} {
		t.Run(way.scheme+way.words, func(t *testing.T) {
			noLeaks(t)
			f := &fake{scheme: way.scheme}
			f.start(t, way.secure)
			target := f.target()
			target.Auth.Password = &connectortest.Secret{Name: "cred:win", Value: "wrong"}
			target.Retry = connectors.Retry{Attempts: 5, Backoff: time.Millisecond}
			_, err := New(hasty()).Dial(t.Context(), target)
			e := failure(t, err, connectors.CodeAuth, way.words)
			if e.Phase != connectors.PhaseLogin || e.Retry || !connectors.BeforeLogin(err) {
				t.Errorf("the phase is %q, retry %v", e.Phase, e.Retry)
			}
			if way.scheme == "ntlm" && f.handshakes.Load() != 1 || len(f.tokens) > 2 {
				t.Errorf("the password was tried %d times, with %d requests", f.handshakes.Load(), len(f.tokens))
			}
		})
	}
}

// When the host forgets a login, it is done again, once; a changed password ends
// the session.
func TestLoginIsForgotten(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	var forget atomic.Bool
	f.raw = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("Authorization") == "" && forget.CompareAndSwap(true, false) {
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	}
	f.start(t, false)
	cfg := hasty()
	cfg.Commands = 1
	s := dialed(t, cfg, f.target())
	for range 3 {
		forget.Store(true)
		if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
			t.Fatalf("run: %v", err)
		}
	}
	before := f.handshakes.Load()
	f.mu.Lock()
	f.password = "changed"
	f.mu.Unlock()
	forget.Store(true)
	_, err := s.Run(t.Context(), connectors.Command{Line: "x"})
	fails(t, err, connectors.CodeLost, "refuses the login")
	if n := f.handshakes.Load() - before; n != 1 {
		t.Errorf("the wrong password was tried %d times", n)
	}
}

func TestAnswersThatAreNoWinRM(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a request went elsewhere: %v", r.Header)
	}))
	defer elsewhere.Close()
	for _, c := range []struct {
		name   string
		status int
		code   connectors.Code
		words  string
		tries  int64
	}{
		{"moved", 302, connectors.CodeUnreachable, "not followed", 1},
		{"moved with the body", 307, connectors.CodeUnreachable, "not followed", 1},
		{"moved for good", 308, connectors.CodeUnreachable, "not followed", 1},
		{"starting", 503, connectors.CodeUnreachable, "may be starting", 3},
		{"wrong port", 404, connectors.CodeUnreachable, "5986", 1},
		{"forbidden", 403, connectors.CodeAuth, "forbids", 1},
		{"a page", 200, connectors.CodeUnreachable, "does not answer as WinRM does", 1},
		{"no encryption", 500, connectors.CodeUnsupported, "use https", 1},
		{"no negotiate", 401, connectors.CodeUnsupported, "does not offer Negotiate", 1},
	} {
		for _, secure := range []bool{false, true} {
			if secure && c.status >= 400 && c.status != 503 && c.status != 404 {
				continue
			}
			t.Run(c.name, func(t *testing.T) {
				noLeaks(t)
				var tries atomic.Int64
				f := &fake{scheme: "ntlm"}
				if secure {
					f.scheme = "basic"
				}
				f.raw = func(w http.ResponseWriter, _ *http.Request) bool {
					tries.Add(1)
					w.Header().Set("Location", elsewhere.URL+"/wsman")
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, "<html>Service Unavailable</html>")
					return true
				}
				f.start(t, secure)
				target := f.target()
				target.Retry = connectors.Retry{Attempts: 3, Backoff: time.Millisecond}
				_, err := New(hasty()).Dial(t.Context(), target)
				fails(t, err, c.code, c.words)
				if tries.Load() != c.tries {
					t.Errorf("it tried %d times, want %d", tries.Load(), c.tries)
				}
			})
		}
	}
}

// A challenge that would weaken the encryption gets no answer.
func TestWeakChallenge(t *testing.T) {
	for name, change := range map[string]func(uint32) uint32{
		"no sealing":      func(f uint32) uint32 { return f &^ flagSeal },
		"no signing":      func(f uint32) uint32 { return f &^ flagSign },
		"short keys":      func(f uint32) uint32 { return f &^ flag128 },
		"no key exchange": func(f uint32) uint32 { return f &^ flagKeyExch },
		"NTLM version 1":  func(f uint32) uint32 { return f &^ flagExtended },
		"no target":       func(f uint32) uint32 { return f &^ flagTargetInfo },
		"nobody":          func(f uint32) uint32 { return f | flagAnonymous },
	} {
		t.Run(name, func(t *testing.T) {
			noLeaks(t)
			f := &fake{scheme: "ntlm", challenge: change}
			f.start(t, false)
			_, err := New(hasty()).Dial(t.Context(), f.target())
			fails(t, err, connectors.CodeUnsupported, "does not offer what is needed")
			if len(f.tokens) != 1 {
				t.Errorf("%d messages were sent", len(f.tokens))
			}
		})
	}
}

// A reply that is not encrypted is not believed, where all must be.
func TestPlainReplyToSealedRequest(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.before = func(action string, _ []byte) (int, string) {
		if action == "Create" {
			return 200, "PLAIN" + fakeReply(`<rsp:Shell><rsp:ShellId>EVIL</rsp:ShellId></rsp:Shell>`)
		}
		return 0, ""
	}
	f.start(t, false)
	_, err := New(hasty()).Dial(t.Context(), f.target())
	fails(t, err, connectors.CodeUnreachable, "does not answer as WinRM does")
}

func TestCreateIsRefused(t *testing.T) {
	for _, c := range []struct {
		reply string
		code  connectors.Code
		words string
	}{
		{fakeFault(5, "w:AccessDenied"), connectors.CodeAuth, "not an administrator"},
		{fakeFault(2150859180, "w:AccessDenied2"), connectors.CodeUnsupported, "AllowRemoteShellAccess"},
		{fakeQuota(2150859173), connectors.CodeUnreachable, "MaxShellsPerUser"},
		{fakeFault(2150858793, "w:TimedOut"), connectors.CodeTimeout, "overloaded"},
		{fakeFault(2147943418, "w:InternalError"), connectors.CodeUnreachable, "profile"},
		{fakeFault(77, "w:InternalError"), connectors.CodeUnreachable, "fault 77"},
	} {
		t.Run(c.words, func(t *testing.T) {
			noLeaks(t)
			f := &fake{scheme: "ntlm"}
			f.before = func(string, []byte) (int, string) { return 500, c.reply }
			f.start(t, false)
			_, err := New(hasty()).Dial(t.Context(), f.target())
			fails(t, err, c.code, c.words)
		})
	}
}

func TestWrongProtocol(t *testing.T) {
	noLeaks(t)
	plain, secure := &fake{scheme: "ntlm"}, &fake{scheme: "ntlm"}
	plain.start(t, false)
	secure.start(t, true)
	target := plain.target()
	target.WinRM.HTTPS = true
	_, err := New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeUnreachable, "does not speak TLS")
	target = secure.target()
	target.WinRM.HTTPS = false
	_, err = New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeUnreachable, "does not answer as WinRM does")
}

func TestUnreachable(t *testing.T) {
	noLeaks(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	target := f.target()
	target.Timeouts.Connect = 300 * time.Millisecond
	target.Port = l.Addr().(*net.TCPAddr).Port // accepts, and says nothing
	_, err = New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeTimeout, "did not answer the login")
	target.WinRM.HTTPS = true
	_, err = New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeTimeout, "TLS handshake")
	_ = l.Close() // it is over
	_, err = New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeUnreachable, "cannot reach")
	cfg := hasty()
	cfg.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	_, err = New(cfg).Dial(t.Context(), target)
	fails(t, err, connectors.CodeTimeout, "no connection")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = New(cfg).Dial(ctx, target)
	fails(t, err, connectors.CodeInterrupted, "stopped while connecting")
}

// What cannot work is refused before anything is dialled.
func TestRefusedTargets(t *testing.T) {
	cfg := hasty()
	cfg.DialContext = func(context.Context, string, string) (net.Conn, error) {
		t.Error("it dialled")
		return nil, errors.New("no")
	}
	good := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: "win1.example", User: "admin",
		Auth: connectors.Auth{Password: &connectortest.Secret{}}, WinRM: connectors.WinRM{Auth: connectors.WinRMNTLM}}
	for words, edit := range map[string]func(*connectors.Target){
		"needs https":                   func(t *connectors.Target) { t.WinRM.Auth = connectors.WinRMBasic },
		`auth "kerberos" needs https`:   func(t *connectors.Target) { t.WinRM.Auth = connectors.WinRMKerberos },
		`auth "certificate" needs http`: func(t *connectors.Target) { t.WinRM.Auth = connectors.WinRMCertificate },
		"is no address":                 func(t *connectors.Target) { t.Address = "a\r\nEvil: 1" },
		"cannot open a connection":      func(t *connectors.Target) { t.Kind = connectors.KindSSH },
		"jump host":                     func(t *connectors.Target) { t.Jump = []connectors.Target{{}} },
		"needs a user":                  func(t *connectors.Target) { t.User = "" },
		"needs a password":              func(t *connectors.Target) { t.Auth.Password = nil },
		"is not known":                  func(t *connectors.Target) { t.WinRM.HTTPS, t.WinRM.Auth = true, "magic" },
		"the certificate that logs in": func(t *connectors.Target) {
			t.WinRM.HTTPS, t.WinRM.Auth, t.WinRM.Certificate = true, connectors.WinRMCertificate, "/no/such"
		},
		"use the DNS name": func(t *connectors.Target) {
			t.Address, t.WinRM.HTTPS, t.WinRM.Auth = "127.0.0.1", true, connectors.WinRMKerberos
		},
	} {
		target := good
		edit(&target)
		_, err := New(cfg).Dial(t.Context(), target)
		if e, ok := errors.AsType[*connectors.Error](err); !ok || !strings.Contains(err.Error(), words) || e.Retry {
			t.Errorf("%s: got %v", words, err)
		}
	}
}

package winrm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
			e := fails(t, err, connectors.CodeAuth, way.words)
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

// No byte that authenticates goes to a peer that is not verified.
func TestUntrustedCertificate(t *testing.T) {
	for _, scheme := range []string{"ntlm", "basic"} {
		for name, edit := range map[string]func(*connectors.WinRM){
			"is not the host that is pinned": func(w *connectors.WinRM) { w.Fingerprint = strings.Repeat("ab", 32) },
			"is not trusted":                 func(w *connectors.WinRM) { w.Fingerprint = "" },
		} {
			t.Run(scheme+" "+name, func(t *testing.T) {
				noLeaks(t)
				f := &fake{scheme: scheme}
				f.start(t, true)
				target := f.target()
				edit(&target.WinRM)
				secret := &connectortest.Secret{Name: "cred:win", Value: "x"}
				target.Auth.Password = secret
				_, err := New(hasty()).Dial(t.Context(), target)
				e := fails(t, err, connectors.CodeHostKey, name)
				if e.Phase != connectors.PhaseHandshake || len(f.tokens) != 0 || secret.Reads() != 0 {
					t.Errorf("phase %q, %d requests, the password was read %d times", e.Phase, len(f.tokens), secret.Reads())
				}
			})
		}
	}
}

func TestCAFile(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "basic"}
	f.start(t, true)
	file := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, file, "CERTIFICATE", f.server.Certificate().Raw)
	target := f.target()
	target.WinRM.Fingerprint, target.WinRM.CAFile = "", file
	dialed(t, hasty(), target)
	target.Address = "127.0.0.2" // listens there too, and is not in the certificate
	cfg := hasty()
	cfg.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, f.server.Listener.Addr().String())
	}
	_, err := New(cfg).Dial(t.Context(), target)
	fails(t, err, connectors.CodeHostKey, "use the name that is in the certificate")
	target.WinRM.CAFile = filepath.Join(t.TempDir(), "none.pem")
	_, err = New(cfg).Dial(t.Context(), target)
	fails(t, err, connectors.CodeUnsupported, "read ca_file")
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
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	target := f.target()
	target.Timeouts.Connect = 50 * time.Millisecond
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

func TestClientCertificate(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	raw := makeCertificate(t, certificate, key)
	f := &fake{}
	var seen atomic.Int64
	f.raw = func(w http.ResponseWriter, r *http.Request) bool {
		if len(r.TLS.PeerCertificates) != 1 || string(r.TLS.PeerCertificates[0].Raw) != string(raw) ||
			r.Header.Get("Authorization") != "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual" {
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		seen.Add(1)
		return false
	}
	f.start(t, true)
	f.server.TLS.ClientAuth = tls.RequestClientCert
	target := f.target()
	target.User, target.Auth.Password = "", nil
	target.WinRM.Auth, target.WinRM.Certificate, target.WinRM.PrivateKey = connectors.WinRMCertificate, certificate, key
	if _, err := dialed(t, hasty(), target).Run(t.Context(), connectors.Command{Line: "x"}); err != nil || seen.Load() == 0 {
		t.Errorf("run: %v after %d requests", err, seen.Load())
	}
}

// watchedSecret keeps what it gave away.
type watchedSecret struct {
	connectortest.Secret
	mu    sync.Mutex
	given [][]byte
}

func (s *watchedSecret) Reveal(ctx context.Context) ([]byte, error) {
	b, err := s.Secret.Reveal(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.given = append(s.given, b)
	return b, err
}

func TestPasswordIsWiped(t *testing.T) {
	for _, scheme := range []string{"ntlm", "basic"} {
		f := &fake{scheme: scheme}
		f.start(t, true)
		target := f.target()
		secret := &watchedSecret{Secret: connectortest.Secret{Name: "cred:win", Value: f.password}}
		target.Auth.Password = secret
		s, err := New(hasty()).Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if len(secret.given) == 0 {
			t.Errorf("%s: the password was not read", scheme)
		}
		for _, b := range secret.given {
			if strings.Trim(string(b), "\x00") != "" {
				t.Errorf("%s: the password is still there", scheme)
			}
		}
		l := <-s.(*session).lanes
		header := l.ctl.link.secret
		s.(*session).lanes <- l
		_ = s.Close() // it never fails
		if strings.Trim(string(header), "\x00") != "" {
			t.Errorf("%s: the header is still there", scheme)
		}
	}
}

func TestPasswordCannotBeRead(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.start(t, false)
	target := f.target()
	target.Auth.Password = &connectortest.Secret{Name: "cred:win", Err: errors.New("the vault is sealed")}
	_, err := New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeAuth, "cannot read the password cred:win: the vault is sealed")
}

func TestKerberosWithoutATicket(t *testing.T) {
	noLeaks(t)
	f := &fake{}
	f.start(t, true)
	dir := t.TempDir()
	conf := filepath.Join(dir, "krb5.conf")
	if err := os.WriteFile(conf, []byte("[libdefaults]\n default_realm = EXAMPLE.ORG\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for words, k := range map[string]connectors.Kerberos{
		"none.conf":          {Krb5Conf: filepath.Join(dir, "none.conf")},
		"the ticket cache":   {Krb5Conf: conf, CCache: filepath.Join(dir, "none")},
		"read the keytab":    {Krb5Conf: conf, Keytab: filepath.Join(dir, "none")},
		"no Kerberos ticket": {Krb5Conf: conf, Realm: "NOWHERE.EXAMPLE"},
	} {
		target := f.target()
		target.Address = "localhost"
		target.WinRM.Auth, target.WinRM.Kerberos = connectors.WinRMKerberos, k
		_, err := New(testConfig()).Dial(t.Context(), target)
		fails(t, err, connectors.CodeAuth, words)
		if len(f.tokens) != 0 {
			t.Errorf("%d requests were sent", len(f.tokens))
		}
	}
}

func writePEM(t *testing.T, file, kind string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func makeCertificate(t *testing.T, certificate, key string) []byte {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	writePEM(t, certificate, "CERTIFICATE", raw)
	writePEM(t, key, "PRIVATE KEY", der)
	return raw
}

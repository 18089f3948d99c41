package winrm

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
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
				e := failure(t, err, connectors.CodeHostKey, name)
				if e.Phase != connectors.PhaseHandshake || len(f.tokens) != 0 || secret.Reads() != 0 {
					t.Errorf("phase %q, %d requests, the password was read %d times", e.Phase, len(f.tokens), secret.Reads())
				}
			})
		}
	}
}

// A login over https holds for this certificate only: MD5 of the structure of RFC
// 2744 with the hash of the certificate (RFC 5929, 4.1). Windows refuses a wrong one
// even where it asks for none.
func TestLoginIsBoundToTheCertificate(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.start(t, true)
	dialed(t, hasty(), f.target())
	data := append([]byte("tls-server-end-point:"), sha256Of(f.server.Certificate().Raw)...)
	want := md5.Sum(append(append(make([]byte, 16), byte(len(data)), 0, 0, 0), data...))
	f.mu.Lock()
	defer f.mu.Unlock()
	if !bytes.Equal(f.bound, want[:]) {
		t.Errorf("the login is bound to %x, want %x", f.bound, want)
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

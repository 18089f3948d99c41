package knownhosts

import (
	"crypto/elliptic"
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

func TestCheckCert(t *testing.T) {
	ca, other, host := testKey(1), testKey(2), testKey(3).PublicKey()
	line := "@cert-authority *.example.com " + text(ca.PublicKey())
	expired := func(c *ssh.Certificate) { c.ValidBefore = uint64(certNow.Add(-time.Minute).Unix()) }
	future := func(c *ssh.Certificate) { c.ValidAfter = uint64(certNow.Add(time.Minute).Unix()) }
	user := func(c *ssh.Certificate) { c.CertType = ssh.UserCert }
	option := func(c *ssh.Certificate) { c.CriticalOptions = map[string]string{"x": ""} }
	forever := func(c *ssh.Certificate) { c.ValidAfter, c.ValidBefore = 0, ssh.CertTimeInfinity }
	for _, tc := range []struct {
		name   string
		lines  []string
		addr   string
		signer ssh.Signer
		edit   func(*ssh.Certificate)
		want   string
	}{
		{"good", []string{line}, "web.example.com:22", ca, nil, "ok"},
		{"without an end", []string{line}, "web.example.com:22", ca, forever, "ok"},
		{"no principals", []string{line}, "web.example.com:22", ca, func(c *ssh.Certificate) { c.ValidPrincipals = nil }, "ok"},
		{"on another port", []string{line}, "web.example.com:2222", ca, nil, "ok"},
		{"line with a port", []string{"@cert-authority [web.example.com]:2222 " + text(ca.PublicKey())}, "web.example.com:2222", ca, nil, "ok"},
		{"hashed line", []string{"@cert-authority " + hashName("web.example.com", 3) + " " + text(ca.PublicKey())}, "web.example.com:22", ca, nil, "ok"},
		{"second authority", []string{"@cert-authority * " + text(other.PublicKey()), line}, "web.example.com:22", ca, nil, "ok"},
		{"expired", []string{line}, "web.example.com:22", ca, expired, "cert: expired"},
		{"not yet valid", []string{line}, "web.example.com:22", ca, future, "cert: not yet valid"},
		{"principal", []string{line}, "db.example.com:22", ca, nil, "cert: wrong principal"},
		{"user certificate", []string{line}, "web.example.com:22", ca, user, "cert: not a host certificate"},
		{"critical option", []string{line}, "web.example.com:22", ca, option, "cert: critical option"},
		{"another authority", []string{line}, "web.example.com:22", other, nil, "cert: signed by an unknown authority"},
		{"signature", []string{line}, "web.example.com:22", ca, func(c *ssh.Certificate) { c.Serial = 0xbad }, "cert: bad signature"},
		{"no authority for the host", []string{line}, "web.example.org:22", ca, nil, "unknown"},
		{"no authority, key known", []string{"web.example.com " + text(host)}, "web.example.com:22", ca, nil, "ok"},
		{"no authority, key changed", []string{"web.example.com " + text(other.PublicKey())}, "web.example.com:22", ca, nil, "changed"},
		{"expired, key known", []string{line, "web.example.com " + text(host)}, "web.example.com:22", ca, expired, "ok"},
		{"expired, key changed", []string{line, "web.example.com " + text(other.PublicKey())}, "web.example.com:22", ca, expired, "changed"},
		{"good, other key known", []string{line, "web.example.com " + text(other.PublicKey())}, "web.example.com:22", ca, nil, "ok"},
		{"authority without its marker", []string{"*.example.com " + text(ca.PublicKey())}, "web.example.com:22", ca, nil, "changed"},
		{"authority revoked", []string{line, "@revoked * " + text(ca.PublicKey())}, "web.example.com:22", ca, nil, "revoked"},
		{"key revoked", []string{line, "@revoked * " + text(host)}, "web.example.com:22", ca, nil, "revoked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			db := load(t, tc.lines...)
			db.now = func() time.Time { return certNow }
			cert := hostCert(t, tc.signer, host, "web.example.com", tc.edit)
			if cert.Serial == 0xbad {
				cert.Serial = 1 // changed after it was signed
			}
			if got := verdict(db.Check(tc.addr, nil, cert)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// Authorities signed so before RFC 8332.
func TestCertSignedWithSHA1(t *testing.T) {
	rsa := rsaKey(t).(ssh.AlgorithmSigner)
	old, err := ssh.NewSignerWithAlgorithms(rsa, []string{ssh.KeyAlgoRSA})
	if err != nil {
		t.Fatal(err)
	}
	db := load(t, "@cert-authority * "+text(rsa.PublicKey()))
	db.now = func() time.Time { return certNow }
	for _, tc := range []struct {
		signer ssh.Signer
		want   string
	}{{rsa, "ok"}, {old, "cert: bad signature"}} {
		cert := hostCert(t, tc.signer, testKey(3).PublicKey(), "web", nil)
		if got := verdict(db.Check("web:22", nil, cert)); got != tc.want {
			t.Errorf("%s: %s, want %s", cert.Signature.Format, got, tc.want)
		}
	}
}

func TestChangedErrorKeepsTheCertificateReason(t *testing.T) {
	ca, host := testKey(1), ecdsaKey(t, elliptic.P384()).PublicKey()
	db := load(t, "@cert-authority * "+text(ca.PublicKey()), "web "+text(testKey(2).PublicKey()))
	db.now = func() time.Time { return certNow }
	cert := hostCert(t, ca, host, "db", nil)
	err := db.Check("web:22", nil, cert)
	changed, ok := errors.AsType[*ChangedError](err)
	if !ok || changed.Cert == nil || changed.Cert.Reason != CertPrincipal || len(changed.Cert.Authorities) != 1 {
		t.Fatalf("got %v", err)
	}
	if _, ok := errors.AsType[*CertError](err); !ok {
		t.Error("the reason is not in the chain")
	}
}

func TestRevokedCertificateLineRevokesItsKey(t *testing.T) {
	host := testKey(3).PublicKey()
	cert := hostCert(t, testKey(1), host, "web", nil)
	db := load(t, "web "+text(host), "@revoked * "+text(cert))
	if got := verdict(db.Check("web:22", nil, host)); got != "revoked" {
		t.Errorf("%s, problems %v", got, db.Problems())
	}
}

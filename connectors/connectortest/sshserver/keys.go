package sshserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"golang.org/x/crypto/ssh"
)

// NewRSAPrivate makes an RSA key of a size in bits, 1024 at least.
func NewRSAPrivate(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	return private
}

// NewRSAKey makes an RSA key that signs.
func NewRSAKey(t testing.TB, bits int) ssh.Signer {
	t.Helper()
	return signer(t, NewRSAPrivate(t, bits))
}

// NewECDSAKey makes a P-256 key.
func NewECDSAKey(t testing.TB) ssh.Signer {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	return signer(t, private)
}

func signer(t testing.TB, private any) ssh.Signer {
	t.Helper()
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatalf("make a key: %v", err)
	}
	return s
}

// Certify signs a key with an authority. edit changes the certificate before;
// without it it is valid for ever, for every name.
func Certify(t testing.TB, ca, key ssh.Signer, kind uint32, edit func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	cert := &ssh.Certificate{Key: key.PublicKey(), CertType: kind, KeyId: "test", ValidBefore: ssh.CertTimeInfinity}
	if edit != nil {
		edit(cert)
	}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatalf("sign a certificate: %v", err)
	}
	return cert
}

// CertSigner joins a key with its certificate.
func CertSigner(t testing.TB, cert *ssh.Certificate, key ssh.Signer) ssh.Signer {
	t.Helper()
	s, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatalf("join a certificate: %v", err)
	}
	return s
}

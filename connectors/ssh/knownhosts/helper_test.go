package knownhosts

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// testKey makes a key from a number; the same number gives the same key.
func testKey(n byte) ssh.Signer {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	return mustSigner(ed25519.NewKeyFromSeed(seed))
}

func mustSigner(k crypto.Signer) ssh.Signer {
	s, err := ssh.NewSignerFromSigner(k)
	if err != nil {
		panic(err)
	}
	return s
}

func ecdsaKey(t testing.TB, c elliptic.Curve) ssh.Signer {
	t.Helper()
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return mustSigner(k)
}

func rsaKey(t testing.TB) ssh.Signer {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return mustSigner(k)
}

// text is a key as it stands in a file.
func text(k ssh.PublicKey) string {
	return k.Type() + " " + base64.StdEncoding.EncodeToString(k.Marshal())
}

// hashName is an implementation of the hashed form of its own.
func hashName(name string, salt byte) string {
	s := []byte(strings.Repeat(string(rune(salt%128)), sha1.Size))
	mac := hmac.New(sha1.New, s)
	mac.Write([]byte(name))
	b64 := base64.StdEncoding.EncodeToString
	return "|1|" + b64(s) + "|" + b64(mac.Sum(nil))
}

// write makes a known_hosts file of lines.
func write(t testing.TB, lines ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, lines ...string) *DB {
	t.Helper()
	return mustLoad(t, write(t, lines...))
}

func mustLoad(t testing.TB, files ...string) *DB {
	t.Helper()
	db, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// certNow is the time of all certificate tests.
var certNow = time.Date(2026, 11, 20, 3, 0, 0, 0, time.UTC)

// hostCert signs a host certificate that is good at certNow, changed by edit.
func hostCert(t testing.TB, ca ssh.Signer, key ssh.PublicKey, principal string, edit func(*ssh.Certificate)) *ssh.Certificate {
	t.Helper()
	c := &ssh.Certificate{
		Key: key, CertType: ssh.HostCert, ValidPrincipals: []string{principal},
		ValidAfter:  uint64(certNow.Add(-time.Hour).Unix()),
		ValidBefore: uint64(certNow.Add(time.Hour).Unix()),
	}
	if edit != nil {
		edit(c)
	}
	if err := c.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	return c
}

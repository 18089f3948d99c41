package ssh_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ed25519"
	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// keyFile writes a new private key and returns its path and public half.
func keyFile(t testing.TB) (string, xssh.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := xssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	key, err := xssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return path, key
}

// targetOf is a server as an inventory would name it.
func targetOf(s *sshserver.Server, key string) connectors.Target {
	return connectors.Target{
		Name: "web1", Kind: connectors.KindSSH, Address: s.Host(), Port: s.Port(), User: "patch",
		Auth:  connectors.Auth{IdentityFiles: []string{key}},
		Keys:  connectors.HostKeys{Pinned: s.Pinned()},
		Retry: connectors.Retry{Attempts: 1, Backoff: time.Millisecond},
	}
}

func closeDialer(t testing.TB, d *ssh.Dialer) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Errorf("close the dialer: %v", err)
	}
}

package ssh_test

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

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

func TestFirst(t *testing.T) {
	path, pub := keyFile(t)
	s := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{pub}})
	d := ssh.New(ssh.Config{})
	defer d.Close()
	sess, err := d.Dial(t.Context(), connectors.Target{Name: "h", Address: s.Host(), Port: s.Port(), User: "u",
		Auth: connectors.Auth{IdentityFiles: []string{path}}, Keys: connectors.HostKeys{Pinned: s.Pinned()}})
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	r, err := sess.Run(t.Context(), connectors.Command{Script: []byte("echo hi; echo err >&2; exit 3")})
	t.Logf("%q %q %d %v %v", r.Stdout, r.Stderr, r.ExitCode, err, r.Duration)
	r, err = sess.Run(t.Context(), connectors.Command{Line: "echo line; kill -9 $$"})
	t.Logf("%q %q %d %s %v", r.Stdout, r.Stderr, r.ExitCode, r.Signal, err)
}

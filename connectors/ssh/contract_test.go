package ssh_test

import (
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

func TestContract(t *testing.T) {
	path, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
		t.Helper()
		d := ssh.New(ssh.Config{})
		t.Cleanup(func() { _ = d.Close() }) // never fails
		target := targetOf(server, path)
		if edit != nil {
			edit(&target)
		}
		s, err := d.Dial(t.Context(), target)
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		return s
	})
}

func TestContractThroughJumpHosts(t *testing.T) {
	path, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	first, second, server := sshserver.Start(t, opt), sshserver.Start(t, opt), sshserver.Start(t, opt)
	connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
		t.Helper()
		d := ssh.New(ssh.Config{})
		t.Cleanup(func() { _ = d.Close() }) // never fails
		target := targetOf(server, path)
		target.Jump = []connectors.Target{targetOf(first, path), targetOf(second, path)}
		if edit != nil {
			edit(&target)
		}
		s, err := d.Dial(t.Context(), target)
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		return s
	})
}

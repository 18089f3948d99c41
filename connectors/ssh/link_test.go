package ssh_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"
	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/connectortest/wire"
	"patchwave/connectors/ssh"
)

func TestBlackholedLink(t *testing.T) {
	before := goleak.IgnoreCurrent()
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	line := wire.New(t, server.Addr(), 0)
	target := targetOf(server, key)
	target.Port = line.Port()
	d := ssh.New(ssh.Config{Keepalive: 200 * time.Millisecond})
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	line.Freeze()
	begin := time.Now()
	_, err = s.Run(ctx, connectors.Command{Script: []byte("echo hi")})
	if connectors.CodeOf(err) != connectors.CodeTimeout || time.Since(begin) > 2300*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	begin = time.Now()
	_, err = s.Run(t.Context(), connectors.Command{Script: []byte("echo hi")})
	if connectors.CodeOf(err) != connectors.CodeLost || time.Since(begin) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	_ = s.Close() // never fails
	closeDialer(t, d)
	line.Close()
	server.Close()
	goleak.VerifyNone(t, before)
}

func TestKeepaliveKeepsAQuietLink(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	d := ssh.New(ssh.Config{Keepalive: 50 * time.Millisecond})
	defer closeDialer(t, d)
	s, err := d.Dial(t.Context(), targetOf(server, key))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // never fails
	if r, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 1; echo hi")}); err != nil || string(r.Stdout) != "hi\n" {
		t.Errorf("got %q %v", r.Stdout, err)
	}
}

func TestLostConnection(t *testing.T) {
	key, public := keyFile(t)
	sent := make(chan struct{})
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Sent: func([]byte) { close(sent) }})
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	s, err := d.Dial(t.Context(), targetOf(server, key))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-sent
		server.DropAll()
	}()
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("echo before; sleep 20")})
	if connectors.CodeOf(err) != connectors.CodeLost || string(r.Stdout) != "before\n" {
		t.Errorf("got %q %v", r.Stdout, err)
	}
	_, err = s.Run(t.Context(), connectors.Command{Script: []byte("true")})
	if connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("got %v", err)
	}
	_ = s.Close() // never fails
}

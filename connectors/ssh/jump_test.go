package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/connectortest/wire"
	"patchwave/connectors/ssh"
)

// behind is a target that is reached through hops.
func behind(target connectors.Target, hops ...connectors.Target) connectors.Target {
	for i := range hops {
		hops[i].Name = fmt.Sprintf("bastion%d", i+1)
	}
	target.Jump = hops
	return target
}

func TestThreeHundredHostsBehindOneBastion(t *testing.T) {
	before := goleak.IgnoreCurrent()
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion := sshserver.Start(t, opt)
	var servers []*sshserver.Server
	for range 10 {
		servers = append(servers, sshserver.Start(t, opt))
	}
	d := ssh.New(ssh.Config{})
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() {
			s, err := d.Dial(t.Context(), behind(targetOf(servers[i%len(servers)], key), targetOf(bastion, key)))
			if err != nil {
				t.Errorf("host %d: %v", i, err)
				return
			}
			defer func() { _ = s.Close() }() // never fails
			want := fmt.Sprintf("host %d\n", i)
			if r, err := s.Run(t.Context(), connectors.Command{Script: []byte(fmt.Sprintf("echo host %d", i))}); err != nil || string(r.Stdout) != want {
				t.Errorf("host %d: got %q %v", i, r.Stdout, err)
			}
		})
	}
	all.Wait()
	if n := bastion.Connections(); n > 3 {
		t.Errorf("%d connections to the bastion, want 3 at most", n)
	}
	closeDialer(t, d)
	bastion.Close()
	for _, s := range servers {
		if n := s.MostHandshaking(); n > ssh.DefaultMaxHandshakesPerHost {
			t.Errorf("%d handshakes at once", n)
		}
		s.Close()
	}
	goleak.VerifyNone(t, before)
}

func TestUntrustedBastion(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	hop := targetOf(bastion, key)
	hop.Keys.Pinned = server.Pinned()
	_, err := reach(t, t.Context(), ssh.Config{}, behind(targetOf(server, key), hop))
	wantError(t, err, connectors.CodeHostKey, connectors.PhaseHandshake, "jump host bastion1", "SHA256:")
	if len(bastion.Logins()) > 0 || server.Connections() > 0 {
		t.Errorf("logins %q, %d connections to the target", bastion.Logins(), server.Connections())
	}
}

func TestUntrustedTargetBehindABastion(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	target := targetOf(server, key)
	known := filepath.Join(t.TempDir(), "known_hosts")
	// The bastion's key is known under the bastion's name, which proves nothing
	// for the target.
	writeFile(t, known, fmt.Sprintf("[127.0.0.1]:%d %s\n", bastion.Port(), bastion.Pinned()), 0o600)
	target.Keys = connectors.HostKeys{Files: []string{known}}
	hop := targetOf(bastion, key)
	hop.Keys = target.Keys
	_, err := reach(t, t.Context(), ssh.Config{}, behind(target, hop))
	wantError(t, err, connectors.CodeHostKey, connectors.PhaseHandshake, "not known", "echo '[127.0.0.1]:")
	if strings.Contains(err.Error(), "jump host") || len(server.Logins()) > 0 {
		t.Errorf("logins %q: %v", server.Logins(), err)
	}
	writeFile(t, known, fmt.Sprintf("[127.0.0.1]:%d %s\n[127.0.0.1]:%d %s\n", bastion.Port(), bastion.Pinned(), server.Port(), server.Pinned()), 0o600)
	if _, err := reach(t, t.Context(), ssh.Config{}, behind(target, hop)); err != nil {
		t.Error(err)
	}
}

func TestABastionThatRefusesIsAskedOnce(t *testing.T) {
	key, _ := keyFile(t)
	bastion := sshserver.Start(t, sshserver.Options{Forward: true})
	server := sshserver.Start(t, sshserver.Options{})
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			_, err := d.Dial(t.Context(), behind(targetOf(server, key), targetOf(bastion, key)))
			wantError(t, err, connectors.CodeAuth, connectors.PhaseLogin, "jump host bastion1", "refuses the login")
		})
	}
	all.Wait()
	if n := bastion.Connections(); n != 1 {
		t.Errorf("%d connections to the bastion, want 1", n)
	}
}

func TestABastionThatDoesNotForward(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	_, err := reach(t, t.Context(), ssh.Config{}, behind(targetOf(server, key), targetOf(bastion, key)))
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseDial, "does not forward", "AllowTcpForwarding")
}

func TestATargetThatIsDownBehindABastion(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	server.Close()
	target := behind(targetOf(server, key), targetOf(bastion, key))
	target.Retry.Attempts = 3
	_, err := reach(t, t.Context(), ssh.Config{}, target)
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseDial, "the jump host cannot reach", "tried 3 times")
	if n := bastion.Connections(); n != 1 {
		t.Errorf("%d connections to the bastion, want 1", n)
	}
}

func TestASilentTargetBehindABastion(t *testing.T) {
	key, public := keyFile(t)
	bastion := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true})
	done := make(chan struct{})
	server := sshserver.Start(t, sshserver.Options{Accept: func(int, net.Conn) bool { <-done; return false }})
	defer close(done)
	target := behind(targetOf(server, key), targetOf(bastion, key))
	target.Timeouts.Connect = 400 * time.Millisecond
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	begin := time.Now()
	_, err := d.Dial(t.Context(), target)
	wantError(t, err, connectors.CodeTimeout, connectors.PhaseHandshake)
	if took := time.Since(begin); took > 2400*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

func TestABastionThatIsBlackholed(t *testing.T) {
	before := goleak.IgnoreCurrent()
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	line := wire.New(t, bastion.Addr(), 0)
	hop := targetOf(bastion, key)
	hop.Port = line.Port()
	target := behind(targetOf(server, key), hop)
	target.Timeouts.Connect = 500 * time.Millisecond
	d := ssh.New(ssh.Config{})
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	line.Freeze()
	_, err = d.Dial(t.Context(), target)
	wantError(t, err, connectors.CodeTimeout, connectors.PhaseDial)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err = s.Run(ctx, connectors.Command{Script: []byte("true")})
	if connectors.CodeOf(err) != connectors.CodeTimeout || time.Since(begin) > 2300*time.Millisecond {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	begin = time.Now()
	_ = s.Close() // never fails
	closeDialer(t, d)
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("closing took %s", took)
	}
	line.Close()
	bastion.Close()
	server.Close()
	goleak.VerifyNone(t, before)
}

func TestABastionThatRestarts(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	target := behind(targetOf(server, key), targetOf(bastion, key))
	target.Retry.Attempts = 3
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	s, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	bastion.DropAll()
	_, err = s.Run(t.Context(), connectors.Command{Script: []byte("true")})
	if connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("got %v", err)
	}
	again, err := d.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := again.Run(t.Context(), connectors.Command{Script: []byte("echo hi")}); err != nil || string(r.Stdout) != "hi\n" {
		t.Errorf("got %q %v", r.Stdout, err)
	}
	_, _ = s.Close(), again.Close() // never fail
}

func TestAnUnusedBastionIsLeft(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	d := ssh.New(ssh.Config{HopIdle: 100 * time.Millisecond})
	defer closeDialer(t, d)
	target := behind(targetOf(server, key), targetOf(bastion, key))
	for range 2 {
		s, err := d.Dial(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Close() // never fails
		deadline := time.NewTimer(10 * time.Second)
		tick := time.NewTicker(20 * time.Millisecond)
		for bastion.Open() > 0 {
			select {
			case <-tick.C:
			case <-deadline.C:
				t.Fatal("the connection to the bastion is still there")
			}
		}
		deadline.Stop()
		tick.Stop()
	}
}

func TestClosingTheDialerEndsWhatGoesThroughABastion(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	bastion, server := sshserver.Start(t, opt), sshserver.Start(t, opt)
	d := ssh.New(ssh.Config{})
	s, err := d.Dial(t.Context(), behind(targetOf(server, key), targetOf(bastion, key)))
	if err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(200*time.Millisecond, func() { _ = d.Close() }) // never fails
	defer timer.Stop()
	_, err = s.Run(t.Context(), connectors.Command{Script: []byte("sleep 20")})
	if connectors.CodeOf(err) != connectors.CodeLost {
		t.Errorf("got %v", err)
	}
	_, err = d.Dial(t.Context(), targetOf(server, key))
	if connectors.CodeOf(err) != connectors.CodeUnreachable {
		t.Errorf("got %v", err)
	}
	_ = s.Close() // never fails
}

func TestJumpHostsDoNotNest(t *testing.T) {
	hop := connectors.Target{Name: "b", Address: "b", User: "x", Jump: []connectors.Target{{Name: "a", Address: "a", User: "x"}}}
	_, err := reach(t, t.Context(), ssh.Config{}, connectors.Target{Name: "web1", Address: "x", User: "x", Jump: []connectors.Target{hop}})
	wantError(t, err, connectors.CodeUnsupported, connectors.PhaseDial, "whole chain")
	if e := new(connectors.Error); !errors.As(err, &e) {
		t.Error("not an *connectors.Error")
	}
}

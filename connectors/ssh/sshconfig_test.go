package ssh_test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// configured is a Config that reads a configuration, and sends name:port to a
// server wherever it is.
func configured(t *testing.T, text string, names map[string]*sshserver.Server) ssh.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	writeFile(t, file, text, 0o600)
	return ssh.Config{ConfigFile: file, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		s, ok := names[address]
		if !ok {
			return nil, fmt.Errorf("nobody is to dial %s", address)
		}
		return (&net.Dialer{}).DialContext(ctx, network, s.Addr())
	}}
}

func known(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	writeFile(t, file, strings.Join(lines, "\n")+"\n", 0o600)
	return file
}

func TestSSHConfigFillsIn(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	hosts := known(t, "web1.example.net "+server.Pinned())
	cfg := configured(t, fmt.Sprintf("Host web1\n HostName web1.example.net\n User deploy\n IdentityFile %s\n UserKnownHostsFile %s\n", key, hosts),
		map[string]*sshserver.Server{"web1.example.net:22": server})
	target := connectors.Target{Name: "web1", Address: "web1", SSHConfig: true}
	if _, err := reach(t, t.Context(), cfg, target); err != nil {
		t.Fatal(err)
	}
	if logins := server.Logins(); logins[len(logins)-1] != "publickey deploy ok" {
		t.Errorf("logins: %q", logins)
	}
}

func TestTheTargetCountsBeforeSSHConfig(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	cfg := configured(t, "Host *\n HostName elsewhere\n Port 7\n User wrong\n IdentityFile /nothing\n UserKnownHostsFile /nothing\n HostKeyAlias alias\n",
		map[string]*sshserver.Server{"elsewhere:2222": server})
	target := connectors.Target{Name: "web1", Address: "web1", Port: 2222, User: "patch", SSHConfig: true,
		Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Files: []string{known(t, "alias "+server.Pinned())}}}
	if _, err := reach(t, t.Context(), cfg, target); err != nil {
		t.Fatal(err)
	}
	if logins := server.Logins(); logins[len(logins)-1] != "publickey patch ok" {
		t.Errorf("logins: %q", logins)
	}
}

func TestWithoutSSHConfigNothingIsFilledIn(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	cfg := configured(t, "Host *\n HostName elsewhere\n", map[string]*sshserver.Server{"web1:22": server})
	target := connectors.Target{Name: "web1", Address: "web1", User: "patch", Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Pinned: server.Pinned()}}
	if _, err := reach(t, t.Context(), cfg, target); err != nil {
		t.Fatal(err)
	}
}

func TestProxyJumpOfSSHConfig(t *testing.T) {
	key, public := keyFile(t)
	opt := sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Forward: true}
	outer, inner, server := sshserver.Start(t, opt), sshserver.Start(t, opt), sshserver.Start(t, opt)
	hosts := known(t, "outer "+outer.Pinned(), fmt.Sprintf("[127.0.0.1]:%d %s", inner.Port(), inner.Pinned()), fmt.Sprintf("[127.0.0.1]:%d %s", server.Port(), server.Pinned()))
	cfg := configured(t, fmt.Sprintf(`
Host web1
  HostName 127.0.0.1
  Port %d
  ProxyJump inner
Host inner
  HostName 127.0.0.1
  Port %d
  User second
  ProxyJump first@outer
Host *
  IdentityFile %s
  User patch
`, server.Port(), inner.Port(), key), map[string]*sshserver.Server{"outer:22": outer})
	target := connectors.Target{Name: "web1", Address: "web1", SSHConfig: true, Keys: connectors.HostKeys{Files: []string{hosts}}}
	if _, err := reach(t, t.Context(), cfg, target); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[*sshserver.Server]string{outer: "first", inner: "second", server: "patch"} {
		if logins := s.Logins(); len(logins) == 0 || logins[len(logins)-1] != "publickey "+want+" ok" {
			t.Errorf("logins: %q, want %s", logins, want)
		}
	}
}

func TestSSHConfigThatCannotBeUsed(t *testing.T) {
	for _, tt := range []struct{ name, text, word string }{
		{"ProxyCommand", "Host web1\n ProxyCommand nc %h %p\n", "ProxyCommand"},
		{"Match exec", "Match exec \"touch /tmp/never\"\n HostName x\n", "exec"},
		{"a chain that comes back", "Host a\n ProxyJump b\nHost b\n ProxyJump a\nHost web1\n ProxyJump a\n", "ProxyJump"},
		{"damaged", "Host web1\n Port many\n", "many"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := configured(t, tt.text, nil)
			_, err := reach(t, t.Context(), cfg, connectors.Target{Name: "web1", Address: "web1", User: "x", SSHConfig: true})
			wantError(t, err, connectors.CodeUnsupported, connectors.PhaseDial, tt.word)
		})
	}
}

func TestSSHConfigIsReadAgainWhenItChanges(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	cfg := configured(t, "Host web1\n HostName wrong\n", map[string]*sshserver.Server{"right:22": server})
	target := connectors.Target{Name: "web1", Address: "web1", User: "x", SSHConfig: true, Retry: connectors.Retry{Attempts: 1},
		Auth: connectors.Auth{IdentityFiles: []string{key}}, Keys: connectors.HostKeys{Pinned: server.Pinned()}}
	d := ssh.New(cfg)
	defer closeDialer(t, d)
	if _, err := d.Dial(t.Context(), target); err == nil {
		t.Fatal("no error")
	}
	writeFile(t, cfg.ConfigFile, "Host web1\n HostName right\n", 0o600)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 50 {
		<-tick.C
		if s, err := d.Dial(t.Context(), target); err == nil {
			_ = s.Close() // never fails
			return
		}
	}
	t.Error("the change was not seen within 5s")
}

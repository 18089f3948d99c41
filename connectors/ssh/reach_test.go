package ssh_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// reach dials once and returns the error and how long it took.
func reach(t *testing.T, ctx context.Context, cfg ssh.Config, target connectors.Target) (time.Duration, error) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	d := ssh.New(cfg)
	begin := time.Now()
	s, err := d.Dial(ctx, target)
	took := time.Since(begin)
	if err == nil {
		_ = s.Close() // never fails
	}
	closeDialer(t, d)
	goleak.VerifyNone(t, before)
	return took, err
}

func wantError(t *testing.T, err error, code connectors.Code, phase connectors.Phase, words ...string) {
	t.Helper()
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok {
		t.Fatalf("got %v, want an *connectors.Error", err)
	}
	if e.Code != code || e.Phase != phase || e.Host != "web1" {
		t.Errorf("got code %q in phase %q of host %q, want %q in %q: %v", e.Code, e.Phase, e.Host, code, phase, err)
	}
	if e.Retry {
		t.Errorf("the last error says that trying again makes sense: %v", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error is %q, want %q in it", err, word)
		}
	}
}

// dropFirst closes the first n connections without a word.
func dropFirst(n int) func(int, net.Conn) bool {
	return func(i int, c net.Conn) bool {
		if i > n {
			return true
		}
		_ = c.Close() // that is the point
		return false
	}
}

func TestDroppedConnectionsAreTriedAgain(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Accept: dropFirst(2)})
	target := targetOf(server, key)
	target.Retry.Attempts = 3
	if _, err := reach(t, t.Context(), ssh.Config{}, target); err != nil {
		t.Fatal(err)
	}
	if n := server.Connections(); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestDroppedConnectionsEnd(t *testing.T) {
	key, _ := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{Accept: dropFirst(99)})
	target := targetOf(server, key)
	target.Retry.Attempts = 4
	_, err := reach(t, t.Context(), ssh.Config{}, target)
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseHandshake, "closed the connection", "tried 4 times", "MaxStartups")
	if n := server.Connections(); n != 4 {
		t.Errorf("%d connections, want 4", n)
	}
}

// TestLastWords: a host that ends a login says why in a banner, as OpenSSH does
// for an account that has expired or while there is /etc/nologin.
func TestLastWords(t *testing.T) {
	key, _ := keyFile(t)
	var conn atomic.Value
	server := sshserver.Start(t, sshserver.Options{
		Accept: func(_ int, c net.Conn) bool { conn.Store(c); return true },
		Configure: func(c *xssh.ServerConfig) {
			c.BannerCallback = func(xssh.ConnMetadata) string {
				return "Welcome\r\n\x1b[31mYour account has expired\a" + strings.Repeat("!", 9000) + "\r\n\n"
			}
			c.PublicKeyCallback = func(xssh.ConnMetadata, xssh.PublicKey) (*xssh.Permissions, error) {
				return nil, conn.Load().(net.Conn).Close()
			}
		},
	})
	target := targetOf(server, key)
	target.Retry.Attempts = 1
	_, err := reach(t, t.Context(), ssh.Config{}, target)
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseLogin, "Your account has expired", "may not log in now")
	if said := fmt.Sprint(err); strings.ContainsAny(said, "\x1b\a") || len(said) > 600 {
		t.Errorf("%q", said)
	}
}

func TestResetIsTriedAgain(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Accept: func(n int, c net.Conn) bool {
		if n == 1 {
			tcp, ok := c.(*net.TCPConn)
			_ = ok && tcp.SetLinger(0) == nil // so that closing resets
			_ = c.Close()                     // that is the point
			return false
		}
		return true
	}})
	target := targetOf(server, key)
	target.Retry.Attempts = 2
	if _, err := reach(t, t.Context(), ssh.Config{}, target); err != nil {
		t.Error(err)
	}
}

func TestRefusedConnection(t *testing.T) {
	key, _ := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{})
	target := targetOf(server, key)
	server.Close()
	target.Retry.Attempts = 2
	_, err := reach(t, t.Context(), ssh.Config{}, target)
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseDial, "connection refused", "tried 2 times")
}

func TestUnknownName(t *testing.T) {
	key, _ := keyFile(t)
	target := connectors.Target{Name: "web1", Address: "no-such-host.invalid", User: "x", Auth: connectors.Auth{IdentityFiles: []string{key}}}
	cfg := ssh.Config{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "no-such-host.invalid", IsNotFound: true}}
	}}
	_, err := reach(t, t.Context(), cfg, target)
	wantError(t, err, connectors.CodeUnreachable, connectors.PhaseDial, "look up", "check the address")
}

func TestDialTimeout(t *testing.T) {
	key, _ := keyFile(t)
	target := connectors.Target{Name: "web1", Address: "127.0.0.1", User: "x", Auth: connectors.Auth{IdentityFiles: []string{key}},
		Timeouts: connectors.Timeouts{Connect: 300 * time.Millisecond}, Retry: connectors.Retry{Attempts: 2, Backoff: time.Millisecond}}
	cfg := ssh.Config{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	took, err := reach(t, t.Context(), cfg, target)
	wantError(t, err, connectors.CodeTimeout, connectors.PhaseDial, "tried 2 times")
	if took < 600*time.Millisecond || took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

// silentServers are servers that keep a client waiting, each in its own way.
var silentServers = []struct {
	name  string
	phase connectors.Phase
	serve func(done <-chan struct{}, c net.Conn)
}{
	{"silent", connectors.PhaseHandshake, func(done <-chan struct{}, _ net.Conn) { <-done }},
	{"drips its banner", connectors.PhaseHandshake, func(done <-chan struct{}, c net.Conn) {
		drip(done, c, strings.Repeat("x", 200)+"\r\n")
	}},
	{"drips lines before its version", connectors.PhaseHandshake, func(done <-chan struct{}, c net.Conn) {
		drip(done, c, strings.Repeat("a\r\n", 1000))
	}},
	{"says its version and no more", connectors.PhaseHandshake, func(done <-chan struct{}, c net.Conn) {
		_, _ = io.WriteString(c, "SSH-2.0-slow\r\n") // the client may be gone
		<-done
	}},
}

// drip writes a text slowly.
func drip(done <-chan struct{}, c net.Conn, text string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := range len(text) {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if _, err := io.WriteString(c, text[i:i+1]); err != nil {
			return
		}
	}
}

func TestSilentServers(t *testing.T) {
	for _, tt := range silentServers {
		t.Run(tt.name, func(t *testing.T) {
			key, _ := keyFile(t)
			done := make(chan struct{})
			server := sshserver.Start(t, sshserver.Options{Accept: func(_ int, c net.Conn) bool { tt.serve(done, c); return false }})
			defer close(done)
			target := targetOf(server, key)
			target.Timeouts.Connect, target.Retry.Attempts = 400*time.Millisecond, 3
			d := ssh.New(ssh.Config{})
			defer closeDialer(t, d)
			begin := time.Now()
			_, err := d.Dial(t.Context(), target)
			wantError(t, err, connectors.CodeTimeout, tt.phase, "within 400ms")
			if took := time.Since(begin); took > 2400*time.Millisecond {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestSlowLogin(t *testing.T) {
	key, public := keyFile(t)
	hold := make(chan struct{})
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Configure: func(c *xssh.ServerConfig) {
		inner := c.PublicKeyCallback
		c.PublicKeyCallback = func(m xssh.ConnMetadata, k xssh.PublicKey) (*xssh.Permissions, error) {
			<-hold
			return inner(m, k)
		}
	}})
	defer close(hold)
	target := targetOf(server, key)
	target.Timeouts.Connect = 400 * time.Millisecond
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	_, err := d.Dial(t.Context(), target)
	wantError(t, err, connectors.CodeTimeout, connectors.PhaseLogin, "did not finish the login")
	if !connectors.BeforeLogin(err) {
		t.Error("it does not count as before the login")
	}
}

func TestContextEndsTheDial(t *testing.T) {
	key, _ := keyFile(t)
	done := make(chan struct{})
	server := sshserver.Start(t, sshserver.Options{Accept: func(int, net.Conn) bool { <-done; return false }})
	defer close(done)
	target := targetOf(server, key)
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(200*time.Millisecond, cancel)
	defer timer.Stop()
	begin := time.Now()
	_, err := d.Dial(ctx, target)
	wantError(t, err, connectors.CodeInterrupted, connectors.PhaseHandshake)
	if !errors.Is(err, context.Canceled) || time.Since(begin) > 2*time.Second {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = d.Dial(ctx, target)
	wantError(t, err, connectors.CodeTimeout, connectors.PhaseHandshake)
}

func TestContextEndsThePause(t *testing.T) {
	key, _ := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{Accept: dropFirst(99)})
	target := targetOf(server, key)
	target.Retry = connectors.Retry{Attempts: 50, Backoff: time.Hour}
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := d.Dial(ctx, target); connectors.CodeOf(err) != connectors.CodeUnreachable {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begin); took > 2300*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

func TestFewHandshakesForOneAddress(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			s, err := d.Dial(t.Context(), targetOf(server, key))
			if err != nil {
				t.Error(err)
				return
			}
			_ = s.Close() // never fails
		})
	}
	all.Wait()
	if n := server.MostHandshaking(); n > ssh.DefaultMaxHandshakesPerHost {
		t.Errorf("%d handshakes at once, want at most %d", n, ssh.DefaultMaxHandshakesPerHost)
	}
}

func TestWeakServers(t *testing.T) {
	weak := map[string]func(*xssh.ServerConfig){
		"key exchange": func(c *xssh.ServerConfig) { c.KeyExchanges = []string{xssh.InsecureKeyExchangeDH1SHA1} },
		"cipher":       func(c *xssh.ServerConfig) { c.Ciphers = []string{xssh.InsecureCipherAES128CBC} },
		"MAC": func(c *xssh.ServerConfig) {
			c.Ciphers, c.MACs = []string{xssh.CipherAES128CTR}, []string{xssh.HMACSHA1}
		},
	}
	for name, configure := range weak {
		t.Run(name, func(t *testing.T) {
			key, public := keyFile(t)
			server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Configure: configure})
			_, err := reach(t, t.Context(), ssh.Config{}, targetOf(server, key))
			wantError(t, err, connectors.CodeUnsupported, connectors.PhaseHandshake, "no secure", name)
		})
	}
	t.Run("SHA-1 host key signatures", func(t *testing.T) {
		key, public := keyFile(t)
		old, err := xssh.NewSignerWithAlgorithms(sshserver.NewRSAKey(t, 2048).(xssh.AlgorithmSigner), []string{xssh.KeyAlgoRSA})
		if err != nil {
			t.Fatal(err)
		}
		server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, HostKeys: []xssh.Signer{old}})
		_, err = reach(t, t.Context(), ssh.Config{}, targetOf(server, key))
		wantError(t, err, connectors.CodeUnsupported, connectors.PhaseHandshake, "no secure host key", "ssh-rsa")
	})
}

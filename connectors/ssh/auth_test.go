package ssh_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// login is what a case is tried with.
type login struct {
	t      *testing.T
	dir    string
	opt    sshserver.Options
	target connectors.Target
	cfg    ssh.Config
}

// key writes a new Ed25519 key, encrypted if a passphrase is given.
func (l *login) key(name, passphrase string) (path string, signer xssh.Signer) {
	l.t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return l.write(name, passphrase, private)
}

func (l *login) write(name, passphrase string, private any) (path string, signer xssh.Signer) {
	l.t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = xssh.MarshalPrivateKey(private, "")
	} else {
		block, err = xssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(passphrase))
	}
	if err != nil {
		l.t.Fatal(err)
	}
	if signer, err = xssh.NewSignerFromKey(private); err != nil {
		l.t.Fatal(err)
	}
	path = filepath.Join(l.dir, name)
	writeFile(l.t, path, string(pem.EncodeToMemory(block)), 0o600)
	return path, signer
}

func (l *login) use(paths ...string) {
	l.target.Auth.IdentityFiles = append(l.target.Auth.IdentityFiles, paths...)
}

func (l *login) accept(s xssh.Signer) {
	l.opt.AuthorizedKeys = append(l.opt.AuthorizedKeys, s.PublicKey())
}

// certify signs a key with a new authority that the server trusts, and writes
// the certificate.
func (l *login) certify(path string, key xssh.Signer, edit func(*xssh.Certificate)) {
	l.t.Helper()
	ca := sshserver.NewKey(l.t)
	l.opt.UserCA = ca.PublicKey()
	cert := sshserver.Certify(l.t, ca, key, xssh.UserCert, func(c *xssh.Certificate) {
		c.ValidPrincipals = []string{"patch"}
		if edit != nil {
			edit(c)
		}
	})
	writeFile(l.t, path, string(xssh.MarshalAuthorizedKey(cert)), 0o644)
}

// agent runs an agent with some keys.
func (l *login) agent(keys ...agent.AddedKey) {
	l.t.Helper()
	ring := agent.NewKeyring()
	for _, k := range keys {
		if err := ring.Add(k); err != nil {
			l.t.Fatal(err)
		}
	}
	socket := filepath.Join(l.dir, "agent")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = listener.Close() }) // it ends the serving
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_ = agent.ServeAgent(ring, c) // it ends with the connection
				_ = c.Close()                 // as above
			}()
		}
	}()
	l.cfg.AgentSocket, l.target.Auth.Agent = socket, true
}

func newPrivate(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func (l *login) password(value string) {
	l.target.Auth.Password = &connectortest.Secret{Name: "cred:login", Value: value}
}

func (l *login) rsa(name string, bits int) (string, xssh.Signer) {
	l.t.Helper()
	return l.write(name, "", sshserver.NewRSAPrivate(l.t, bits))
}

func readPrivate(t *testing.T, path string) any {
	t.Helper()
	private, err := xssh.ParseRawPrivateKey([]byte(readFile(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func TestLogin(t *testing.T) {
	for _, c := range loginCases {
		t.Run(c.name, func(t *testing.T) {
			l := &login{t: t, dir: t.TempDir()}
			l.target = connectors.Target{Name: "web1", Kind: connectors.KindSSH, User: "patch", Retry: connectors.Retry{Attempts: 3, Backoff: time.Millisecond}}
			c.prepare(l)
			server := sshserver.Start(t, l.opt)
			l.target.Address, l.target.Port, l.target.Keys.Pinned = server.Host(), server.Port(), server.Pinned()
			d := ssh.New(l.cfg)
			defer closeDialer(t, d)
			s, err := d.Dial(t.Context(), l.target)
			if c.via != "" {
				if err != nil {
					t.Fatal(err)
				}
				_ = s.Close() // never fails
				if last := server.Logins()[len(server.Logins())-1]; last != c.via+" patch ok" {
					t.Errorf("logins: %q, want %s at the end", server.Logins(), c.via)
				}
				return
			}
			checkLoginRefused(t, server, err, c.words, c.sent)
		})
	}
}

func checkLoginRefused(t *testing.T, server *sshserver.Server, err error, words []string, sent int) {
	t.Helper()
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok || e.Code != connectors.CodeAuth || e.Retry || !connectors.BeforeLogin(err) {
		t.Fatalf("got %v, want a final error with code auth", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error is %q, want %q in it", err, word)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", err, e, e); strings.Contains(text, "canary") {
		t.Errorf("a secret is in %s", text)
	}
	if n := server.Connections(); n > 1 {
		t.Errorf("%d connections, want no second try", n)
	}
	if n := server.Passwords(); n != sent {
		t.Errorf("%d passwords were sent, want %d", n, sent)
	}
}

func TestAKeyIsReadOnce(t *testing.T) {
	l := &login{t: t, dir: t.TempDir(), target: connectors.Target{Name: "web1", User: "patch"}}
	path, key := l.key("id", "phrase")
	l.accept(key)
	server := sshserver.Start(t, l.opt)
	target := targetOf(server, path)
	secret := &connectortest.Secret{Name: "cred:key", Value: "phrase"}
	target.Auth.Passphrase = secret
	d := ssh.New(ssh.Config{})
	defer closeDialer(t, d)
	dial := func() error {
		s, err := d.Dial(t.Context(), target)
		if err == nil {
			_ = s.Close() // never fails
		}
		return err
	}
	for range 5 {
		if err := dial(); err != nil {
			t.Fatal(err)
		}
	}
	if n := secret.Reads(); n != 1 {
		t.Errorf("the passphrase was read %d times, want once", n)
	}
	other, _ := l.key("other", "")
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if err := dial(); connectors.CodeOf(err) != connectors.CodeAuth {
		t.Errorf("a key that was replaced is still used: %v", err)
	}
}

func TestAnAgentThatHangs(t *testing.T) {
	for _, answers := range []int{0, 1} {
		t.Run(fmt.Sprint(answers), func(t *testing.T) {
			l := &login{t: t, dir: t.TempDir()}
			private := newPrivate(t)
			_, key := l.write("unused", "", private)
			l.accept(key)
			server := sshserver.Start(t, l.opt)
			l.target = targetOf(server, "")
			l.agent(agent.AddedKey{PrivateKey: private})
			// The relay lets the list of the keys through, but no signature.
			socket := filepath.Join(l.dir, "slow")
			hang(t, socket, l.cfg.AgentSocket, answers)
			l.target.Auth = connectors.Auth{Agent: true}
			l.target.Timeouts.Connect = 500 * time.Millisecond
			d := ssh.New(ssh.Config{AgentSocket: socket})
			defer closeDialer(t, d)
			begin := time.Now()
			_, err := d.Dial(t.Context(), l.target)
			if err == nil || !connectors.BeforeLogin(err) || time.Since(begin) > 2500*time.Millisecond {
				t.Errorf("after %s: %v", time.Since(begin), err)
			}
		})
	}
}

// hang relays a socket, and stops after some answers.
func hang(t *testing.T, socket, to string, answers int) {
	t.Helper()
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close() // it ends the serving
		work.Wait()
	})
	work.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", to)
			if err != nil {
				return
			}
			work.Go(func() {
				_, _ = io.Copy(far, near) // it ends with the client
				_ = far.Close()           // as above
			})
			work.Go(func() {
				defer func() { _ = near.Close() }() // as above
				for range answers {
					buf := make([]byte, 64<<10)
					n, err := far.Read(buf)
					if err != nil {
						return
					}
					if _, err := near.Write(buf[:n]); err != nil {
						return
					}
				}
				_, _ = io.Copy(io.Discard, far) // the client waits in vain
			})
		}
	})
}

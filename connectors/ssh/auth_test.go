package ssh_test

import (
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
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
	listener, err := net.Listen("unix", socket) //nolint:noctx // a test's own listener
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

// loginCases are the ways to log in, and to fail. via is the method that let us
// in; else words are parts of the error.
var loginCases = []struct {
	name    string
	prepare func(l *login)
	via     string
	words   []string
	// sent is how many passwords the server saw, if it is not to let us in.
	sent int
}{
	{name: "key", via: "publickey", prepare: func(l *login) { p, k := l.key("id", ""); l.use(p); l.accept(k) }},
	{name: "second key", via: "publickey", prepare: func(l *login) {
		a, _ := l.key("a", "")
		b, k := l.key("b", "")
		l.use(a, b)
		l.accept(k)
	}},
	{name: "encrypted key", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "phrase-canary")
		l.use(p)
		l.accept(k)
		l.target.Auth.Passphrase = &connectortest.Secret{Name: "cred:key", Value: "phrase-canary"}
	}},
	{name: "encrypted key without passphrase", words: []string{"is encrypted", "agent = true"}, prepare: func(l *login) {
		p, k := l.key("id", "phrase-canary")
		l.use(p)
		l.accept(k)
	}},
	{name: "encrypted key with a wrong passphrase", words: []string{"cred:key", "does not open"}, prepare: func(l *login) {
		p, k := l.key("id", "phrase-canary")
		l.use(p)
		l.accept(k)
		l.target.Auth.Passphrase = &connectortest.Secret{Name: "cred:key", Value: "canary-wrong"}
	}},
	{name: "passphrase that cannot be read", words: []string{"cred:key", "permission denied"}, prepare: func(l *login) {
		p, _ := l.key("id", "phrase-canary")
		l.use(p)
		l.target.Auth.Passphrase = &connectortest.Secret{Name: "cred:key", Err: os.ErrPermission}
	}},
	{name: "key that others can read", words: []string{"mode 0644", "chmod 600"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.accept(k)
		if err := os.Chmod(p, 0o644); err != nil {
			l.t.Fatal(err)
		}
	}},
	{name: "key that the group can read", words: []string{"mode 0640", "chmod 600"}, prepare: func(l *login) {
		p, _ := l.key("id", "")
		l.use(p)
		if err := os.Chmod(p, 0o640); err != nil {
			l.t.Fatal(err)
		}
	}},
	{name: "key behind a link", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		if err := os.Symlink(p, p+"-link"); err != nil {
			l.t.Fatal(err)
		}
		l.use(p + "-link")
		l.accept(k)
	}},
	{name: "key that is not there", words: []string{"no such file", "identity_files"}, prepare: func(l *login) { l.use(filepath.Join(l.dir, "nothing")) }},
	{name: "key that is a directory", words: []string{"not a regular file"}, prepare: func(l *login) { l.use(l.dir) }},
	{name: "public key instead", words: []string{"public key", "without .pub"}, prepare: func(l *login) {
		_, k := l.key("id", "")
		p := filepath.Join(l.dir, "id.pub")
		writeFile(l.t, p, string(xssh.MarshalAuthorizedKey(k.PublicKey())), 0o600)
		l.use(p)
	}},
	{name: "no key at all", words: []string{"cannot read the key"}, prepare: func(l *login) {
		p := filepath.Join(l.dir, "junk")
		writeFile(l.t, p, "junk", 0o600)
		l.use(p)
	}},
	{name: "key that the host does not know", words: []string{"refuses the login as patch", "accepts publickey", "SHA256:", "authorized_keys"}, prepare: func(l *login) { p, _ := l.key("id", ""); l.use(p) }},
	{name: "rsa key", via: "publickey", prepare: func(l *login) {
		p, k := l.rsa("id", 2048)
		l.use(p)
		l.accept(k)
	}},
	{name: "weak rsa key", words: []string{"1024 bits"}, prepare: func(l *login) { p, _ := l.rsa("id", 1024); l.use(p) }},
	{name: "rsa key, host that knows SHA-1 only", words: []string{"refuses the login"}, prepare: func(l *login) {
		p, k := l.rsa("id", 2048)
		l.use(p)
		l.accept(k)
		l.opt.Configure = func(c *xssh.ServerConfig) { c.PublicKeyAuthAlgorithms = []string{xssh.KeyAlgoRSA} }
	}},
	{name: "certificate", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		l.certify(l.target.Auth.Certificate, k, nil)
	}},
	{name: "certificate beside the key", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.certify(p+"-cert.pub", k, nil)
	}},
	{name: "certificate of an rsa key", via: "publickey", prepare: func(l *login) {
		p, k := l.rsa("id", 2048)
		l.use(p)
		l.certify(p+"-cert.pub", k, nil)
	}},
	{name: "expired certificate", words: []string{"expired on", "renew"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		l.certify(l.target.Auth.Certificate, k, expired)
	}},
	{name: "expired certificate beside a good key", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.accept(k)
		l.certify(p+"-cert.pub", k, expired)
	}},
	{name: "expired certificate beside an unknown key", words: []string{"refuses the login", "expired on"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.certify(p+"-cert.pub", k, expired)
	}},
	{name: "certificate not yet valid", words: []string{"not valid before"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		l.certify(l.target.Auth.Certificate, k, func(c *xssh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Hour).Unix()) })
	}},
	{name: "certificate for another user", words: []string{"refuses the login"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.certify(p+"-cert.pub", k, func(c *xssh.Certificate) { c.ValidPrincipals = []string{"other"} })
	}},
	{name: "certificate without its key", words: []string{"no key goes with the certificate"}, prepare: func(l *login) {
		p, _ := l.key("id", "")
		_, other := l.key("other", "")
		l.use(p)
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		l.certify(l.target.Auth.Certificate, other, nil)
	}},
	{name: "certificate that is a key", words: []string{"not a user certificate"}, prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		writeFile(l.t, l.target.Auth.Certificate, string(xssh.MarshalAuthorizedKey(k.PublicKey())), 0o644)
	}},
	{name: "agent", via: "publickey", prepare: func(l *login) {
		private := newPrivate(l.t)
		_, k := l.write("unused", "", private)
		l.agent(agent.AddedKey{PrivateKey: private})
		l.accept(k)
	}},
	{name: "agent with a certificate of ours", via: "publickey", prepare: func(l *login) {
		private := newPrivate(l.t)
		_, k := l.write("unused", "", private)
		l.agent(agent.AddedKey{PrivateKey: private})
		l.target.Auth.Certificate = filepath.Join(l.dir, "cert")
		l.certify(l.target.Auth.Certificate, k, nil)
	}},
	{name: "agent with more keys than the host lets us try", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.accept(k)
		private := readPrivate(l.t, p)
		var keys []agent.AddedKey
		for range 20 {
			keys = append(keys, agent.AddedKey{PrivateKey: newPrivate(l.t)})
		}
		l.agent(append(keys, agent.AddedKey{PrivateKey: private})...)
	}},
	{name: "no agent, but a key", via: "publickey", prepare: func(l *login) {
		p, k := l.key("id", "")
		l.use(p)
		l.accept(k)
		l.cfg.AgentSocket, l.target.Auth.Agent = filepath.Join(l.dir, "nobody"), true
	}},
	{name: "no agent and nothing else", words: []string{"nothing to log in with", "cannot reach the agent"}, prepare: func(l *login) {
		l.cfg.AgentSocket, l.target.Auth.Agent = filepath.Join(l.dir, "nobody"), true
	}},
	{name: "empty agent", words: []string{"nothing to log in with", "holds no key"}, prepare: func(l *login) { l.agent() }},
	{name: "nothing", words: []string{"nothing to log in with", "identity_files"}, prepare: func(*login) {}},
	{name: "password", via: "password", prepare: func(l *login) { l.password("pw-canary"); l.opt.Password = "pw-canary" }},
	{name: "password by questions", via: "keyboard-interactive", prepare: func(l *login) {
		l.password("pw-canary")
		l.opt.Password, l.opt.Interactive, l.opt.NoPlainPassword = "pw-canary", []string{"(patch@web1) Password: "}, true
	}},
	{name: "questions before password", via: "keyboard-interactive", prepare: func(l *login) {
		l.password("pw-canary")
		l.opt.Password, l.opt.Interactive = "pw-canary", []string{"Passwort: "}
	}},
	{name: "password after a key", via: "password", prepare: func(l *login) {
		p, _ := l.key("id", "")
		l.use(p)
		l.password("pw-canary")
		l.opt.Password = "pw-canary"
	}},
	{name: "password with a second question", words: []string{"refuses the login"}, prepare: func(l *login) {
		l.password("pw-canary")
		l.opt.Password, l.opt.NoPlainPassword, l.opt.Interactive = "pw-canary", true, []string{"Password: ", "Code: "}
	}},
	{name: "wrong password", sent: 1, words: []string{"refuses the login", "tried once"}, prepare: func(l *login) { l.password("wrong-canary"); l.opt.Password = "pw-canary" }},
	{name: "wrong password by both methods", sent: 1, words: []string{"refuses the login", "tried once"}, prepare: func(l *login) {
		l.password("wrong-canary")
		l.opt.Password, l.opt.Interactive = "pw-canary", []string{"Password: "}
	}},
	{name: "password that cannot be read", words: []string{"cred:login", "permission denied"}, prepare: func(l *login) {
		l.target.Auth.Password = &connectortest.Secret{Name: "cred:login", Err: os.ErrPermission}
		l.opt.Password = "pw-canary"
	}},
	{name: "password where none is accepted", words: []string{"refuses the login", "accepts publickey"}, prepare: func(l *login) { l.password("pw-canary") }},
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

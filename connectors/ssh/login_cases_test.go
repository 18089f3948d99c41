package ssh_test

import (
	"os"
	"path/filepath"
	"time"

	xssh "golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"patchwave/connectors/connectortest"
)

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

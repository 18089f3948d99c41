package ssh_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// hostKeyWorld is what a case is made of.
type hostKeyWorld struct {
	ed, ec, rsa, other, ca, ca2 xssh.Signer
	// name is the server as known_hosts writes it ("[127.0.0.1]:port").
	name string
	t    *testing.T
}

func (w hostKeyWorld) line(names string, key xssh.Signer) string {
	return names + " " + string(xssh.MarshalAuthorizedKey(key.PublicKey()))
}

func (w hostKeyWorld) cert(ca, key xssh.Signer, edit func(*xssh.Certificate)) xssh.Signer {
	w.t.Helper()
	cert := sshserver.Certify(w.t, ca, key, xssh.HostCert, func(c *xssh.Certificate) {
		c.ValidPrincipals = []string{"127.0.0.1"}
		if edit != nil {
			edit(c)
		}
	})
	return sshserver.CertSigner(w.t, cert, key)
}

// hostKeyCase is one server and one known_hosts file.
type hostKeyCase struct {
	name string
	// shows are the keys of the server; known is the file.
	shows func(hostKeyWorld) []xssh.Signer
	known func(hostKeyWorld) string
	// pinned replaces the file.
	pinned func(hostKeyWorld) string
	policy connectors.HostKeyPolicy
	// code is "" if the host is to be trusted. words are parts of the error.
	code  connectors.Code
	words []string
	// added says that the file has one line more afterwards.
	added bool
	// fileMode is the mode of the file; 0 means 0600.
	fileMode os.FileMode
}

func shows(pick ...func(hostKeyWorld) xssh.Signer) func(hostKeyWorld) []xssh.Signer {
	return func(w hostKeyWorld) (all []xssh.Signer) {
		for _, p := range pick {
			all = append(all, p(w))
		}
		return all
	}
}

func ed(w hostKeyWorld) xssh.Signer     { return w.ed }
func ec(w hostKeyWorld) xssh.Signer     { return w.ec }
func rsaKey(w hostKeyWorld) xssh.Signer { return w.rsa }

func certified(edit func(*xssh.Certificate)) func(hostKeyWorld) xssh.Signer {
	return func(w hostKeyWorld) xssh.Signer { return w.cert(w.ca, w.ed, edit) }
}

func knows(pick func(hostKeyWorld) xssh.Signer) func(hostKeyWorld) string {
	return func(w hostKeyWorld) string { return w.line(w.name, pick(w)) }
}

func authority(w hostKeyWorld) string { return "@cert-authority " + w.line("127.0.0.1,"+w.name, w.ca) }

func nothing(hostKeyWorld) string { return "" }

const strictKeys, acceptNew = connectors.HostKeysStrict, connectors.HostKeysAcceptNew

var hostKeyCases = []hostKeyCase{
	{name: "known", shows: shows(ed), known: knows(ed)},
	{name: "known, ecdsa", shows: shows(ec), known: knows(ec)},
	{name: "known, rsa by SHA-2", shows: shows(rsaKey), known: knows(rsaKey)},
	{name: "known by its second key", shows: shows(ed, ec, rsaKey), known: knows(rsaKey)},
	{name: "known among other hosts", shows: shows(ed), known: func(w hostKeyWorld) string {
		return "# a comment\n" + w.line("elsewhere", w.other) + w.line("a,b,"+w.name+",c", w.ed)
	}},
	{name: "known, hashed", shows: shows(ed), known: func(w hostKeyWorld) string {
		return w.line(xknownhosts.HashHostname(w.name), w.ed)
	}},
	{name: "known by a wildcard", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line("[127.0.0.*]:*", w.ed) }},
	{name: "known, accept-new", shows: shows(ed), known: knows(ed), policy: acceptNew},
	{name: "known, two keys in the file", shows: shows(ed), known: func(w hostKeyWorld) string {
		return w.line(w.name, w.other) + w.line(w.name, w.ed)
	}},
	{name: "certificate", shows: shows(certified(nil)), known: authority},
	{name: "certificate, rsa authority", shows: shows(func(w hostKeyWorld) xssh.Signer { return w.cert(w.rsa, w.ed, nil) }), known: func(w hostKeyWorld) string {
		return "@cert-authority " + w.line("*", w.rsa)
	}},
	{name: "expired certificate, key known", shows: shows(certified(expired)), known: func(w hostKeyWorld) string { return authority(w) + w.line(w.name, w.ed) }},
	{name: "pinned", shows: shows(ed), pinned: func(w hostKeyWorld) string { return authorized(w.ed) }},
	{name: "pinned, with others", shows: shows(ed, ec, rsaKey), pinned: func(w hostKeyWorld) string { return authorized(w.ec) }},
	{name: "new, accepted", shows: shows(ed), known: nothing, policy: acceptNew, added: true},

	{name: "unknown", shows: shows(ed), known: nothing, code: "host-key", words: []string{"not known", "SHA256:", "ssh-keyscan -t ed25519 -p"}},
	{name: "unknown by default", shows: shows(ed), known: nothing, policy: "", code: "host-key", words: []string{"not known"}},
	{name: "known for another host", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line("elsewhere", w.ed) }, code: "host-key", words: []string{"not known"}},
	{name: "known for another port", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line("[127.0.0.1]:1", w.ed) }, code: "host-key", words: []string{"not known"}},
	{name: "known without the port", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line("127.0.0.1", w.ed) }, code: "host-key", words: []string{"not known"}},
	{name: "named out", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line("[127.0.0.*]:*,!"+w.name, w.ed) }, code: "host-key", words: []string{"not known"}},
	{name: "changed", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line(w.name, w.other) }, code: "host-key", words: []string{"has changed", "SHA256:", "known_hosts:1"}},
	{name: "changed, hashed", shows: shows(ed), known: func(w hostKeyWorld) string {
		return "\n" + w.line(xknownhosts.HashHostname(w.name), w.other)
	}, code: "host-key", words: []string{"has changed", "known_hosts:2"}},
	{name: "changed to another type", shows: shows(ec), known: knows(ed), code: "host-key", words: []string{"has changed", "ecdsa", "ed25519"}},
	{name: "changed, accept-new", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line(w.name, w.other) }, policy: acceptNew, code: "host-key", words: []string{"has changed"}},
	{name: "revoked", shows: shows(ed), known: func(w hostKeyWorld) string { return w.line(w.name, w.ed) + "@revoked " + w.line("*", w.ed) }, code: "host-key", words: []string{"revoked", "known_hosts:2"}},
	{name: "revoked, accept-new", shows: shows(ed), known: func(w hostKeyWorld) string { return "@revoked " + w.line("*", w.ed) }, policy: acceptNew, code: "host-key", words: []string{"revoked"}},
	{name: "expired certificate", shows: shows(certified(expired)), known: authority, code: "host-key", words: []string{"expired"}},
	{name: "certificate not yet valid", shows: shows(certified(func(c *xssh.Certificate) { c.ValidAfter = uint64(time.Now().Add(time.Hour).Unix()) })), known: authority, code: "host-key", words: []string{"not yet valid"}},
	{name: "certificate for another name", shows: shows(certified(func(c *xssh.Certificate) { c.ValidPrincipals = []string{"db.example.net"} })), known: authority, code: "host-key", words: []string{"principal"}},
	{name: "certificate of another authority", shows: shows(func(w hostKeyWorld) xssh.Signer { return w.cert(w.ca2, w.ed, nil) }), known: authority, code: "host-key", words: []string{"authority"}},
	{name: "certificate of a user", shows: shows(certified(func(c *xssh.Certificate) { c.CertType = xssh.UserCert })), known: authority, code: "host-key", words: []string{"not a host certificate"}},
	{name: "certificate with a critical option", shows: shows(certified(func(c *xssh.Certificate) { c.CriticalOptions = map[string]string{"x@example.net": ""} })), known: authority, code: "host-key", words: []string{"critical option"}},
	{name: "certificate of a revoked authority", shows: shows(certified(nil)), known: func(w hostKeyWorld) string { return authority(w) + "@revoked " + w.line("*", w.ca) }, code: "host-key", words: []string{"revoked"}},
	{name: "certificate, accept-new", shows: shows(certified(expired)), known: authority, policy: acceptNew, code: "host-key", words: []string{"expired"}},
	{name: "bare key where a certificate is due, accept-new", shows: shows(ed), known: authority, policy: acceptNew, code: "host-key", words: []string{"without a certificate"}},
	{name: "authority for other hosts", shows: shows(certified(nil), ed), known: func(w hostKeyWorld) string { return "@cert-authority " + w.line("*.example.net", w.ca) }, code: "host-key", words: []string{"not known"}},
	{name: "certificate, no authority known", shows: shows(certified(nil)), known: nothing, code: "host-key", words: []string{"no authority"}},
	{name: "certificate, no authority known, accept-new", shows: shows(certified(nil)), known: nothing, policy: acceptNew, code: "host-key", words: []string{"no authority"}},
	{name: "pinned another", shows: shows(ed), pinned: func(w hostKeyWorld) string { return authorized(w.other) }, code: "host-key", words: []string{"inventory names"}},
	{name: "pinned another type", shows: shows(ed), pinned: func(w hostKeyWorld) string { return authorized(w.ec) }, code: "host-key", words: []string{"inventory names"}},
	{name: "pinned another, accept-new", shows: shows(ed), pinned: func(w hostKeyWorld) string { return authorized(w.other) }, policy: acceptNew, code: "host-key", words: []string{"inventory names"}},
	{name: "pinned is no key", shows: shows(ed), pinned: func(hostKeyWorld) string { return "SHA256:abc" }, code: "host-key", words: []string{"not a public key"}},
	{name: "a file that anybody may write to", shows: shows(ed), known: knows(ed), fileMode: 0o666, code: "host-key", words: []string{"chmod o-w"}},
	{name: "a damaged line", shows: shows(ed), known: func(w hostKeyWorld) string { return strings.Replace(w.line(w.name, w.ed), "AAAA", "AAAB", 1) }, code: "host-key"},
	{name: "a weak key", shows: shows(func(w hostKeyWorld) xssh.Signer { return sshserver.NewRSAKey(w.t, 1024) }), known: nothing, code: "unsupported", words: []string{"1024 bits"}},
}

func expired(c *xssh.Certificate) { c.ValidAfter, c.ValidBefore = 1, 2 }

func authorized(k xssh.Signer) string {
	return strings.TrimSpace(string(xssh.MarshalAuthorizedKey(k.PublicKey())))
}

func TestHostKeys(t *testing.T) {
	w := hostKeyWorld{
		ed: sshserver.NewKey(t), ec: sshserver.NewECDSAKey(t), rsa: sshserver.NewRSAKey(t, 2048), other: sshserver.NewKey(t),
		ca: sshserver.NewKey(t), ca2: sshserver.NewKey(t),
	}
	refused := 0
	for _, c := range hostKeyCases {
		if c.code != "" {
			refused++
		}
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			testHostKey(t, w, c)
		})
	}
	if refused < 25 {
		t.Errorf("%d cases are refused, want at least 25", refused)
	}
}

func testHostKey(t *testing.T, w hostKeyWorld, c hostKeyCase) {
	identity, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{
		HostKeys: c.shows(w), AuthorizedKeys: []xssh.PublicKey{public}, Password: "login-canary", Interactive: []string{"Password: "},
	})
	w.name = fmt.Sprintf("[127.0.0.1]:%d", server.Port())
	target := targetOf(server, identity)
	target.Auth.Password = &connectortest.Secret{Name: "cred:login", Value: "login-canary"}
	target.Retry.Attempts = 3
	target.Keys = connectors.HostKeys{Policy: c.policy}
	file := filepath.Join(t.TempDir(), "known_hosts")
	before := ""
	if c.pinned != nil {
		target.Keys.Pinned = c.pinned(w)
	} else {
		before = c.known(w)
		writeFile(t, file, before, 0o600)
		if c.fileMode != 0 {
			if err := os.Chmod(file, c.fileMode); err != nil {
				t.Fatal(err)
			}
		}
		target.Keys.Files = []string{file}
	}
	d := ssh.New(ssh.Config{})
	s, err := d.Dial(t.Context(), target)
	if err == nil {
		_ = s.Close() // never fails
	}
	closeDialer(t, d)
	server.Close()
	if got := connectors.CodeOf(err); got != c.code {
		t.Fatalf("the error is %v (code %q), want code %q", err, got, c.code)
	}
	if c.code != "" {
		checkRefused(t, server, target, err, c.words)
	}
	if c.pinned == nil {
		after := readFile(t, file)
		if want := c.added; (after != before) != want {
			t.Errorf("the file was changed: %q", after)
		}
	}
}

// checkRefused proves that the peer learned nothing: no attempt to log in, no
// message after the key exchange, no second try.
func checkRefused(t *testing.T, server *sshserver.Server, target connectors.Target, err error, words []string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the error is %q, want %q in it", err, word)
		}
	}
	if !connectors.BeforeLogin(err) && connectors.CodeOf(err) != connectors.CodeUnsupported {
		t.Errorf("%v does not count as before the login", err)
	}
	if logins := server.Logins(); len(logins) > 0 {
		t.Errorf("an unverified peer saw %q", logins)
	}
	if n := server.Connections(); n > 1 {
		t.Errorf("%d connections, want no second try", n)
	}
	for _, r := range server.Records() {
		types, more := r.Clear()
		for _, typ := range types {
			// KEXINIT, KEXDH_INIT, DISCONNECT; RFC 4250, section 4.1.2.
			if typ != 20 && typ != 30 && typ != 1 {
				t.Errorf("an unverified peer got a message of type %d", typ)
			}
		}
		if more {
			t.Error("an unverified peer got an encrypted message")
		}
	}
	if n := target.Auth.Password.(*connectortest.Secret).Reads(); n > 0 {
		t.Errorf("the password was read %d times", n)
	}
}

func writeFile(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

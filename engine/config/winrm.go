package config

import (
	"crypto/x509"
	"fmt"
	"os"
	"regexp"
	"strings"

	"patchwave/connectors"

	"github.com/hashicorp/hcl/v2"
)

// fingerprintPattern is sha256: and the digest in hex.
var fingerprintPattern = regexp.MustCompile(`^sha256:[0-9A-Fa-f]{64}$`)

// decodeWinRM reads what a connection of type winrm has of its own. Without auth
// it is ntlm, without https it is https.
func (b *block) decodeWinRM(c *connection, kerberos *hcl.Block) {
	t := &c.target
	t.User = b.winUser()
	t.Port, _ = b.number("port", 1, 65535)
	if s, ok := b.secret("password"); ok {
		t.Auth.Password = s
	}
	w := &t.WinRM
	w.HTTPS, w.Auth = true, connectors.WinRMNTLM
	if https, ok := b.flag("https"); ok {
		w.HTTPS = https
	}
	known := true
	if b.has("auth") {
		var auth string
		auth, known = b.word("auth", winrmLogins()...)
		w.Auth = connectors.WinRMAuth(auth)
	}
	if known {
		b.checkTransport(w)
		b.checkLogin(w, kerberos != nil)
	}
	b.serverTrust(w)
	b.clientCertificate(w)
	if kerberos == nil {
		return
	}
	if known && w.Auth != connectors.WinRMKerberos {
		b.l.fail(kerberos.DefRange, "kerberos has no meaning here", "It belongs to auth = \"kerberos\".")
	}
	w.Kerberos = b.l.decodeKerberos(kerberos)
}

// winUser reads a user of Windows: NAME, DOMAIN\NAME or NAME@REALM.
func (b *block) winUser() string {
	user, ok := b.nonEmpty("user")
	if ok && strings.ContainsFunc(user, isControl) {
		b.l.fail(b.place("user"), fmt.Sprintf("%q is no user name", user), userAdvice)
	}
	return user
}

// checkTransport refuses logins that plain http would give away.
func (b *block) checkTransport(w *connectors.WinRM) {
	if w.HTTPS || w.Auth == connectors.WinRMNTLM {
		return
	}
	first, second := inOrder(b.place("https"), b.place("auth"))
	b.l.fail(second, fmt.Sprintf("auth = %q needs https", string(w.Auth)),
		"Over plain http only ntlm encrypts what is sent. Use https = true, or auth = \"ntlm\".", first)
}

// checkLogin asks for what each way to log in needs.
func (b *block) checkLogin(w *connectors.WinRM, kerberos bool) {
	needs := func(names ...string) {
		for _, name := range names {
			if !b.meant(name) {
				b.l.fail(b.at, fmt.Sprintf("auth = %q needs %s", string(w.Auth), name), fmt.Sprintf("Add %s = …, or use another auth.", name))
			}
		}
	}
	switch w.Auth {
	case connectors.WinRMBasic, connectors.WinRMNTLM:
		needs("user", "password")
		b.refuse(fmt.Sprintf("auth = %q", string(w.Auth)), "It belongs to auth = \"certificate\".", []string{"certificate", "private_key"})
	case connectors.WinRMKerberos:
		b.refuse("auth = \"kerberos\"", "It belongs to auth = \"certificate\".", []string{"certificate", "private_key"})
		if !kerberos {
			needs("user", "password")
		}
	case connectors.WinRMCertificate:
		needs("certificate", "private_key")
		b.refuse("auth = \"certificate\"", "The certificate says who logs in.", []string{"user", "password"})
	}
}

// serverTrust reads by what the server is known.
func (b *block) serverTrust(w *connectors.WinRM) {
	if b.has("ca_file") && b.has("server_fingerprint") {
		first, second := inOrder(b.place("ca_file"), b.place("server_fingerprint"))
		b.l.fail(second, "ca_file and server_fingerprint exclude each other", "Name the authority, or pin the certificate itself.", first)
	}
	if !w.HTTPS {
		b.refuse("plain http", "There is no certificate to check.", []string{"ca_file", "server_fingerprint"})
	}
	if file, ok := b.nonEmpty("ca_file"); ok {
		w.CAFile, ok = b.l.path(file, b.place("ca_file"))
		if ok && b.mustExist("ca_file", w.CAFile) {
			b.mustHoldCertificates("ca_file", w.CAFile)
		}
	}
	if s, ok := b.text("server_fingerprint"); ok {
		if !fingerprintPattern.MatchString(s) {
			b.l.fail(b.place("server_fingerprint"), "this is no fingerprint", "Write sha256: and the 64 hex digits of the certificate's SHA-256.")
			return
		}
		w.Fingerprint = strings.ToLower(strings.TrimPrefix(s, "sha256:"))
	}
}

// mustExist reports a file that is needed and not there, or is none.
func (b *block) mustExist(name, path string) bool {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		b.l.fail(b.place(name), fmt.Sprintf("the file of %s cannot be read", name), upperFirst(explain(err))+".")
	case !info.Mode().IsRegular():
		b.l.fail(b.place(name), fmt.Sprintf("the file of %s cannot be read", name), fmt.Sprintf("%s is not a regular file.", path))
	default:
		return true
	}
	return false
}

// mustHoldCertificates reports a file without a certificate: with it no server
// would be believed, which shows only at night.
func (b *block) mustHoldCertificates(name, path string) {
	text, err := b.l.readNamed(path)
	switch {
	case err != nil:
		b.l.fail(b.place(name), fmt.Sprintf("the file of %s cannot be read", name), sentence(err))
	case !x509.NewCertPool().AppendCertsFromPEM([]byte(text)):
		b.l.fail(b.place(name), fmt.Sprintf("there is no certificate in the file of %s", name),
			"It holds certificates in PEM: -----BEGIN CERTIFICATE----- and what follows.")
	}
}

func (b *block) clientCertificate(w *connectors.WinRM) {
	if file, ok := b.nonEmpty("certificate"); ok {
		w.Certificate, _ = b.l.path(file, b.place("certificate"))
	}
	if file, ok := b.nonEmpty("private_key"); ok {
		w.PrivateKey, _ = b.l.path(file, b.place("private_key"))
	}
}

func kerberosShape() shape {
	return shape{optional: []string{"realm", "keytab", "ccache", "krb5_conf"}}
}

func (l *loader) decodeKerberos(raw *hcl.Block) connectors.Kerberos {
	b := l.open(raw, kerberosShape())
	var k connectors.Kerberos
	k.Realm, _ = b.nonEmpty("realm")
	for name, into := range map[string]*string{"keytab": &k.Keytab, "ccache": &k.CCache, "krb5_conf": &k.Krb5Conf} {
		if file, ok := b.nonEmpty(name); ok {
			*into, _ = l.path(file, b.place(name))
		}
	}
	if b.has("keytab") && b.has("ccache") {
		first, second := inOrder(b.place("keytab"), b.place("ccache"))
		l.fail(second, "keytab and ccache exclude each other", "Tickets come from one of them.", first)
	}
	return k
}

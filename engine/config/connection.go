package config

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"patchwave/connectors"

	"github.com/hashicorp/hcl/v2"
)

// connection is a way to reach hosts.
type connection struct {
	name string
	at   hcl.Range
	kind connectors.Kind
	// target has everything but the host's name, address and jump chain.
	target connectors.Target
	jump   []ref
	// hops are the hosts of jump after linking.
	hops []*host
}

func connectionShape() shape {
	return shape{
		required: []string{"type"},
		optional: slices.Concat(loginArguments, sshArguments, winrmArguments),
		blocks:   []string{"become", "timeouts", "retry", "kerberos"},
	}
}

// The arguments that mean something only where something is dialled, only over
// SSH, and only over WinRM.
var (
	loginArguments = []string{"user", "port", "password", "certificate"}
	sshArguments   = []string{"identity_files", "agent", "passphrase", "host_key", "jump", "ssh_config", "host_keys"}
	winrmArguments = []string{"https", "auth", "ca_file", "server_fingerprint", "private_key"}
)

func (l *loader) decodeConnection(raw *hcl.Block) {
	c := &connection{name: raw.Labels[0], at: raw.DefRange, kind: connectors.KindSSH}
	declare(l, l.model.connections, c.name, raw.DefRange, c)
	b := l.open(raw, connectionShape())
	kind, ok := b.word("type", connectionTypes()...)
	if ok {
		c.kind = connectors.Kind(kind)
	}
	c.target.Kind = c.kind
	become, kerberos := b.only("become"), b.only("kerberos")
	switch c.kind {
	case connectors.KindLocal:
		b.refuse("a local connection", "Leave it out: nothing is dialled.", loginArguments, sshArguments, winrmArguments)
	case connectors.KindWinRM:
		b.refuse("a connection of type winrm", "Leave it out: it belongs to ssh.", sshArguments)
		b.decodeWinRM(c, kerberos)
		if become != nil {
			l.fail(become.DefRange, "become has no meaning for a connection of type winrm", "Log in as a user that may install updates.")
		}
	case connectors.KindSSH:
		if ok {
			b.refuse("a connection of type ssh", "Leave it out: it belongs to winrm.", winrmArguments)
		}
		b.decodeSSH(c)
	}
	if kerberos != nil && c.kind != connectors.KindWinRM {
		l.fail(kerberos.DefRange, "kerberos has no meaning here", "It belongs to a connection of type winrm with auth = \"kerberos\".")
	}
	c.target.Become = l.decodeBecome(become)
	c.target.Timeouts = l.decodeTimeouts(b.only("timeouts"))
	c.target.Retry = l.decodeRetry(b.only("retry"))
}

// refuse reports arguments that have no meaning for what is declared.
func (b *block) refuse(what, advice string, lists ...[]string) {
	for _, name := range slices.Concat(lists...) {
		if a, ok := b.attrs[name]; ok {
			b.l.fail(a.NameRange, fmt.Sprintf("%s has no meaning for %s", name, what), advice)
		}
	}
}

func (b *block) decodeSSH(c *connection) {
	t := &c.target
	t.User = b.user()
	t.Port, _ = b.number("port", 1, 65535)
	files, _ := b.texts("identity_files")
	for _, f := range files {
		if path, ok := b.l.path(f.text, f.at); ok {
			t.Auth.IdentityFiles = append(t.Auth.IdentityFiles, path)
		}
	}
	if path, ok := b.nonEmpty("certificate"); ok {
		t.Auth.Certificate, _ = b.l.path(path, b.place("certificate"))
	}
	t.Auth.Agent, _ = b.flag("agent")
	// A nil *secret.Ref must not become an interface that is not nil.
	if s, ok := b.secret("password"); ok {
		t.Auth.Password = s
	}
	if s, ok := b.secret("passphrase"); ok {
		t.Auth.Passphrase = s
	}
	t.SSHConfig, _ = b.flag("ssh_config")
	t.Keys.Policy = connectors.HostKeysStrict
	b.decodeHostKeys(t)
	c.jump = b.refs("jump", false, "host")
}

// user reads the name of a user.
func (b *block) user() string {
	user, ok := b.nonEmpty("user")
	if ok && (strings.HasPrefix(user, "-") || strings.ContainsFunc(user, isSpaceOrControl)) {
		b.l.fail(b.place("user"), fmt.Sprintf("%q is no user name", user), userAdvice)
	}
	return user
}

// userAdvice is what a user's name may look like.
const userAdvice = "A name has no spaces, no control characters and no dash in front."

func (b *block) decodeHostKeys(t *connectors.Target) {
	if s, ok := b.text("host_keys"); ok {
		switch {
		case slices.Contains(hostKeyPolicies(), s):
			t.Keys.Policy = connectors.HostKeyPolicy(s)
		case s == "ignore" || s == "no" || s == "off":
			b.l.fail(b.place("host_keys"), fmt.Sprintf("%q is no host_keys", s),
				"A host whose identity was not checked is never entered; \"accept-new\" trusts a key that is seen for the first time.")
		default:
			b.l.isWord(s, b.place("host_keys"), "host_keys", hostKeyPolicies())
		}
	}
	if key, ok := b.nonEmpty("host_key"); ok {
		if !isPublicKey(key) {
			b.l.fail(b.place("host_key"), "this is no public key",
				"Write it as ssh-keyscan prints it, without the host: \"ssh-ed25519 AAAA…\".")
			return
		}
		t.Keys.Pinned = key
	}
}

// isPublicKey reports whether a line is TYPE BASE64 [COMMENT] in which the type
// stands in the key as well (RFC 4253, section 6.6).
func isPublicKey(line string) bool {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return false
	}
	blob, err := base64.StdEncoding.DecodeString(fields[1])
	if err != nil || len(blob) < 4 {
		return false
	}
	n := binary.BigEndian.Uint32(blob)
	return uint64(n) < uint64(len(blob)-4) && string(blob[4:4+n]) == fields[0]
}

func isSpaceOrControl(r rune) bool { return r <= ' ' || r == 0x7f }

func becomeShape() shape { return shape{optional: []string{"method", "user", "password"}} }

// decodeBecome reads how commands get their privilege. A block without a method
// means sudo; no block means that the login is privileged enough.
func (l *loader) decodeBecome(raw *hcl.Block) connectors.Become {
	out := connectors.Become{Method: connectors.BecomeNone}
	if raw == nil {
		return out
	}
	b := l.open(raw, becomeShape())
	out.Method, out.User = connectors.BecomeSudo, "root"
	if m, ok := b.word("method", becomeMethods()...); ok {
		out.Method = connectors.BecomeMethod(m)
	}
	if b.has("user") {
		out.User = b.user()
	}
	if s, ok := b.secret("password"); ok {
		out.Password = s
	}
	if a, ok := b.attrs["password"]; ok {
		switch out.Method {
		case connectors.BecomeDoas:
			l.fail(a.NameRange, "doas cannot be given a password", "It reads one from a terminal only; write a nopass rule for it in doas.conf.")
		case connectors.BecomeNone:
			l.fail(a.NameRange, "a password has no meaning with method \"none\"", "Leave it out.")
		case connectors.BecomeSudo, connectors.BecomeSu:
		}
	}
	return out
}

func timeoutsShape() shape { return shape{optional: []string{"connect", "command", "idle"}} }

func (l *loader) decodeTimeouts(raw *hcl.Block) connectors.Timeouts {
	var out connectors.Timeouts
	if raw != nil {
		b := l.open(raw, timeoutsShape())
		out.Connect, _ = b.span("connect")
		out.Command, _ = b.span("command")
		out.Idle, _ = b.span("idle")
	}
	return out.WithDefaults()
}

func retryShape() shape { return shape{optional: []string{"attempts", "backoff"}} }

func (l *loader) decodeRetry(raw *hcl.Block) connectors.Retry {
	var out connectors.Retry
	if raw != nil {
		b := l.open(raw, retryShape())
		out.Attempts, _ = b.number("attempts", 1, maxAttempts)
		out.Backoff, _ = b.span("backoff")
	}
	return out.WithDefaults()
}

// maxAttempts bounds how often a connection is tried.
const maxAttempts = 100

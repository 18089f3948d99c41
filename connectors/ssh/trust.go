package ssh

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/ssh/knownhosts"
)

// leastRSA is the size under which an RSA key is not trusted, in bits (NIST SP
// 800-131A).
const leastRSA = 2048

// trust says which host key one endpoint may show.
type trust struct {
	ep     endpoint
	store  HostKeyStore
	pinned ssh.PublicKey
}

// trustCache holds the known_hosts files that were read, one store for each
// list of files, so that ten thousand hosts read them once.
type trustCache struct {
	load func(files []string) (HostKeyStore, error)

	mu     sync.Mutex
	stores map[string]*cachedStore
}

// cachedStore is read again when a file has changed, but not because of our own
// additions: they are in the store.
type cachedStore struct {
	store HostKeyStore
	state string
	// checked is when the files were last looked at.
	checked time.Time
}

// recheck is how long a store is used without looking at its files.
const recheck = time.Second

func newTrustCache(load func([]string) (HostKeyStore, error)) *trustCache {
	if load == nil {
		load = func(files []string) (HostKeyStore, error) { return knownhosts.Load(files) }
	}
	return &trustCache{load: load, stores: map[string]*cachedStore{}}
}

// of returns what is trusted at one endpoint.
func (c *trustCache) of(ep endpoint) (*trust, error) {
	t := &trust{ep: ep}
	if ep.target.Keys.Pinned != "" {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(ep.target.Keys.Pinned))
		if err != nil {
			return nil, &connectors.Error{Code: connectors.CodeHostKey, Phase: connectors.PhaseDial, Host: ep.name(),
				Message: "the host_key of the connection is not a public key", Hint: "write it as in known_hosts: `ssh-ed25519 AAAA…`", Err: err}
		}
		t.pinned = key
		return t, nil
	}
	store, err := c.open(ep.keyFiles)
	if err != nil {
		return nil, &connectors.Error{Code: connectors.CodeHostKey, Phase: connectors.PhaseDial, Host: ep.name(),
			Message: "cannot read the known host keys", Err: err}
	}
	t.store = store
	return t, nil
}

func (c *trustCache) open(files []string) (HostKeyStore, error) {
	key := strings.Join(files, "\x00")
	c.mu.Lock()
	defer c.mu.Unlock()
	cached := c.stores[key]
	if cached != nil && time.Since(cached.checked) < recheck {
		return cached.store, nil
	}
	state := filesState(files)
	if cached != nil && cached.state == state {
		cached.checked = time.Now()
		return cached.store, nil
	}
	store, err := c.load(files)
	if err != nil {
		return nil, err
	}
	c.stores[key] = &cachedStore{store: store, state: state, checked: time.Now()}
	return store, nil
}

// filesState is different when a file was replaced or written to.
func filesState(files []string) string {
	var b strings.Builder
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%d %d;", info.Size(), info.ModTime().UnixNano())
		} else {
			b.WriteString("-;")
		}
	}
	return b.String()
}

// algorithms are the host key algorithms to offer: first those of the keys that
// are known, so that the host shows one of them; then the others, so that a host
// whose key was replaced by one of another type is told apart from one that has
// nothing in common with us. Certificates are asked for only where an authority
// is known.
func (t *trust) algorithms() []string {
	var first []string
	if t.pinned != nil {
		first = signatureAlgorithms(t.pinned.Type())
	} else {
		first = t.store.Algorithms(t.ep.hostPort())
	}
	all := ssh.SupportedAlgorithms().HostKeys
	first = slices.DeleteFunc(slices.Clone(first), func(a string) bool { return !slices.Contains(all, a) })
	for _, a := range preferred(all) {
		if !strings.Contains(a, "-cert-v01@") && !slices.Contains(first, a) {
			first = append(first, a)
		}
	}
	return first
}

// preferred puts Ed25519 before the others: the shortest and fastest to check.
func preferred(all []string) []string {
	out := []string{ssh.KeyAlgoED25519}
	for _, a := range all {
		if a != ssh.KeyAlgoED25519 {
			out = append(out, a)
		}
	}
	return out
}

// signatureAlgorithms are the ways in which a key of a type signs; RFC 8332 for
// RSA, SHA-1 left out.
func signatureAlgorithms(keyType string) []string {
	switch keyType {
	case ssh.KeyAlgoRSA:
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	case ssh.CertAlgoRSAv01:
		return []string{ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01}
	default:
		return []string{keyType}
	}
}

// check says whether the peer may go on. Nothing that authenticates us was sent
// before.
func (t *trust) check(remote net.Addr, key ssh.PublicKey) error {
	if bits := rsaBits(key); bits > 0 && bits < leastRSA {
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseHandshake, t.ep.name(),
			"the host key of %s is an RSA key of %d bits, which is too weak", t.ep.hostPort(), bits)
		e.Hint = "make a new one on the host: `ssh-keygen -t ed25519 -f /etc/ssh/ssh_host_ed25519_key`"
		return e
	}
	if t.pinned != nil {
		return t.checkPinned(key)
	}
	err := t.store.Check(t.ep.hostPort(), remote, key)
	if err == nil {
		return nil
	}
	unknown, ok := errors.AsType[*knownhosts.UnknownError](err)
	if ok && t.ep.target.Keys.Policy == connectors.HostKeysAcceptNew && len(unknown.Authorities) == 0 {
		if err = t.store.Add(t.ep.hostPort(), key); err == nil {
			return nil
		}
	}
	return t.refuse(key, err)
}

func (t *trust) checkPinned(key ssh.PublicKey) error {
	if bytes.Equal(key.Marshal(), t.pinned.Marshal()) {
		return nil
	}
	e := t.hostKeyError(fmt.Sprintf("the key of %s is not the one that the inventory names: the host shows %s, host_key is %s",
		t.ep.hostPort(), fingerprint(key), fingerprint(t.pinned)))
	e.Hint = "find out why before you change host_key: somebody may be in between"
	return e
}

// refuse puts the reason into the operator's words.
func (t *trust) refuse(key ssh.PublicKey, err error) *connectors.Error {
	e := t.hostKeyError("the host key is not trusted")
	e.Err = err
	name := t.ep.hostPort()
	var (
		changed *knownhosts.ChangedError
		unknown *knownhosts.UnknownError
		revoked *knownhosts.RevokedError
		cert    *knownhosts.CertError
	)
	switch {
	case errors.As(err, &changed):
		e.Message = fmt.Sprintf("the host key of %s has changed: the host shows %s, known is %s", name, fingerprint(key), entries(changed.Want))
		e.Hint = "somebody may be in between; if the host was installed anew, check its key on the console and replace that line"
	case errors.As(err, &revoked):
		e.Message = fmt.Sprintf("the host key of %s is revoked (%s:%d): %s", name, revoked.By.File, revoked.By.Line, fingerprint(key))
		e.Hint = "give the host a new key"
	case errors.As(err, &unknown) && len(unknown.Authorities) > 0:
		e.Message = fmt.Sprintf("%s shows %s without a certificate, but %s vouches for that host", name, fingerprint(key), entries(unknown.Authorities))
		e.Hint = "give the host a host certificate, or add its key after you have checked it"
	case errors.As(err, &unknown):
		e.Message = fmt.Sprintf("the host key of %s is not known: %s", name, fingerprint(key))
		e.Hint = t.howToAdd(key)
	case errors.As(err, &cert):
		e.Message = fmt.Sprintf("the host certificate of %s is not accepted: %s", name, cert.Reason)
		e.Hint = "sign the host key anew with the host authority"
	default:
		return e
	}
	e.Err = connectors.Worded("no login was tried", err)
	return e
}

// howToAdd is the command that adds the key once it was checked.
func (t *trust) howToAdd(key ssh.PublicKey) string {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	file := t.file()
	if len(t.ep.jump) > 0 || t.ep.aliasName != t.ep.host {
		return fmt.Sprintf("compare it with `ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub` on the host, then add it: `echo '%s %s' >> %s`",
			fileType(key), knownhostsName(t.ep), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), file)
	}
	return fmt.Sprintf("compare it with `ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub` on the host, then add it: `ssh-keyscan -t %s -p %d %s >> %s`",
		fileType(key), fileType(key), t.ep.port, t.ep.host, file)
}

// file is the known_hosts file to add lines to.
func (t *trust) file() string {
	if len(t.ep.keyFiles) == 0 {
		return "known_hosts"
	}
	return t.ep.keyFiles[0]
}

// knownhostsName is the name of the endpoint as known_hosts writes it.
func knownhostsName(ep endpoint) string {
	if ep.aliasPort == defaultPort {
		return ep.aliasName
	}
	return fmt.Sprintf("[%s]:%d", ep.aliasName, ep.aliasPort)
}

// fileType is the word that ssh-keygen and ssh-keyscan use for a key type.
func fileType(key ssh.PublicKey) string {
	switch typ := key.Type(); {
	case typ == ssh.KeyAlgoED25519:
		return "ed25519"
	case typ == ssh.KeyAlgoRSA:
		return "rsa"
	case strings.HasPrefix(typ, "ecdsa-"):
		return "ecdsa"
	default:
		return typ
	}
}

func (t *trust) hostKeyError(message string) *connectors.Error {
	return &connectors.Error{Code: connectors.CodeHostKey, Phase: connectors.PhaseHandshake, Host: t.ep.name(), Message: message}
}

func fingerprint(key ssh.PublicKey) string {
	if cert, ok := key.(*ssh.Certificate); ok {
		return "a certificate for " + fingerprint(cert.Key)
	}
	return key.Type() + " " + ssh.FingerprintSHA256(key)
}

func entries(all []knownhosts.Entry) string {
	words := make([]string, 0, len(all))
	for _, e := range all {
		words = append(words, fmt.Sprintf("%s %s (%s:%d)", e.Type, e.Fingerprint, e.File, e.Line))
	}
	return strings.Join(words, ", ")
}

func rsaBits(key ssh.PublicKey) int {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		if r, ok := k.CryptoPublicKey().(*rsa.PublicKey); ok {
			return r.N.BitLen()
		}
	}
	return 0
}

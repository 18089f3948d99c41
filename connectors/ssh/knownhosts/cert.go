package knownhosts

import (
	"errors"
	"slices"
	"time"

	"golang.org/x/crypto/ssh"
)

// checkCert accepts a host certificate of an authority that covers the host.
// Like the OpenSSH client (sshconnect.c, check_host_key) it looks at the key
// inside the certificate if the certificate itself does not count, for whatever
// reason: a host whose key is known does not become unknown because its
// certificate ran out.
func (db *DB) checkCert(name, host string, cert *ssh.Certificate) error {
	if err := db.certRevoked(name, cert); err != nil {
		return err
	}
	refused := db.judgeCert(name, host, cert)
	if refused == nil {
		return nil
	}
	refused.Authorities = db.covering(name, host)
	err := db.checkPlain(name, host, cert.Key)
	if changed, ok := errors.AsType[*ChangedError](err); ok {
		changed.Cert = refused
		return changed
	}
	if _, ok := errors.AsType[*UnknownError](err); ok && (len(refused.Authorities) > 0 || refused.Reason == CertNotHost) {
		return refused
	}
	return err
}

func (db *DB) certRevoked(name string, cert *ssh.Certificate) error {
	db.mu.RLock()
	defer db.mu.RUnlock()
	for _, key := range []ssh.PublicKey{cert.Key, cert.SignatureKey} {
		if err := db.revokedBy(name, key, plainKey(key).Marshal()); err != nil {
			return err
		}
	}
	return nil
}

// judgeCert says why a certificate is not accepted, or nil.
func (db *DB) judgeCert(name, host string, cert *ssh.Certificate) *CertError {
	refused := &CertError{Host: name, Cert: cert}
	switch {
	case cert.CertType != ssh.HostCert:
		refused.Reason = CertNotHost
		return refused
	case !db.signedBy(name, host, cert):
		refused.Reason = CertUnknownCA
		refused.Detail = describe(cert.SignatureKey)
		return refused
	case cert.Signature == nil || weakSignature(cert.Signature.Format):
		refused.Reason = CertSignature
		refused.Detail = "the authority signed with SHA-1 or DSA"
		return refused
	}
	checker := ssh.CertChecker{
		// signedBy has found the authority, revocation was looked up before.
		IsHostAuthority: func(ssh.PublicKey, string) bool { return true },
		Clock:           db.now,
	}
	// The checker wants an address and uses the host of it, which is a principal
	// as the client of OpenSSH takes it: without the port.
	if err := checker.CheckCert(host, cert); err != nil {
		refused.Reason, refused.Detail = certReason(host, cert, db.now()), err.Error()
		return refused
	}
	return nil
}

// signedBy says whether a CA line that covers the host holds the key that signed
// the certificate.
func (db *DB) signedBy(name, host string, cert *ssh.Certificate) bool {
	var text [1024]byte
	p := present(cert.SignatureKey, text[:0])
	db.mu.RLock()
	defer db.mu.RUnlock()
	return slices.ContainsFunc(db.authorities(name, host), func(id int32) bool {
		e := &db.x.entries[id]
		return p.is(e) || p.isDecoded(e)
	})
}

// covering returns the CA lines that cover a host.
func (db *DB) covering(name, host string) []Entry {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.list(db.authorities(name, host), markCA)
}

func weakSignature(format string) bool {
	return format == ssh.KeyAlgoRSA || format == ssh.InsecureKeyAlgoDSA //nolint:staticcheck // named to be refused
}

// certReason names what CheckCert refused.
func certReason(host string, cert *ssh.Certificate, now time.Time) CertReason {
	unix := uint64(max(now.Unix(), 0))
	switch {
	case len(cert.CriticalOptions) > 0:
		return CertOption
	case len(cert.ValidPrincipals) > 0 && !slices.Contains(cert.ValidPrincipals, host):
		return CertPrincipal
	case unix < cert.ValidAfter:
		return CertNotYetValid
	case cert.ValidBefore != ssh.CertTimeInfinity && unix >= cert.ValidBefore:
		return CertExpired
	default:
		return CertSignature
	}
}

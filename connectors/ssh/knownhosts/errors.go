package knownhosts

import (
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Entry is one line of a known_hosts file.
type Entry struct {
	File string
	// Line counts from 1.
	Line int
	// Type is the key type as written ("ssh-ed25519").
	Type string
	// Fingerprint is "SHA256:…", as ssh-keygen -l prints it.
	Fingerprint string
}

func (e Entry) String() string {
	return fmt.Sprintf("%s:%d (%s %s)", e.File, e.Line, e.Type, e.Fingerprint)
}

// Problem is a line that could not be read and counts as not there.
type Problem struct {
	File string
	Line int
	// Message says what is wrong with the line. It does not quote the line.
	Message string
}

func (p Problem) String() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message) }

// UnknownError says that no line names the host.
type UnknownError struct {
	// Host is the name as looked up: "host" or "[host]:port".
	Host string
	// Key is the key that was presented; of a certificate, the key in it.
	Key ssh.PublicKey
	// Authorities are the CA lines that cover the host. If there are any, the
	// host should have shown a certificate of one of them: do not accept its key
	// as new.
	Authorities []Entry
}

func (e *UnknownError) Error() string {
	if len(e.Authorities) > 0 {
		return fmt.Sprintf("host %s presented %s without a certificate, and %s expects one; give the host a host certificate, or add its key",
			e.Host, describe(e.Key), places(e.Authorities))
	}
	return fmt.Sprintf("the key of host %s is not known (%s); compare this fingerprint with the one on the machine's console, then add the key to known_hosts",
		e.Host, describe(e.Key))
}

// ChangedError says that the host is known with other keys. It is never to be
// accepted by itself.
type ChangedError struct {
	Host string
	Key  ssh.PublicKey
	// Want are the lines that name the host.
	Want []Entry
	// Cert says why the certificate that was presented did not count, or is nil.
	Cert *CertError
}

func (e *ChangedError) Error() string {
	s := fmt.Sprintf("the key of host %s has changed: it presented %s, expected is %s; if the machine was not reinstalled, somebody may be listening in; if it was, replace the line",
		e.Host, describe(e.Key), places(e.Want))
	if e.Cert != nil {
		s += "; " + e.Cert.Error()
	}
	return s
}

// Unwrap returns Cert.
func (e *ChangedError) Unwrap() error {
	if e.Cert == nil {
		return nil
	}
	return e.Cert
}

// RevokedError says that a key, or the authority that signed it, is on a
// @revoked line.
type RevokedError struct {
	Host string
	// Key is the revoked key.
	Key ssh.PublicKey
	// By is the line that revokes it.
	By Entry
}

func (e *RevokedError) Error() string {
	return fmt.Sprintf("host %s presented the revoked key %s (%s:%d); give the host a new key", e.Host, describe(e.Key), e.By.File, e.By.Line)
}

// CertReason says why a host certificate was not accepted.
type CertReason string

// The reasons.
const (
	CertExpired     CertReason = "expired"
	CertNotYetValid CertReason = "not yet valid"
	CertPrincipal   CertReason = "wrong principal"
	CertNotHost     CertReason = "not a host certificate"
	CertUnknownCA   CertReason = "signed by an unknown authority"
	CertOption      CertReason = "critical option"
	CertSignature   CertReason = "bad signature"
)

// CertError says that a certificate was not accepted and the key inside it is
// not known either.
type CertError struct {
	Host   string
	Reason CertReason
	// Detail says more, in words; it may quote the certificate, which is hostile.
	Detail string
	// Cert is what was presented.
	Cert *ssh.Certificate
	// Authorities are the CA lines that cover the host.
	Authorities []Entry
}

func (e *CertError) Error() string {
	s := fmt.Sprintf("the certificate of host %s is not accepted: %s", e.Host, e.Reason)
	if e.Detail != "" {
		s += " (" + e.Detail + ")"
	}
	return s + "; sign its host key anew"
}

func describe(k ssh.PublicKey) string {
	if k == nil {
		return "no key"
	}
	return k.Type() + " " + ssh.FingerprintSHA256(k)
}

func places(entries []Entry) string {
	const most = 3
	var b strings.Builder
	for i, e := range entries {
		if i == most {
			fmt.Fprintf(&b, " and %d more", len(entries)-most)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(e.String())
	}
	return b.String()
}

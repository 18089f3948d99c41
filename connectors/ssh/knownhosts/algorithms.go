package knownhosts

import (
	"slices"

	"golang.org/x/crypto/ssh"
)

// Algorithms returns the host key algorithms to offer a host, best first, so
// that it presents a key that is known and not another of its keys. Certificates
// come first if a CA line covers the host. It returns nil if nothing is known:
// leave the choice to the client then. hostport is as for Check.
//
// If the host has none of them the handshake fails for want of a common host key
// algorithm: its key was changed for one of another algorithm.
func (db *DB) Algorithms(hostport string) []string {
	name, host, err := lookupName(hostport, nil)
	if err != nil {
		return nil
	}
	db.mu.RLock()
	defer db.mu.RUnlock()
	var buf [8]int32
	types, ca := db.types(db.named(buf[:0], name))
	if types == 0 {
		var more bool
		types, more = db.types(db.hashed(buf[:0], name))
		ca = ca || more
	}
	if !ca && host != name {
		ca = len(db.authorities(name, host)) > 0
	}
	return algorithms(types, ca)
}

// keyTypes is a set of key types.
type keyTypes uint8

const (
	typeEd25519 keyTypes = 1 << iota
	typeP256
	typeP384
	typeP521
	typeRSA
)

// types returns the key types of the entries without a marker, and whether there
// is a CA line among them.
func (db *DB) types(ids []int32) (set keyTypes, ca bool) {
	for _, id := range ids {
		e := &db.x.entries[id]
		switch {
		case e.marker == markCA:
			ca = true
		case e.marker == markNone && !db.bad[id]:
			set |= typeOf(e.typ)
		}
	}
	return set, ca
}

// typeOf leaves out DSA, which no client should ask for, and keys of security
// tokens, which the SSH library does not take from a host.
func typeOf(typ string) keyTypes {
	switch typ {
	case ssh.KeyAlgoED25519:
		return typeEd25519
	case ssh.KeyAlgoECDSA256:
		return typeP256
	case ssh.KeyAlgoECDSA384:
		return typeP384
	case ssh.KeyAlgoECDSA521:
		return typeP521
	case ssh.KeyAlgoRSA:
		return typeRSA
	default:
		return 0
	}
}

func algorithms(set keyTypes, ca bool) []string {
	var names []string
	if ca {
		names = []string{
			ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
			ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		}
	}
	for t := typeEd25519; t <= typeRSA; t <<= 1 {
		if set&t != 0 {
			names = append(names, signatures(t)...)
		}
	}
	return slices.Clip(names)
}

// signatures are the algorithms in which a key of a type signs (RFC 8332 for
// RSA; SHA-1 is left out).
func signatures(t keyTypes) []string {
	switch t {
	case typeEd25519:
		return []string{ssh.KeyAlgoED25519}
	case typeP256:
		return []string{ssh.KeyAlgoECDSA256}
	case typeP384:
		return []string{ssh.KeyAlgoECDSA384}
	case typeP521:
		return []string{ssh.KeyAlgoECDSA521}
	default:
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
}

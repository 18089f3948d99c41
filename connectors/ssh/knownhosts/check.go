package knownhosts

import (
	"net"

	"golang.org/x/crypto/ssh"
)

// Check says whether a host may present a key: nil if so, else *UnknownError,
// *ChangedError, *RevokedError or *CertError, or an error without a type if
// hostport is not an address. hostport is what was dialled ("host:22",
// "[::1]:2222"; with a HostKeyAlias, "alias:22"); remote serves if hostport is
// empty, and is not looked up otherwise. A key of another algorithm than the
// known ones is a changed key.
//
// It has the form of an ssh.HostKeyCallback. It does no I/O.
func (db *DB) Check(hostport string, remote net.Addr, key ssh.PublicKey) error {
	name, host, err := lookupName(hostport, remote)
	if err != nil {
		return err
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		return db.checkCert(name, host, cert)
	}
	return db.checkPlain(name, host, key)
}

func (db *DB) checkPlain(name, host string, key ssh.PublicKey) error {
	var text [1024]byte
	p := present(key, text[:0])
	if known, err := db.accepts(name, key, &p); known || err != nil {
		return err
	}
	return db.refuse(name, host, key, &p)
}

// accepts says whether a line holds the key, or by which one it is revoked.
func (db *DB) accepts(name string, key ssh.PublicKey, p *presented) (bool, error) {
	db.mu.RLock()
	defer db.mu.RUnlock()
	if err := db.revokedBy(name, key, p.raw); err != nil {
		return false, err
	}
	var buf [8]int32
	if db.holds(db.named(buf[:0], name), p) {
		return true, nil
	}
	return db.holds(db.hashed(buf[:0], name), p), nil
}

func (db *DB) holds(ids []int32, p *presented) bool {
	for _, id := range ids {
		if e := &db.x.entries[id]; e.marker == markNone && p.is(e) {
			return true
		}
	}
	return false
}

func (db *DB) revokedBy(name string, key ssh.PublicKey, raw []byte) error {
	if id, ok := db.x.revoked[string(raw)]; ok {
		return &RevokedError{Host: name, Key: key, By: db.x.public(id)}
	}
	return nil
}

// refuse finds out why no line holds the key. It is the slow way: it decodes.
func (db *DB) refuse(name, host string, key ssh.PublicKey, p *presented) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	ids := db.hashed(db.named(nil, name), name)
	for _, id := range ids {
		if e := &db.x.entries[id]; e.marker == markNone && p.isDecoded(e) {
			return nil
		}
	}
	if want := db.list(ids, markNone); len(want) > 0 {
		return &ChangedError{Host: name, Key: key, Want: want}
	}
	return &UnknownError{Host: name, Key: key, Authorities: db.list(db.authorities(name, host), markCA)}
}

// authorities returns the entries of CA lines that cover a host, by its name
// with the port and without. The caller holds db.mu.
func (db *DB) authorities(name, host string) (ids []int32) {
	all := db.hashed(db.named(nil, name), name)
	if host != name {
		all = db.hashed(db.named(all, host), host)
	}
	for _, id := range all {
		if db.x.entries[id].marker == markCA {
			ids = append(ids, id)
		}
	}
	return ids
}

package knownhosts

import (
	"crypto/sha1" //nolint:gosec // the format of OpenSSH is HMAC-SHA1; it hides names, it authenticates nothing
	"encoding/base64"
	"strings"
)

// hashed is a host name as "|1|salt|hash": HMAC-SHA1 of the name, keyed with the
// salt (HashKnownHosts in ssh_config(5)).
type hashed struct {
	salt, sum [sha1.Size]byte
	entry     int32
}

const hashedField = 28 // the base64 length of 20 bytes

// parseHashed reads the host field of a line that begins with "|".
func parseHashed(s string) (h hashed, ok bool) {
	rest, ok := strings.CutPrefix(s, "|1|")
	if !ok || len(rest) != 2*hashedField+1 || rest[hashedField] != '|' {
		return h, false
	}
	return h, decode20(&h.salt, rest[:hashedField]) && decode20(&h.sum, rest[hashedField+1:])
}

func decode20(dst *[sha1.Size]byte, s string) bool {
	var src [hashedField]byte
	var out [hashedField / 4 * 3]byte
	n, err := base64.StdEncoding.Decode(out[:], src[:copy(src[:], s)])
	return err == nil && n == copy(dst[:], out[:n])
}

// matcher computes HMACs of one name under many salts without allocating
// (RFC 2104 with SHA-1: H(K^opad || H(K^ipad || name))).
type matcher struct {
	inner []byte
	outer [sha1.BlockSize + sha1.Size]byte
}

func newMatcher(name string) *matcher {
	m := &matcher{inner: make([]byte, sha1.BlockSize+len(name))}
	copy(m.inner[sha1.BlockSize:], name)
	for i := range sha1.BlockSize {
		m.inner[i], m.outer[i] = 0x36, 0x5c
	}
	return m
}

func (m *matcher) match(h *hashed) bool {
	for i, b := range h.salt {
		m.inner[i], m.outer[i] = b^0x36, b^0x5c
	}
	sum := sha1.Sum(m.inner) //nolint:gosec // as above
	copy(m.outer[sha1.BlockSize:], sum[:])
	return sha1.Sum(m.outer[:]) == h.sum //nolint:gosec // as above
}

package wsman

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // MS-NLMP knows no other
	"crypto/rc4" //nolint:gosec // as above
	"encoding/binary"
	"errors"
	"strings"

	"golang.org/x/crypto/md4" //nolint:staticcheck // MS-NLMP knows no other
)

// exportedKey checks the answer to a challenge and derives the key of the session
// (MS-NLMP 3.3.2 and 3.4.5.1). It is false where the password is another one.
func (a *authenticate) exportedKey(password string, nonce [8]byte) (key []byte, ok bool) {
	if a.anonymous || a.outdated {
		return nil, false
	}
	response := ntowf(password, a.user, a.domain)
	proof := hmacMD5(response, nonce[:], a.response[16:])
	if !hmac.Equal(proof, a.response[:16]) {
		return nil, false
	}
	key = hmacMD5(response, proof)
	if a.flags&flagKeyExchange != 0 {
		if len(a.encryptedKey) != 16 {
			return nil, false
		}
		key = rc4Once(key, a.encryptedKey)
	}
	return key, true
}

// intact checks the integrity code over all three messages, where there is one
// (MS-NLMP 3.1.5.1.2).
func (a *authenticate) intact(key, negotiate, challenge []byte) bool {
	return a.mic == nil || hmac.Equal(a.mic, hmacMD5(key, negotiate, challenge, a.withoutMIC))
}

// ntowf is NTOWFv2 (MS-NLMP 3.3.2).
func ntowf(password, user, domain string) []byte {
	h := md4.New()
	h.Write(utf16le(password))
	return hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(user)+domain))
}

// sealing is the protection of the messages of one connection.
type sealing struct {
	in, out direction
}

// direction is one half of it: client to server, or server to client. The RC4
// stream runs on from message to message, and each has a number.
type direction struct {
	signing  []byte
	stream   *rc4.Cipher
	number   uint32
	exchange bool
}

const (
	fromClient = "session key to client-to-server "
	fromServer = "session key to server-to-client "
)

// newSealing derives the keys of both directions for the server's side.
func newSealing(exported []byte, flags uint32) *sealing {
	return &sealing{in: newDirection(exported, fromClient, flags), out: newDirection(exported, fromServer, flags)}
}

// newDirection derives signing and sealing keys for extended session security
// (MS-NLMP 3.4.5.2 and 3.4.5.3).
func newDirection(exported []byte, from string, flags uint32) direction {
	weak := exported
	switch {
	case flags&flag128 != 0:
	case flags&flag56 != 0:
		weak = exported[:7]
	default:
		weak = exported[:5]
	}
	return direction{
		signing:  md5Sum(exported, []byte(from+"signing key magic constant\x00")),
		stream:   newRC4(md5Sum(weak, []byte(from+"sealing key magic constant\x00"))),
		exchange: flags&flagKeyExchange != 0,
	}
}

// signatureSize is the size of a signature (MS-NLMP 2.2.2.9.1).
const signatureSize = 16

// seal encrypts a message and signs it (MS-NLMP 3.4.3 and 3.4.4.2).
func (d *direction) seal(plain []byte) (signature, sealed []byte) {
	sealed = make([]byte, len(plain))
	d.stream.XORKeyStream(sealed, plain)
	return d.sign(plain), sealed
}

var errSignature = errors.New("the signature of a sealed message is wrong: it belongs to another connection, or was changed")

// open is the counterpart of seal.
func (d *direction) open(signature, sealed []byte) (plain []byte, err error) {
	plain = make([]byte, len(sealed))
	d.stream.XORKeyStream(plain, sealed)
	if !hmac.Equal(signature, d.sign(plain)) {
		return nil, errSignature
	}
	return plain, nil
}

// sign signs the message that was encrypted just now.
func (d *direction) sign(plain []byte) []byte {
	number := binary.LittleEndian.AppendUint32(nil, d.number)
	d.number++
	sum := hmacMD5(d.signing, number, plain)[:8]
	if d.exchange {
		d.stream.XORKeyStream(sum, sum)
	}
	s := append([]byte{1, 0, 0, 0}, sum...)
	return append(s, number...)
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func md5Sum(parts ...[]byte) []byte {
	h := md5.New() //nolint:gosec // MS-NLMP knows no other
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// newRC4 makes a stream of a key of 16 bytes.
func newRC4(key []byte) *rc4.Cipher {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err) // it only fails for a key of no bytes or of more than 256
	}
	return c
}

func rc4Once(key, data []byte) []byte {
	out := make([]byte, len(data))
	newRC4(key).XORKeyStream(out, data)
	return out
}

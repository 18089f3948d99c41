package wsman

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// The flags of a negotiation that are looked at here (MS-NLMP 2.2.2.5).
const (
	flagUnicode      = 0x00000001
	flagTarget       = 0x00000004
	flagSign         = 0x00000010
	flagSeal         = 0x00000020
	flagNTLM         = 0x00000200
	flagAnonymous    = 0x00000800
	flagAlwaysSign   = 0x00008000
	flagTargetServer = 0x00020000
	flagExtended     = 0x00080000
	flagTargetInfo   = 0x00800000
	flagVersion      = 0x02000000
	flag128          = 0x20000000
	flagKeyExchange  = 0x40000000
	flag56           = 0x80000000

	// what a client must ask for to get it
	flagsOfClient = flagSign | flagSeal | flag128 | flagKeyExchange | flag56
	// what the server always has
	flagsOfServer = flagUnicode | flagTarget | flagNTLM | flagAlwaysSign | flagTargetServer | flagExtended | flagTargetInfo | flagVersion
)

// The kinds of message (MS-NLMP 2.2.1).
const (
	kindNegotiate    = 1
	kindChallenge    = 2
	kindAuthenticate = 3
)

const ntlmSignature = "NTLMSSP\x00"

// maxNTLM bounds a message.
const maxNTLM = 16 << 10

// errNTLM says that a message is not what it should be.
var errNTLM = errors.New("not an NTLM message")

// ntlmKind is the kind of a message.
func ntlmKind(m []byte) (uint32, error) {
	if len(m) < 16 || len(m) > maxNTLM || string(m[:8]) != ntlmSignature {
		return 0, errNTLM
	}
	return binary.LittleEndian.Uint32(m[8:]), nil
}

// parseNegotiate reads the flags of a NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1).
func parseNegotiate(m []byte) (flags uint32, err error) {
	if kind, err := ntlmKind(m); err != nil || kind != kindNegotiate {
		return 0, fmt.Errorf("%w of kind 1", errNTLM)
	}
	return binary.LittleEndian.Uint32(m[12:]), nil
}

// target is what a server tells of itself in a challenge.
type target struct {
	machine string
	time    time.Time
}

// challengeMessage is a CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2).
func challengeMessage(nonce [8]byte, asked uint32, t target) []byte {
	name := utf16le(t.machine)
	var info bytes.Buffer
	pair := func(id uint16, v []byte) {
		info.Write(binary.LittleEndian.AppendUint16(nil, id))
		info.Write(binary.LittleEndian.AppendUint16(nil, uint16(len(v))))
		info.Write(v)
	}
	pair(2, name)                                // MsvAvNbDomainName
	pair(1, name)                                // MsvAvNbComputerName
	pair(4, utf16le(strings.ToLower(t.machine))) // MsvAvDnsDomainName
	pair(3, utf16le(strings.ToLower(t.machine))) // MsvAvDnsComputerName
	pair(avTime, binary.LittleEndian.AppendUint64(nil, fileTime(t.time)))
	pair(0, nil)

	const payload = 56
	b := []byte(ntlmSignature)
	b = binary.LittleEndian.AppendUint32(b, kindChallenge)
	b = appendField(b, len(name), payload)
	b = binary.LittleEndian.AppendUint32(b, flagsOfServer|asked&flagsOfClient)
	b = append(b, nonce[:]...)
	b = append(b, make([]byte, 8)...)
	b = appendField(b, info.Len(), payload+len(name))
	b = append(b, 10, 0, 0x7c, 0x4f, 0, 0, 0, 15) // version 10.0.20348, NTLM revision 15
	b = append(b, name...)
	return append(b, info.Bytes()...)
}

// The pairs of a target information that are looked at (MS-NLMP 2.2.2.1).
const (
	avFlags = 6
	avTime  = 7
)

// avFlagMIC says that the message has a message integrity code.
const avFlagMIC = 0x2

// authenticate is an AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3).
type authenticate struct {
	flags               uint32
	domain, user        string
	response            []byte // NTLMv2: 16 bytes of proof and what they prove
	encryptedKey        []byte
	mic                 []byte // nil: it has none
	withoutMIC          []byte // the message with zeros in the place of the code
	anonymous, outdated bool
}

// parseAuthenticate reads an AUTHENTICATE_MESSAGE. An answer older than NTLMv2 is
// no error, but outdated.
func parseAuthenticate(m []byte) (*authenticate, error) {
	if kind, err := ntlmKind(m); err != nil || kind != kindAuthenticate || len(m) < 64 {
		return nil, fmt.Errorf("%w of kind 3", errNTLM)
	}
	a := &authenticate{flags: binary.LittleEndian.Uint32(m[60:])}
	var raw [4][]byte
	for i, at := range [...]int{20, 28, 36, 52} { // NT response, domain, user, session key
		var err error
		if raw[i], err = field(m, at); err != nil {
			return nil, err
		}
	}
	if a.flags&flagUnicode == 0 {
		return nil, fmt.Errorf("%w in Unicode", errNTLM)
	}
	a.response, a.encryptedKey = raw[0], raw[3]
	a.domain, a.user = fromUTF16(raw[1]), fromUTF16(raw[2])
	a.anonymous = a.flags&flagAnonymous != 0 || len(a.response) == 0
	a.outdated = len(a.response) < 16+28 || a.response[16] != 1 || a.response[17] != 1
	if a.anonymous || a.outdated || !saysMIC(a.response[16+28:]) {
		return a, nil
	}
	if len(m) < 88 {
		return nil, fmt.Errorf("%w: no room for the integrity code that it names", errNTLM)
	}
	a.mic = bytes.Clone(m[72:88])
	a.withoutMIC = bytes.Clone(m)
	clear(a.withoutMIC[72:88])
	return a, nil
}

// saysMIC reports whether the flags in a target information name an integrity code.
func saysMIC(pairs []byte) bool {
	for len(pairs) >= 4 {
		id, n := binary.LittleEndian.Uint16(pairs), int(binary.LittleEndian.Uint16(pairs[2:]))
		pairs = pairs[4:]
		if id == 0 || n > len(pairs) {
			return false
		}
		if id == avFlags && n == 4 {
			return binary.LittleEndian.Uint32(pairs)&avFlagMIC != 0
		}
		pairs = pairs[n:]
	}
	return false
}

// field is what a descriptor (length, space, offset) points at.
func field(m []byte, at int) ([]byte, error) {
	n, off := int(binary.LittleEndian.Uint16(m[at:])), uint64(binary.LittleEndian.Uint32(m[at+4:]))
	if n == 0 {
		return nil, nil
	}
	if off < 64 || off+uint64(n) > uint64(len(m)) {
		return nil, fmt.Errorf("%w: a field lies outside of it", errNTLM)
	}
	return m[off : off+uint64(n)], nil
}

func appendField(b []byte, n, off int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	b = binary.LittleEndian.AppendUint16(b, uint16(n))
	return binary.LittleEndian.AppendUint32(b, uint32(off))
}

func utf16le(s string) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUTF16(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// fileTime counts 100 ns since 1601 (MS-DTYP 2.3.3).
func fileTime(t time.Time) uint64 {
	const between = 11644473600 // seconds from 1601 to 1970
	return uint64(t.Unix()+between)*1e7 + uint64(t.Nanosecond()/100)
}

package winrm

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck // NTLM knows no other
)

type fakeKey struct{}

// fakeConn is the NTLM context of one connection.
type fakeConn struct {
	mu                sync.Mutex
	authed            bool
	nonce             []byte
	inSeal, outSeal   *rc4.Cipher
	inSign, outSign   []byte
	inCount, outCount uint32
	// bound is the channel binding of the last login,
	bound []byte
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUTF16(b []byte) string {
	var u []uint16
	for ; len(b) >= 2; b = b[2:] {
		u = append(u, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(u))
}

// fakeFlags are those of a Windows server.
const fakeFlags = 0xE28A8235

func (c *fakeConn) challengeFor(flags uint32) []byte {
	target := utf16le("FAKE")
	var info []byte
	pair := func(id uint16, v []byte) {
		info = binary.LittleEndian.AppendUint16(info, id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(v)))
		info = append(info, v...)
	}
	pair(2, target)
	pair(1, target)
	pair(7, binary.LittleEndian.AppendUint64(nil, 133500000000000000))
	pair(0, nil)
	b := []byte("NTLMSSP\x00\x02\x00\x00\x00")
	field := func(n, off int) {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(off))
	}
	field(len(target), 56)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, c.nonce...)
	b = append(b, make([]byte, 8)...)
	field(len(info), 56+len(target))
	b = append(b, 10, 0, 0x63, 0x45, 0, 0, 0, 15)
	return append(append(b, target...), info...)
}

func (c *fakeConn) authenticate(m []byte, user, password string) bool {
	field := func(at int) []byte {
		n, off := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		return m[off : off+n]
	}
	nt, domain, name, key := field(20), field(28), field(36), field(52)
	if !strings.EqualFold(fromUTF16(name), user) || len(nt) < 24 {
		return false
	}
	h := md4.New()
	h.Write(utf16le(password))
	v2 := hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(fromUTF16(name))), domain)
	if !hmac.Equal(hmacMD5(v2, c.nonce, nt[16:]), nt[:16]) {
		return false
	}
	c.bound = pairOf(nt[44:], 10)
	exported := hmacMD5(v2, nt[:16])
	if len(key) == 16 {
		r, _ := rc4.NewCipher(exported)
		exported = make([]byte, 16)
		r.XORKeyStream(exported, key)
	}
	derive := func(s string) []byte {
		d := md5.Sum(append(append([]byte(nil), exported...), (s + "\x00")...))
		return d[:]
	}
	c.inSign = derive("session key to client-to-server signing key magic constant")
	c.outSign = derive("session key to server-to-client signing key magic constant")
	c.inSeal, _ = rc4.NewCipher(derive("session key to client-to-server sealing key magic constant"))
	c.outSeal, _ = rc4.NewCipher(derive("session key to server-to-client sealing key magic constant"))
	c.inCount, c.outCount, c.authed = 0, 0, true
	return true
}

// pairOf finds one of the AV pairs (MS-NLMP, 2.2.2.1).
func pairOf(b []byte, id uint16) []byte {
	for len(b) >= 4 {
		got, n := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if got == id && len(b) >= 4+n {
			return b[4 : 4+n]
		}
		if got == 0 || len(b) < 4+n {
			return nil
		}
		b = b[4+n:]
	}
	return nil
}

func (c *fakeConn) open(b []byte) ([]byte, error) {
	_, b, ok := bytes.Cut(b, []byte("\tContent-Type: application/octet-stream\r\n"))
	b, end := bytes.CutSuffix(b, []byte("--Encrypted Boundary--\r\n"))
	if !ok || !end || len(b) < 20 || !c.authed {
		return nil, errors.New("no sealed message")
	}
	plain := make([]byte, len(b)-20)
	c.inSeal.XORKeyStream(plain, b[20:])
	count := binary.LittleEndian.AppendUint32(nil, c.inCount)
	sum := hmacMD5(c.inSign, count, plain)[:8]
	c.inSeal.XORKeyStream(sum, sum)
	if !bytes.Equal(sum, b[8:16]) || !bytes.Equal(count, b[16:20]) {
		return nil, errors.New("bad signature")
	}
	c.inCount++
	return plain, nil
}

func (c *fakeConn) close(m []byte) []byte {
	out := make([]byte, len(m))
	c.outSeal.XORKeyStream(out, m)
	count := binary.LittleEndian.AppendUint32(nil, c.outCount)
	c.outCount++
	sum := hmacMD5(c.outSign, count, m)[:8]
	c.outSeal.XORKeyStream(sum, sum)
	b := fmt.Appendf(nil, "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\x00\x00\x00\x01\x00\x00\x00", len(m))
	b = append(append(append(b, sum...), count...), out...)
	return append(b, "--Encrypted Boundary--\r\n"...)
}

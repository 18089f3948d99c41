package wsman

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"
)

// The example of MS-NLMP 4.2.4: NTLMv2 with extended session security and key
// exchange. Common values are those of 4.2.1.
const (
	exampleUser     = "User"
	exampleDomain   = "Domain"
	examplePassword = "Password"
)

var exampleNonce = [8]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// exampleTemp is the temp of 4.2.4.1.3: no time, the client's challenge, and the
// target information of 4.2.4.
func exampleTemp(t testing.TB) []byte {
	return unhex(t, "0101000000000000"+"0000000000000000"+"aaaaaaaaaaaaaaaa"+"00000000"+
		"02000c0044006f006d00610069006e00"+"01000c00530065007200760065007200"+"00000000"+"00000000")
}

// exampleMessage is the AUTHENTICATE_MESSAGE that carries it.
func exampleMessage(t testing.TB, response []byte) []byte {
	return message3(t, flagUnicode|flagExtended|flagKeyExchange|flagSeal|flagSign|flag128|flag56, response,
		unhex(t, "c5dad2544fc9799094ce1ce90bc9d03e"))
}

// message3 lays fields out as a client does.
func message3(t testing.TB, flags uint32, response, key []byte) []byte {
	t.Helper()
	b := append([]byte(ntlmSignature), 3, 0, 0, 0)
	payload := []byte{}
	const start = 88
	for _, f := range [][]byte{{}, response, utf16le(exampleDomain), utf16le(exampleUser), utf16le("COMPUTER"), key} {
		b = appendField(b, len(f), start+len(payload))
		payload = append(payload, f...)
	}
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, make([]byte, 24)...) // version and integrity code
	return append(b, payload...)
}

func TestKeysOfTheExample(t *testing.T) {
	if got := hex.EncodeToString(ntowf(examplePassword, exampleUser, exampleDomain)); got != "0c868a403bfd7a93a3001ef22ef02e3f" {
		t.Errorf("NTOWFv2 (4.2.4.1.1) = %s", got)
	}
	response := append(unhex(t, "68cd0ab851e51c96aabc927bebef6a1c"), exampleTemp(t)...)
	a, err := parseAuthenticate(exampleMessage(t, response))
	if err != nil {
		t.Fatal(err)
	}
	if a.user != exampleUser || a.domain != exampleDomain || a.anonymous || a.outdated || a.mic != nil {
		t.Fatalf("parsed: %+v", a)
	}
	key, ok := a.exportedKey(examplePassword, exampleNonce)
	// the RandomSessionKey of 4.2.1, encrypted as in 4.2.4.2.3
	if want := bytes.Repeat([]byte{0x55}, 16); !ok || !bytes.Equal(key, want) {
		t.Fatalf("exported key = %x, %v", key, ok)
	}
	for what, wrong := range map[string]func() bool{
		"another password":  func() bool { _, ok := a.exportedKey("password", exampleNonce); return ok },
		"another challenge": func() bool { _, ok := a.exportedKey(examplePassword, [8]byte{}); return ok },
		"another user": func() bool {
			b := *a
			b.user = "Other"
			_, ok := b.exportedKey(examplePassword, exampleNonce)
			return ok
		},
		"a changed time": func() bool {
			b := *a
			b.response = bytes.Clone(a.response)
			b.response[16+8]++
			_, ok := b.exportedKey(examplePassword, exampleNonce)
			return ok
		},
	} {
		if wrong() {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestSealingOfTheExample(t *testing.T) {
	key := bytes.Repeat([]byte{0x55}, 16)
	server := newSealing(key, flag128|flagKeyExchange)
	if got := hex.EncodeToString(server.in.signing); got != "4788dc861b4782f35d43fd98fe1a2d39" {
		t.Errorf("signing key of the client (4.2.4.4) = %s", got)
	}
	plain := utf16le("Plaintext")
	client := newDirection(key, fromClient, flag128|flagKeyExchange)
	signature, sealed := client.seal(plain)
	if got := hex.EncodeToString(sealed); got != "54e50165bf1936dc996020c1811b0f06fb5f" {
		t.Errorf("sealed = %s", got)
	}
	if got := hex.EncodeToString(signature); got != "010000007fb38ec5c55d497600000000" {
		t.Errorf("signature = %s", got)
	}
	if got, err := server.in.open(signature, sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened: %q, %v", got, err)
	}
	// The next message goes on where this one has ended: neither again, nor changed.
	if _, err := server.in.open(signature, sealed); err == nil {
		t.Error("a message is taken twice")
	}
}

// TestWeakSealing is the example of MS-NLMP 4.2.3: keys of 56 bits, and no key
// exchange.
func TestWeakSealing(t *testing.T) {
	key := unhex(t, "eb93429a8bd952f8b89c55b87f475edc")
	client := newDirection(key, fromClient, flag56)
	if got := hex.EncodeToString(client.signing); got != "60e799be5c72fc92922ae8ebe961fb8d" {
		t.Errorf("signing key = %s", got)
	}
	signature, sealed := client.seal(utf16le("Plaintext"))
	if got := hex.EncodeToString(sealed); got != "a02372f6530273f3aa1eb90190ce5200c99d" {
		t.Errorf("sealed = %s", got)
	}
	if got := hex.EncodeToString(signature); got != "01000000ff2aeb52f681793a00000000" {
		t.Errorf("signature = %s", got)
	}
}

func TestSealingInOrder(t *testing.T) {
	for _, flags := range []uint32{flag128 | flagKeyExchange, flag128, flag56, 0} {
		key := unhex(t, "00112233445566778899aabbccddeeff")
		client, server := newDirection(key, fromServer, flags), newSealing(key, flags)
		for i := range 3 {
			plain := bytes.Repeat([]byte{byte(i)}, 100*i)
			signature, sealed := server.out.seal(plain)
			if len(signature) != signatureSize {
				t.Fatalf("signature of %d bytes", len(signature))
			}
			got, err := client.open(signature, sealed)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("flags %#x, message %d: %v", flags, i, err)
			}
		}
		signature, sealed := server.out.seal([]byte("text"))
		sealed[0] ^= 1
		if _, err := client.open(signature, sealed); err == nil {
			t.Errorf("flags %#x: a changed message is taken", flags)
		}
	}
}

// TestIntegrityCode: a client that has seen a time in the challenge signs all three
// messages (MS-NLMP 3.1.5.1.2).
func TestIntegrityCode(t *testing.T) {
	temp := unhex(t, "0101000000000000"+"0000000000000000"+"aaaaaaaaaaaaaaaa"+"00000000"+"0600040002000000"+"00000000"+"00000000")
	response := ntowf(examplePassword, exampleUser, exampleDomain)
	proof := hmacMD5(response, exampleNonce[:], temp)
	m := message3(t, flagUnicode|flagExtended, append(proof, temp...), nil)
	negotiate, challenge := []byte("first"), []byte("second")
	key := hmacMD5(response, proof)
	copy(m[72:88], hmacMD5(key, negotiate, challenge, m))
	a, err := parseAuthenticate(m)
	if err != nil || a.mic == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	got, ok := a.exportedKey(examplePassword, exampleNonce)
	if !ok || !bytes.Equal(got, key) {
		t.Fatalf("key %x, %v", got, ok)
	}
	if !a.intact(key, negotiate, challenge) {
		t.Error("an intact negotiation is refused")
	}
	if a.intact(key, []byte("First"), challenge) || a.intact(key, negotiate, []byte("Second")) {
		t.Error("a changed negotiation is taken")
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	good := exampleMessage(t, append(make([]byte, 16), exampleTemp(t)...))
	for what, change := range map[string]func(m []byte) []byte{
		"cut":                   func(m []byte) []byte { return m[:60] },
		"another signature":     func(m []byte) []byte { m[0] = 'n'; return m },
		"another kind":          func(m []byte) []byte { m[8] = 2; return m },
		"OEM":                   func(m []byte) []byte { m[60] &^= flagUnicode; return m },
		"an offset outside":     func(m []byte) []byte { binary.LittleEndian.PutUint32(m[40:], uint32(len(m))); return m },
		"an offset that wraps":  func(m []byte) []byte { binary.LittleEndian.PutUint32(m[40:], 0xffffffff); return m },
		"an offset in the head": func(m []byte) []byte { binary.LittleEndian.PutUint32(m[40:], 8); return m },
		"huge":                  func(m []byte) []byte { return append(m, make([]byte, maxNTLM)...) },
	} {
		if a, err := parseAuthenticate(change(bytes.Clone(good))); err == nil {
			t.Errorf("%s: %+v", what, a)
		}
	}
	for what, response := range map[string][]byte{"no answer": nil, "NTLMv1": make([]byte, 24)} {
		a, err := parseAuthenticate(message3(t, flagUnicode, response, nil))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if _, ok := a.exportedKey(examplePassword, exampleNonce); ok {
			t.Errorf("%s lets in", what)
		}
	}
}

func TestChallenge(t *testing.T) {
	asked := uint32(flagUnicode | flagExtended | flagSeal | flag128)
	m := challengeMessage(exampleNonce, asked, target{machine: "WIN-SIM", time: time.Unix(1700000000, 0)})
	if !bytes.Equal(m[24:32], exampleNonce[:]) {
		t.Errorf("nonce %x", m[24:32])
	}
	flags := binary.LittleEndian.Uint32(m[20:])
	if flags&flagsOfClient != flagSeal|flag128 {
		t.Errorf("flags %#x: a client gets what it has asked for, and nothing else", flags)
	}
	name := m[binary.LittleEndian.Uint32(m[16:]):][:binary.LittleEndian.Uint16(m[12:])]
	if fromUTF16(name) != "WIN-SIM" {
		t.Errorf("name %q", fromUTF16(name))
	}
	if ft := fileTime(time.Unix(1700000000, 0)); ft != 133444736000000000 {
		t.Errorf("time %d", ft)
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add(exampleMessage(f, append(make([]byte, 16), exampleTemp(f)...)))
	f.Add(message3(f, flagUnicode, nil, nil))
	f.Fuzz(func(t *testing.T, m []byte) {
		if _, err := parseNegotiate(m); err == nil {
			if _, err := parseAuthenticate(m); err == nil {
				t.Error("a message of two kinds")
			}
		}
		a, err := parseAuthenticate(m)
		if err != nil {
			return
		}
		if _, ok := a.exportedKey("not the password of this message", exampleNonce); ok {
			t.Error("a password was guessed")
		}
	})
}

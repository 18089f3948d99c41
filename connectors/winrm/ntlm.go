package winrm

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/bodgit/ntlmssp"

	"patchwave/connectors"
)

// ntlmLogin is NTLM (MS-NLMP) in the scheme Negotiate (RFC 4559): three messages on
// one connection, which is then logged in. Over plain http it also gives the keys
// that encrypt what follows.
type ntlmLogin struct{ ep *endpoint }

// errNoNTLM is what a host that does not answer the first message is refused with.
var errNoNTLM = errors.New("the host does not offer Negotiate")

// begin logs in on a new connection. The password is tried once.
func (n ntlmLogin) begin(ctx context.Context, l *link) error {
	client, err := n.client(ctx)
	if err != nil {
		return err
	}
	first, err := client.Authenticate(nil, nil)
	if err != nil {
		return n.fail(err)
	}
	completeFlags(first)
	a, err := l.stream.post(ctx, typeSOAP, negotiate(first), nil)
	if err != nil {
		return err
	}
	challenge, err := readChallenge(a)
	if err != nil {
		return n.refused(a, err)
	}
	if err := checkChallenge(challenge, l.tls == nil); err != nil {
		return n.fail(err)
	}
	last, err := respond(client, challenge, bindings(l.tls))
	if err != nil {
		return n.fail(err)
	}
	a, err = l.stream.post(ctx, typeSOAP, negotiate(last), nil)
	if err != nil {
		return exposed(err)
	}
	if a.status != http.StatusOK {
		return l.statusError(a)
	}
	if l.tls == nil {
		l.seal = client.SecuritySession()
		if l.seal == nil {
			return n.fail(errors.New("there are no keys to encrypt with"))
		}
	}
	return nil
}

// client holds the user and the password for one login.
func (n ntlmLogin) client(ctx context.Context) (*ntlmssp.Client, error) {
	secret, err := reveal(ctx, n.ep.target)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	domain, name := splitUser(n.ep.target.User)
	client, err := ntlmssp.NewClient(ntlmssp.SetDomain(domain), ntlmssp.SetUserInfo(name, string(secret)), // the library wants a string, which cannot be wiped
		ntlmssp.SetVersion(ntlmssp.DefaultVersion()))
	if err != nil {
		return nil, n.fail(err)
	}
	return client, nil
}

func (ntlmLogin) authorization(context.Context, *link) ([]byte, error) { return nil, nil }
func (ntlmLogin) close()                                               {}

// refused explains why there was no challenge.
func (n ntlmLogin) refused(a *answer, err error) error {
	if a.status != http.StatusUnauthorized {
		return statusError(n.ep, a)
	}
	e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseLogin, n.ep.name(), "no NTLM login at %s", n.ep.address())
	e.Err, e.Hint = err, "allow Negotiate on the host (winrm set winrm/config/service/auth @{Negotiate=\"true\"}), or use another auth"
	return e
}

func (n ntlmLogin) fail(err error) error {
	e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseLogin, n.ep.name(), "no NTLM login at %s", n.ep.address())
	e.Err = err
	return e
}

func negotiate(token []byte) []byte {
	return base64.StdEncoding.AppendEncode([]byte("Negotiate "), token)
}

// readChallenge finds the challenge in a reply.
func readChallenge(a *answer) ([]byte, error) {
	if a.status != http.StatusUnauthorized {
		return nil, errNoNTLM
	}
	for _, v := range a.header.Values("Www-Authenticate") {
		scheme, token, _ := strings.Cut(strings.TrimSpace(v), " ")
		if !strings.EqualFold(scheme, "Negotiate") || token == "" {
			continue
		}
		challenge, err := base64.StdEncoding.DecodeString(strings.TrimSpace(token))
		if err != nil {
			return nil, errors.New("the challenge is damaged")
		}
		return challenge, nil
	}
	return nil, errNoNTLM
}

// The flags of MS-NLMP, 2.2.2.5.
const (
	flagUnicode    = 0x00000001
	flagTarget     = 0x00000004
	flagSign       = 0x00000010
	flagSeal       = 0x00000020
	flagNTLM       = 0x00000200
	flagAnonymous  = 0x00000800
	flagExtended   = 0x00080000
	flagTargetInfo = 0x00800000
	flag128        = 0x20000000
	flagKeyExch    = 0x40000000
)

const (
	// challengeHead is the fixed part of a challenge, in bytes (MS-NLMP, 2.2.1.2).
	challengeHead = 48
	// mostChallenge bounds a challenge, in bytes.
	mostChallenge = 16 << 10
)

// flagsAt is where the flags of the first message are, in bytes (MS-NLMP, 2.2.1.1).
const flagsAt = 12

// completeFlags sets the flags of the first message that a client must set (MS-NLMP,
// 3.1.5.1.1) and the library does not: without the first of them there are servers
// that say nothing about themselves, and a login without that has no integrity and
// no channel binding. It changes what it is given, which is what the library
// computes the integrity code over.
func completeFlags(first []byte) {
	flags := first[flagsAt : flagsAt+4]
	binary.LittleEndian.PutUint32(flags, binary.LittleEndian.Uint32(flags)|flagTarget|flagNTLM)
}

// checkChallenge refuses a challenge that asks for less than is wanted: the library
// does whatever the host says, down to no encryption and to a key that is all
// zeros.
func checkChallenge(b []byte, seal bool) error {
	if len(b) < challengeHead || len(b) > mostChallenge || string(b[:8]) != "NTLMSSP\x00" || binary.LittleEndian.Uint32(b[8:]) != 2 {
		return errors.New("the challenge is damaged")
	}
	flags := binary.LittleEndian.Uint32(b[20:])
	want := uint32(flagUnicode | flagExtended | flagTargetInfo)
	if seal {
		want |= flagSign | flagSeal | flag128 | flagKeyExch
	}
	if flags&flagAnonymous != 0 || flags&want != want {
		return fmt.Errorf("the host does not offer what is needed to encrypt messages safely (flags %08x)", flags)
	}
	return nil
}

// respond answers a challenge. What is in it is hostile, and the library was not
// written for that.
func respond(client *ntlmssp.Client, challenge []byte, b *ntlmssp.ChannelBindings) (token []byte, err error) {
	defer func() {
		if recover() != nil {
			token, err = nil, errors.New("the challenge is damaged")
		}
	}()
	return client.Authenticate(challenge, b)
}

// bindings bind the login to the certificate of the host (RFC 5929, 4.1): somebody
// in between, who has another one, cannot use it. nil over plain http.
func bindings(state *tls.ConnectionState) *ntlmssp.ChannelBindings {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	var digest []byte
	switch leaf.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		d := sha512.Sum384(leaf.Raw)
		digest = d[:]
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		d := sha512.Sum512(leaf.Raw)
		digest = d[:]
	default:
		d := sha256.Sum256(leaf.Raw)
		digest = d[:]
	}
	return &ntlmssp.ChannelBindings{ApplicationData: append([]byte(ntlmssp.TLSServerEndPoint+":"), digest...)}
}

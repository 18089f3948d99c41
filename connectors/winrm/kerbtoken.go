package winrm

import (
	"crypto/md5" //nolint:gosec // RFC 4121 knows no other for channel bindings
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

// contextFlags is what is asked of the host. It has proven by TLS who it is: what it
// proves again is not looked at; but a host that is asked for it says why it refuses.
const contextFlags = gssapi.ContextFlagInteg | gssapi.ContextFlagConf | gssapi.ContextFlagMutual

// kerberosToken is the first message of SPNEGO (RFC 4178) with Kerberos (RFC 4121)
// alone in it: a ticket for the service, and a new proof that it is ours, which holds
// for this TLS connection only.
func kerberosToken(c *client.Client, t ticket, state *tls.ConnectionState) ([]byte, error) {
	// The library binds to nothing: the request in its token is made again.
	inner, err := spnego.NewKRB5TokenAPREQ(c, t.raw, t.key, nil, nil)
	if err != nil {
		return nil, err
	}
	proof, err := types.NewAuthenticator(c.Credentials.Domain(), c.Credentials.CName())
	if err != nil {
		return nil, err
	}
	proof.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: gssChecksum(state, contextFlags)}
	if inner.APReq, err = messages.NewAPReq(t.raw, t.key, proof); err != nil {
		return nil, err
	}
	types.SetFlag(&inner.APReq.APOptions, flags.APOptionMutualRequired)
	raw, err := inner.Marshal()
	if err != nil {
		return nil, err
	}
	outer := spnego.SPNEGOToken{Init: true, NegTokenInit: spnego.NegTokenInit{MechTokenBytes: raw}}
	outer.NegTokenInit.MechTypes = append(outer.NegTokenInit.MechTypes, gssapi.OIDKRB5.OID())
	return outer.Marshal()
}

// gssChecksum is what the authenticator says about the context (RFC 4121, 4.1.1): the
// hash of the channel bindings, and flags.
func gssChecksum(state *tls.ConnectionState, wanted uint32) []byte {
	sum := make([]byte, 4, 24)
	binary.LittleEndian.PutUint32(sum, md5.Size)
	hash := make([]byte, md5.Size) // of nothing
	if b := bindings(state); b != nil {
		// 4.1.1.2: no address of either side, then the data of the application.
		data := binary.LittleEndian.AppendUint32(make([]byte, 16), uint32(len(b.ApplicationData)))
		of := md5.Sum(append(data, b.ApplicationData...)) //nolint:gosec // as above
		hash = of[:]
	}
	return binary.LittleEndian.AppendUint32(append(sum, hash...), wanted)
}

// kerberosRefusal is the code in the error message of Kerberos (RFC 4120, 5.9.1) that
// came with a refusal, 0 if none did: a host that is Windows sends one for clocks that
// differ, others for more. It is a hint and no more: nobody signed it.
func kerberosRefusal(a *answer) (code int32) {
	defer func() {
		if recover() != nil { // what is in it is hostile, and the library was not written for that
			code = 0
		}
	}()
	for _, v := range a.header.Values("Www-Authenticate") {
		scheme, words, _ := strings.Cut(strings.TrimSpace(v), " ")
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(words))
		if !strings.EqualFold(scheme, "Negotiate") || err != nil || len(raw) == 0 {
			continue
		}
		var outer spnego.NegTokenResp
		inner := spnego.KRB5Token{}
		if outer.Unmarshal(raw) == nil {
			raw = outer.ResponseToken
		}
		if inner.Unmarshal(raw) == nil && inner.IsKRBError() {
			return inner.KRBError.ErrorCode
		}
	}
	return 0
}

package winrm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
)

// ticket is a ticket and the key that goes with it.
type ticket struct {
	raw   messages.Ticket
	key   types.EncryptionKey
	until time.Time
}

func (t ticket) good() bool { return time.Now().Before(t.until) }

// tickets are those of one user, and how more are had. It is not safe for use by many.
type tickets struct {
	kdcs *kdcs
	user *client.Client
	// have are tickets by the names of their services: "HTTP/host", "krbtgt/REALM".
	have map[string]ticket
}

func ticketsOf(user *client.Client) *tickets {
	return &tickets{kdcs: kdcsOf(user.Config), user: user, have: map[string]ticket{}}
}

// take takes over the tickets of a cache.
func (t *tickets) take(cache *credentials.CCache) error {
	for _, c := range cache.GetEntries() {
		var raw messages.Ticket
		if err := raw.Unmarshal(c.Ticket); err != nil {
			return fmt.Errorf("a ticket in the cache is damaged: %w", err)
		}
		t.have[c.Server.PrincipalName.PrincipalNameString()] = ticket{raw, c.Key, c.EndTime}
	}
	return nil
}

// own is the realm of the user.
func (t *tickets) own() string { return t.user.Credentials.Domain() }

// service is a ticket for a service, which is asked for if there is none that is good.
func (t *tickets) service(ctx context.Context, spn string) (ticket, error) {
	if had, ok := t.have[spn]; ok && had.good() {
		return had, nil
	}
	name := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, spn) // as Windows asks: others are not referred
	realm := t.user.Config.ResolveRealm(name.NameString[len(name.NameString)-1])
	if realm == "" {
		realm = t.own()
	}
	with, err := t.granting(ctx, realm)
	if err != nil {
		return ticket{}, err
	}
	got, err := t.grant(ctx, realm, with, name)
	if err == nil {
		t.have[spn] = got
	}
	return got, err
}

// granting is a ticket to get others of a realm with.
func (t *tickets) granting(ctx context.Context, realm string) (ticket, error) {
	name := granter(realm)
	if had, ok := t.have[name.PrincipalNameString()]; ok && had.good() {
		return had, nil
	}
	var (
		got ticket
		err error
	)
	if realm == t.own() {
		got, err = t.login(ctx)
	} else {
		var mine ticket
		if mine, err = t.granting(ctx, t.own()); err == nil {
			got, err = t.grant(ctx, t.own(), mine, name)
		}
	}
	if err == nil {
		t.have[name.PrincipalNameString()] = got
	}
	return got, err
}

// granter is the service that gives tickets of a realm.
func granter(realm string) types.PrincipalName {
	return types.PrincipalName{NameType: nametype.KRB_NT_SRV_INST, NameString: []string{"krbtgt", realm}}
}

// login gets the first ticket, by password or keytab (RFC 4120, 3.1). The secret is tried
// once: a KDC that refuses it is not asked again.
func (t *tickets) login(ctx context.Context) (ticket, error) {
	who := t.user.Credentials
	if !who.HasPassword() && !who.HasKeytab() {
		return ticket{}, fmt.Errorf("the cache has no ticket for the realm %s", t.own())
	}
	request, err := messages.NewASReqForTGT(t.own(), t.user.Config, who.CName())
	if err != nil {
		return ticket{}, err
	}
	answer, err := t.send(ctx, t.own(), &request)
	if refusal, ok := errors.AsType[messages.KRBError](err); ok && refusal.ErrorCode == errorcode.KDC_ERR_PREAUTH_REQUIRED {
		if err := t.prove(&request, refusal); err != nil {
			return ticket{}, fmt.Errorf("prove to the KDC who %s is: %w", who.UserName(), err)
		}
		answer, err = t.send(ctx, t.own(), &request)
	}
	if err != nil {
		return ticket{}, err
	}
	var reply messages.ASRep
	if err := reply.Unmarshal(answer); err != nil {
		return ticket{}, fmt.Errorf("the answer of the KDC is damaged: %w", err)
	}
	if err := affordable(reply.PAData); err != nil {
		return ticket{}, err
	}
	if ok, err := reply.Verify(t.user.Config, who, request); !ok {
		return ticket{}, fmt.Errorf("the answer of the KDC is not for this user: %w", err)
	}
	return ticket{reply.Ticket, reply.DecryptedEncPart.Key, reply.DecryptedEncPart.EndTime}, nil
}

// message is a request to a KDC.
type message interface{ Marshal() ([]byte, error) }

func (t *tickets) send(ctx context.Context, realm string, m message) ([]byte, error) {
	raw, err := m.Marshal()
	if err != nil {
		return nil, err
	}
	return t.kdcs.ask(ctx, realm, raw)
}

// prove puts a timestamp that only the user can encrypt into a request, in the way that
// the KDC wants it (RFC 4120, 5.2.7.2 and 5.2.7.5).
func (t *tickets) prove(request *messages.ASReq, wanted messages.KRBError) error {
	var hints types.PADataSequence
	if err := hints.Unmarshal(wanted.EData); err != nil {
		return fmt.Errorf("read what the KDC wants: %w", err)
	}
	if err := affordable(hints); err != nil {
		return err
	}
	id, err := encryption(hints)
	if err != nil {
		return err
	}
	if !slices.Contains(request.ReqBody.EType, id) { // a weaker one than was offered would serve a listener
		return fmt.Errorf("the KDC wants encryption %d, which default_tkt_enctypes does not allow", id)
	}
	kind, err := crypto.GetEtype(id)
	if err != nil {
		return err
	}
	key, version, err := t.user.Key(kind, 0, &wanted)
	if err != nil {
		return err
	}
	now, err := types.GetPAEncTSEncAsnMarshalled()
	if err != nil {
		return err
	}
	sealed, err := crypto.GetEncryptedData(now, key, keyusage.AS_REQ_PA_ENC_TIMESTAMP, version)
	if err != nil {
		return err
	}
	value, err := sealed.Marshal()
	if err != nil {
		return err
	}
	request.PAData = append(request.PAData, types.PAData{PADataType: patype.PA_ENC_TIMESTAMP, PADataValue: value})
	return nil
}

// encryption is what the KDC wants to be used, its first choice.
func encryption(hints types.PADataSequence) (id int32, err error) {
	for _, h := range hints {
		switch h.PADataType {
		case patype.PA_ETYPE_INFO2:
			info, err := h.GetETypeInfo2()
			if err != nil || len(info) == 0 {
				return 0, errors.New("the KDC does not say which encryption it wants")
			}
			return info[0].EType, nil
		case patype.PA_ETYPE_INFO:
			info, err := h.GetETypeInfo()
			if err != nil || len(info) == 0 {
				return 0, errors.New("the KDC does not say which encryption it wants")
			}
			id = info[0].EType // unless the newer form comes too
		}
	}
	if id == 0 {
		return 0, errors.New("the KDC does not say which encryption it wants")
	}
	return id, nil
}

// mostRounds bounds how often a password is hashed for a key. Windows and MIT want 4,096
// times (RFC 3962) or 32,768 (RFC 8009).
const mostRounds = 1 << 20

// affordable refuses a KDC, or whoever speaks for it, that wants a password hashed for
// hours: nobody has signed this.
func affordable(hints types.PADataSequence) error {
	for _, h := range hints {
		if h.PADataType != patype.PA_ETYPE_INFO2 {
			continue
		}
		info, err := h.GetETypeInfo2()
		if err != nil {
			return fmt.Errorf("read which encryption the KDC wants: %w", err)
		}
		for _, one := range info {
			if one.EType == etypeID.RC4_HMAC || len(one.S2KParams) != 4 {
				continue // it hashes once, or as often as is usual
			}
			if n := binary.BigEndian.Uint32(one.S2KParams); n == 0 || n > mostRounds {
				return fmt.Errorf("the KDC wants the password hashed %d times, which is refused", n)
			}
		}
	}
	return nil
}

// mostReferrals bounds how often one realm may send to another one.
const mostReferrals = 5

// grant asks the KDC of a realm for a ticket, and those that it refers to (RFC 4120, 3.3,
// and RFC 6806, 8).
func (t *tickets) grant(ctx context.Context, realm string, with ticket, name types.PrincipalName) (ticket, error) {
	conf := *t.user.Config
	conf.LibDefaults.Canonicalize = true // else no KDC refers to another
	for range mostReferrals + 1 {
		request, err := messages.NewTGSReq(t.user.Credentials.CName(), realm, &conf, with.raw, with.key, name, false)
		if err != nil {
			return ticket{}, err
		}
		answer, err := t.send(ctx, realm, &request)
		if err != nil {
			return ticket{}, err
		}
		var reply messages.TGSRep
		if err := reply.Unmarshal(answer); err != nil {
			return ticket{}, fmt.Errorf("the answer of the KDC is damaged: %w", err)
		}
		if err := reply.DecryptEncPart(with.key); err != nil {
			return ticket{}, fmt.Errorf("the answer of the KDC cannot be opened: %w", err)
		}
		if ok, err := reply.Verify(t.user.Config, request); !ok {
			return ticket{}, fmt.Errorf("the answer of the KDC is not to what it was asked: %w", err)
		}
		got := ticket{reply.Ticket, reply.DecryptedEncPart.Key, reply.DecryptedEncPart.EndTime}
		to := reply.Ticket.SName
		if len(to.NameString) != 2 || !strings.EqualFold(to.NameString[0], "krbtgt") || to.Equal(name) {
			return got, nil
		}
		realm, with = to.NameString[1], got
	}
	return ticket{}, fmt.Errorf("the realm sends from one to another more than %d times", mostReferrals)
}

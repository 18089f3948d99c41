package winrm

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/messages"

	"patchwave/connectors"
)

// errNoKDC is why a ticket is not waited for any longer.
var errNoKDC = errors.New("no answer of the KDC within the connect timeout")

// expiredError is a ticket cache in which nothing is good any more.
type expiredError struct {
	file string
	at   time.Time
}

func (e *expiredError) Error() string {
	return fmt.Sprintf("the tickets in %s expired at %s", e.file, e.at.UTC().Format(time.RFC3339))
}

// explain says why there is no ticket.
func (k *kerberosLogin) explain(err error) error {
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	e := connectors.Errorf(connectors.CodeAuth, connectors.PhaseLogin, k.ep.name(), "no Kerberos ticket for %s", k.spn())
	e.Err, e.Hint = err, "check the realm, the clock, the ticket (klist) and that the host has this service principal name"
	if expired, ok := errors.AsType[*expiredError](err); ok {
		e.Hint = fmt.Sprintf("fill it again (kinit -c %s, or the job that does it)", expired.file)
		return e
	}
	refusal, refused := errors.AsType[messages.KRBError](err)
	none, nobody := errors.AsType[*noKDCError](err)
	switch words := err.Error(); {
	case errors.Is(err, errNoKDC):
		e.Code, e.Retry = connectors.CodeTimeout, true
		e.Hint = "check that a domain controller answers on port 88, udp and tcp, " + k.kdcHint()
	case refused:
		if hint := k.hint(refusal.ErrorCode); hint != "" {
			e.Hint = hint
		}
	case nobody && none.unknown:
		e.Hint = fmt.Sprintf("name its domain controllers as kdc of the realm under [realms] in %[1]s, or set dns_lookup_kdc = true there; and check the realm", k.conf())
	case nobody:
		e.Code, e.Retry = connectors.CodeUnreachable, true
		e.Message = fmt.Sprintf("no KDC can be reached for a Kerberos ticket for %s", k.spn())
		e.Hint = "check that a domain controller answers on port 88, udp and tcp, " + k.kdcHint()
	case strings.Contains(words, "key not found in keytab"):
		e.Hint = fmt.Sprintf("look which users it has with \"klist -k %s\"", k.ep.target.WinRM.Kerberos.Keytab)
	case strings.Contains(words, "clock skew"):
		e.Hint = k.hint(errorcode.KRB_AP_ERR_SKEW)
	}
	return e
}

func (k *kerberosLogin) kdcHint() string {
	return fmt.Sprintf("and which ones are named under [realms] in %s or by DNS", k.conf())
}

// hint says what to do about a code of RFC 4120, 7.5.9, "" if it is none that happens.
func (k *kerberosLogin) hint(code int32) string {
	switch code {
	case errorcode.KDC_ERR_C_PRINCIPAL_UNKNOWN:
		return "the domain knows no such user: check user and realm"
	case errorcode.KDC_ERR_S_PRINCIPAL_UNKNOWN:
		return fmt.Sprintf("the domain knows no such service: use the name with which the host joined as its address, or look with \"setspn -Q %s\"", k.spn())
	case errorcode.KDC_ERR_CLIENT_REVOKED:
		return "the account is locked, disabled or expired"
	case errorcode.KDC_ERR_KEY_EXPIRED:
		return "the password of the user has expired: set another one"
	case errorcode.KDC_ERR_PREAUTH_FAILED:
		if k.ep.target.WinRM.Kerberos.Keytab != "" {
			return "the keytab is older than the password of the user: make another one"
		}
		return "the password is wrong; it was tried once"
	case errorcode.KDC_ERR_ETYPE_NOSUPP:
		return "the domain and this side share no encryption: allow AES for the account, and see permitted_enctypes in " + k.conf()
	case errorcode.KDC_ERR_POLICY:
		return "a policy of the domain forbids it: see the logon restrictions of the user"
	case errorcode.KRB_AP_ERR_SKEW:
		return "the clocks differ by more than five minutes: compare \"date -u\" here with \"w32tm /query /status\" there"
	case errorcode.KRB_AP_ERR_TKT_EXPIRED, errorcode.KRB_AP_ERR_TKT_NYV:
		return "the ticket is not valid at this time: compare the clocks and get another ticket (kinit)"
	case errorcode.KRB_AP_ERR_MODIFIED:
		return fmt.Sprintf("the ticket is encrypted for another account than that of the host: %s may belong to two (setspn -X), or the host left the domain", k.spn())
	default:
		return ""
	}
}

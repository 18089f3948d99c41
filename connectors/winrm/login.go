package winrm

import (
	"context"
	"crypto/fips140"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"patchwave/connectors"
)

// login proves who we are on each new connection of a session.
type login interface {
	// begin is called when the peer is verified, before the first request.
	begin(ctx context.Context, l *link) error
	// authorization is the header of the next request, nil for none. The caller
	// wipes it.
	authorization(ctx context.Context, l *link) ([]byte, error)
	// close gives back what it holds.
	close()
}

// proof is the login of one session. Once the host has refused it, it is not
// tried again, by nobody: each try counts towards the lock of the account.
type proof struct {
	login
	refused atomic.Pointer[connectors.Error]
}

// note remembers that the login was refused.
func (c *proof) note(err error) {
	if e, ok := errors.AsType[*connectors.Error](err); ok && e.Code == connectors.CodeAuth {
		c.refused.Store(e)
	}
}

// newLogin chooses the way to log in.
func newLogin(ep *endpoint) (login, error) {
	t := ep.target
	needs := func(what string) error {
		e := connectors.Errorf(connectors.CodeAuth, connectors.PhaseLogin, t.Name, "auth %q needs a %s", t.WinRM.Auth, what)
		e.Hint = fmt.Sprintf("set %s in the connection", what)
		return e
	}
	switch t.WinRM.Auth {
	case connectors.WinRMCertificate:
		return certificateLogin{}, nil
	case connectors.WinRMKerberos:
		return newKerberosLogin(ep)
	case connectors.WinRMBasic, connectors.WinRMNTLM:
		if t.User == "" {
			return nil, needs("user")
		}
		if t.Auth.Password == nil {
			return nil, needs("password")
		}
		if t.WinRM.Auth == connectors.WinRMBasic {
			return basicLogin{ep}, nil
		}
		if fips140.Enforced() {
			e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseLogin, t.Name, "NTLM needs ciphers that are forbidden here (GODEBUG=fips140=only)")
			e.Hint = "use auth = \"kerberos\" or \"certificate\""
			return nil, e
		}
		return ntlmLogin{ep}, nil
	default:
		return nil, connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseLogin, t.Name, "auth %q is not known", t.WinRM.Auth)
	}
}

// reveal reads the password.
func reveal(ctx context.Context, t connectors.Target) ([]byte, error) {
	secret, err := t.Auth.Password.Reveal(ctx)
	if err != nil {
		e := connectors.Errorf(connectors.CodeAuth, connectors.PhaseLogin, t.Name, "cannot read the password %s", t.Auth.Password.Ref())
		e.Err = err
		return nil, e
	}
	return secret, nil
}

// basicLogin is Basic (RFC 7617). The password is read for each connection and
// kept for as long as that lives: the header goes with each request.
type basicLogin struct{ ep *endpoint }

func (b basicLogin) begin(ctx context.Context, l *link) error {
	secret, err := reveal(ctx, b.ep.target)
	if err != nil {
		return err
	}
	defer clear(secret)
	plain := make([]byte, 0, len(b.ep.target.User)+1+len(secret))
	plain = append(plain, b.ep.target.User...)
	plain = append(plain, ':')
	plain = append(plain, secret...)
	defer clear(plain)
	l.secret = base64.StdEncoding.AppendEncode([]byte("Basic "), plain)
	return nil
}

func (basicLogin) authorization(_ context.Context, l *link) ([]byte, error) {
	return append([]byte(nil), l.secret...), nil
}

func (basicLogin) close() {}

// certificateLogin says that the certificate of the connection logs in (MS-WSMV,
// 2.2.1).
type certificateLogin struct{}

func (certificateLogin) begin(context.Context, *link) error { return nil }
func (certificateLogin) authorization(context.Context, *link) ([]byte, error) {
	return []byte("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"), nil
}
func (certificateLogin) close() {}

// splitUser takes DOMAIN\NAME apart. NAME@REALM and NAME are left as they are.
func splitUser(user string) (domain, name string) {
	if domain, name, ok := strings.Cut(user, `\`); ok {
		return domain, name
	}
	return "", user
}

// exposed marks the error of a request that tried a password.
func exposed(err error) error {
	if broken, ok := errors.AsType[*brokenError](err); ok {
		broken.exposed = broken.sent
	}
	return err
}

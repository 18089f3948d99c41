package winrm

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/spnego"

	"patchwave/connectors"
)

// kerberosLogin is Kerberos in SPNEGO (RFC 4178, 4559): a ticket with each request,
// over https only. It comes from the cache if one is named, else from the keytab, else
// from the password.
type kerberosLogin struct {
	ep *endpoint
	// turn is held while a ticket is asked for, by whoever sets client.
	turn   chan struct{}
	client *client.Client
}

// defaultKrb5Conf is the configuration of the system.
const defaultKrb5Conf = "/etc/krb5.conf"

func newKerberosLogin(ep *endpoint) (login, error) {
	if net.ParseIP(ep.host) != nil {
		e := connectors.Errorf(connectors.CodeUnsupported, connectors.PhaseLogin, ep.name(), "no Kerberos login at %s", ep.address())
		e.Hint = "a ticket is for a name: use the DNS name of the host as its address"
		return nil, e
	}
	return &kerberosLogin{ep: ep, turn: make(chan struct{}, 1)}, nil
}

func (k *kerberosLogin) begin(context.Context, *link) error { return nil }

// authorization asks for a ticket. The library takes no context: what it still
// waits for when ctx ends is left to itself, and ends with its own timeouts.
func (k *kerberosLogin) authorization(ctx context.Context, _ *link) ([]byte, error) {
	type answer struct {
		token []byte
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		select {
		case k.turn <- struct{}{}:
		case <-ctx.Done():
			done <- answer{err: context.Cause(ctx)}
			return
		}
		token, err := k.token(ctx)
		<-k.turn
		done <- answer{token, err}
	}()
	select {
	case a := <-done:
		if a.err != nil && ctx.Err() == nil {
			return nil, k.explain(a.err)
		}
		return a.token, a.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// token makes the header. It is called with turn held.
func (k *kerberosLogin) token(ctx context.Context) (header []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the ticket cache, the keytab or the answer of the KDC is damaged")
		}
	}()
	if k.client == nil {
		if k.client, err = k.open(ctx); err != nil {
			return nil, err
		}
	}
	s := spnego.SPNEGOClient(k.client, "HTTP/"+strings.ToLower(k.ep.host))
	if err := s.AcquireCred(); err != nil {
		return nil, err
	}
	token, err := s.InitSecContext()
	if err != nil {
		return nil, err
	}
	raw, err := token.Marshal()
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.AppendEncode([]byte("Negotiate "), raw), nil
}

// open reads the configuration and what the ticket is made from.
func (k *kerberosLogin) open(ctx context.Context) (*client.Client, error) {
	t, want := k.ep.target, k.ep.target.WinRM.Kerberos
	file := want.Krb5Conf
	if file == "" {
		file = defaultKrb5Conf
	}
	conf, err := config.Load(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	user, realm := k.principal(conf)
	noFAST := client.DisablePAFXFAST(true) // Active Directory does not know it
	switch {
	case want.CCache != "":
		tickets, err := credentials.LoadCCache(want.CCache)
		if err != nil {
			return nil, fmt.Errorf("read the ticket cache %s: %w", want.CCache, err)
		}
		return client.NewFromCCache(tickets, conf, noFAST)
	case user == "":
		return nil, errors.New("there is no user")
	case want.Keytab != "":
		keys, err := keytab.Load(want.Keytab)
		if err != nil {
			return nil, fmt.Errorf("read the keytab %s: %w", want.Keytab, err)
		}
		return client.NewWithKeytab(user, realm, keys, conf, noFAST), nil
	case t.Auth.Password == nil:
		return nil, errors.New("there is no ticket cache, no keytab and no password")
	default:
		secret, err := reveal(ctx, t)
		if err != nil {
			return nil, err
		}
		defer clear(secret)
		return client.NewWithPassword(user, realm, string(secret), conf, noFAST), nil // the library wants a string, which cannot be wiped
	}
}

// principal is who asks for the ticket.
func (k *kerberosLogin) principal(conf *config.Config) (user, realm string) {
	_, user = splitUser(k.ep.target.User)
	user, realm, _ = strings.Cut(user, "@")
	if r := k.ep.target.WinRM.Kerberos.Realm; r != "" {
		realm = r
	}
	if realm == "" {
		realm = conf.LibDefaults.DefaultRealm
	}
	return user, strings.ToUpper(realm)
}

func (k *kerberosLogin) explain(err error) error {
	if known, ok := errors.AsType[*connectors.Error](err); ok {
		return known
	}
	e := connectors.Errorf(connectors.CodeAuth, connectors.PhaseLogin, k.ep.name(), "no Kerberos ticket for HTTP/%s", strings.ToLower(k.ep.host))
	e.Err, e.Hint = err, "check the realm, the clock, the ticket (klist) and that the host has this service principal name"
	return e
}

// close wipes the keys and ends the renewing of tickets.
func (k *kerberosLogin) close() {
	select {
	case k.turn <- struct{}{}:
	default:
		// A ticket is being asked for: whoever does it holds turn, wait for it aside.
		go func() { k.turn <- struct{}{}; k.destroy() }()
		return
	}
	k.destroy()
}

// destroy is called with turn held, which is kept: nobody asks for a ticket again.
func (k *kerberosLogin) destroy() {
	if k.client != nil {
		k.client.Destroy()
	}
}

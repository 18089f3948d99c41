package winrm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/credentials"
	"github.com/jcmturner/gokrb5/v8/keytab"

	"patchwave/connectors"
)

// kerberosLogin is Kerberos in SPNEGO (RFC 4178, 4559): a ticket with each request,
// over https only, bound to the certificate of the host. It comes from the cache if one
// is named, else from the keytab, else from the password.
type kerberosLogin struct {
	ep *endpoint
	// turn is held while a ticket is asked for, by whoever sets what follows.
	turn    chan struct{}
	tickets *tickets
	// until is when the last ticket of a cache ends, zero where there is no cache.
	until time.Time
}

// spn is the name of the service that tickets are for.
func (k *kerberosLogin) spn() string { return "HTTP/" + strings.ToLower(k.ep.host) }

// conf is the configuration that is read.
func (k *kerberosLogin) conf() string {
	if file := k.ep.target.WinRM.Kerberos.Krb5Conf; file != "" {
		return file
	}
	return defaultKrb5Conf
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

// authorization asks for a ticket, within the connect timeout.
func (k *kerberosLogin) authorization(ctx context.Context, l *link) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, k.ep.timeouts.Connect, errNoKDC)
	defer cancel()
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, k.gaveUp(ctx)
	}
	header, err := k.token(ctx, l.tls)
	<-k.turn
	switch {
	case err == nil:
		return header, nil
	case ctx.Err() != nil:
		return nil, k.gaveUp(ctx)
	default:
		return nil, k.explain(err)
	}
}

// gaveUp is why nothing is waited for any longer.
func (k *kerberosLogin) gaveUp(ctx context.Context) error {
	cause := context.Cause(ctx)
	if errors.Is(cause, errNoKDC) {
		return k.explain(cause)
	}
	return cause
}

// token makes the header. It is called with turn held.
func (k *kerberosLogin) token(ctx context.Context, state *tls.ConnectionState) (header []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the ticket cache, the keytab or the answer of the KDC is damaged")
		}
	}()
	if k.over() {
		k.tickets.user.Destroy() // somebody may have filled the cache again
		k.tickets = nil
	}
	if k.tickets == nil {
		if k.tickets, err = k.open(ctx); err != nil {
			return nil, err
		}
	}
	if k.over() {
		return nil, &expiredError{k.ep.target.WinRM.Kerberos.CCache, k.until}
	}
	got, err := k.tickets.service(ctx, k.spn())
	if err != nil {
		return nil, err
	}
	raw, err := kerberosToken(k.tickets.user, got, state)
	if err != nil {
		return nil, err
	}
	return negotiate(raw), nil
}

// over reports whether nothing in the cache is good any more.
func (k *kerberosLogin) over() bool {
	return k.tickets != nil && !k.until.IsZero() && !time.Now().Before(k.until)
}

// open reads the configuration and what the ticket is made from.
func (k *kerberosLogin) open(ctx context.Context) (*tickets, error) {
	t, want := k.ep.target, k.ep.target.WinRM.Kerberos
	conf, err := config.Load(k.conf())
	if _, old := errors.AsType[config.UnsupportedDirective](err); err != nil && (conf == nil || !old) { // what Kerberos 4 wanted is no error
		return nil, fmt.Errorf("read %s: %w", k.conf(), err)
	}
	user, realm := k.principal(conf)
	switch {
	case want.CCache != "":
		cache, err := credentials.LoadCCache(want.CCache)
		if err != nil {
			return nil, fmt.Errorf("read the ticket cache %s: %w", want.CCache, err)
		}
		k.until = lasts(cache, k.spn())
		user, err := client.NewFromCCache(cache, conf)
		if err != nil {
			return nil, err
		}
		has := ticketsOf(user)
		if err := has.take(cache); err != nil {
			return nil, err
		}
		return has, nil
	case user == "":
		return nil, errors.New("there is no user")
	case want.Keytab != "":
		keys, err := keytab.Load(want.Keytab)
		if err != nil {
			return nil, fmt.Errorf("read the keytab %s: %w", want.Keytab, err)
		}
		return ticketsOf(client.NewWithKeytab(user, realm, keys, conf)), nil
	case t.Auth.Password == nil:
		return nil, errors.New("there is no ticket cache, no keytab and no password")
	default:
		secret, err := reveal(ctx, t)
		if err != nil {
			return nil, err
		}
		defer clear(secret)
		return ticketsOf(client.NewWithPassword(user, realm, string(secret), conf)), nil // the library wants a string, which cannot be wiped
	}
}

// lasts is when the last of the tickets ends that can be of use: those to get others
// with, and that for the service.
func lasts(tickets *credentials.CCache, spn string) (until time.Time) {
	for _, c := range tickets.GetEntries() {
		name := c.Server.PrincipalName.PrincipalNameString()
		if (strings.HasPrefix(name, "krbtgt/") || strings.EqualFold(name, spn)) && c.EndTime.After(until) {
			until = c.EndTime
		}
	}
	return until
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

// close forgets the keys.
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
	if k.tickets != nil {
		k.tickets.user.Destroy()
	}
}

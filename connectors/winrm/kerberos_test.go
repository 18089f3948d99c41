package winrm

import (
	"encoding/binary"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/nametype"
	"github.com/jcmturner/gokrb5/v8/keytab"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/service"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"

	"patchwave/connectors"
)

const (
	testRealm = "EXAMPLE.ORG"
	testConf  = "[libdefaults]\n default_realm = EXAMPLE.ORG\n"
)

// ticketCache writes a cache (version 3 of the format of MIT) with tickets for
// services, made with the keys of the realm.
func ticketCache(t *testing.T, file string, keys *keytab.Keytab, services ...string) {
	t.Helper()
	b := []byte{5, 3}
	word := func(n int) { b = binary.BigEndian.AppendUint32(b, uint32(n)) }
	data := func(s []byte) { word(len(s)); b = append(b, s...) }
	principal := func(p types.PrincipalName) {
		word(int(p.NameType))
		word(len(p.NameString))
		data([]byte(testRealm))
		for _, s := range p.NameString {
			data([]byte(s))
		}
	}
	user := types.NewPrincipalName(nametype.KRB_NT_PRINCIPAL, "patch")
	principal(user)
	now := time.Now()
	for _, s := range services {
		name := types.NewPrincipalName(nametype.KRB_NT_SRV_INST, s)
		ticket, key, err := messages.NewTicket(user, testRealm, name, testRealm, types.NewKrbFlags(), keys,
			etypeID.AES256_CTS_HMAC_SHA1_96, 1, now.Add(-time.Minute), now.Add(-time.Minute), now.Add(time.Hour), now.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := ticket.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		principal(user)
		principal(name)
		b = binary.BigEndian.AppendUint16(b, uint16(key.KeyType))
		b = binary.BigEndian.AppendUint16(b, uint16(key.KeyType))
		data(key.KeyValue)
		for _, at := range []time.Duration{-time.Minute, -time.Minute, time.Hour, time.Hour} {
			word(int(now.Add(at).Unix()))
		}
		b = append(b, 0, 0, 0, 0, 0) // no session key of a user, no flags
		word(0)                      // addresses
		word(0)                      // authorization data
		data(raw)
		word(0) // second ticket
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// realm is the keys of a domain, its configuration and a cache of tickets.
func realm(t *testing.T, services ...string) (*keytab.Keytab, connectors.Kerberos) {
	t.Helper()
	dir, keys := t.TempDir(), keytab.New()
	for _, s := range services {
		if err := keys.AddEntry(s, testRealm, "password of "+s, time.Now(), 1, etypeID.AES256_CTS_HMAC_SHA1_96); err != nil {
			t.Fatal(err)
		}
	}
	k := connectors.Kerberos{CCache: filepath.Join(dir, "ccache"), Krb5Conf: filepath.Join(dir, "krb5.conf")}
	if err := os.WriteFile(k.Krb5Conf, []byte(testConf), 0o600); err != nil {
		t.Fatal(err)
	}
	ticketCache(t, k.CCache, keys, services...)
	return keys, k
}

// Each request carries a ticket that the service accepts, and another one each
// time.
func TestKerberos(t *testing.T) {
	service.GetReplayCache(time.Hour) // the service of the library has a goroutine for ever
	noLeaks(t)
	keys, k := realm(t, "krbtgt/"+testRealm, "HTTP/localhost")
	var accepted atomic.Int64
	f := &fake{}
	f.raw = func(w http.ResponseWriter, r *http.Request) bool {
		ok := false
		inner := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ok = true })
		spnego.SPNEGOKRB5Authenticate(inner, keys, service.DecodePAC(false)).ServeHTTP(w, r)
		if ok {
			accepted.Add(1)
		}
		return !ok
	}
	f.start(t, true)
	target := f.target()
	target.Address, target.User, target.Auth.Password = "localhost", "", nil
	target.WinRM.Auth, target.WinRM.Kerberos = connectors.WinRMKerberos, k
	s := dialed(t, hasty(), target)
	if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
		t.Errorf("run: %v", err)
	}
	if accepted.Load() < 3 {
		t.Errorf("%d requests were accepted", accepted.Load())
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := map[string]bool{}
	for _, token := range f.tokens {
		if seen[token] || !strings.HasPrefix(token, "Negotiate ") {
			t.Errorf("the ticket was sent twice, or is none: %.20s", token)
		}
		seen[token] = true
	}
}

// A ticket that the host does not accept is tried once, and nothing else is tried.
func TestKerberosIsRefused(t *testing.T) {
	noLeaks(t)
	_, k := realm(t, "krbtgt/"+testRealm, "HTTP/localhost")
	f := &fake{}
	f.raw = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Add("WWW-Authenticate", "Negotiate")
		w.Header().Add("WWW-Authenticate", `Basic realm="WSMAN"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	f.start(t, true)
	target := f.target()
	target.Address = "localhost"
	target.WinRM.Auth, target.WinRM.Kerberos = connectors.WinRMKerberos, k
	target.Retry = connectors.Retry{Attempts: 3, Backoff: time.Millisecond}
	_, err := New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeAuth, "refuses the login")
	if len(f.tokens) != 1 {
		t.Errorf("it tried %d times", len(f.tokens))
	}
}

// A cache that is damaged is an error, whatever the library makes of it.
func TestDamagedTicketCache(t *testing.T) {
	noLeaks(t)
	_, k := realm(t, "krbtgt/"+testRealm, "HTTP/localhost")
	whole, err := os.ReadFile(k.CCache)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{}
	f.start(t, true)
	for _, n := range []int{0, 1, 2, 20, 100, len(whole) - 5} {
		if err := os.WriteFile(k.CCache, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		target := f.target()
		target.Address = "localhost"
		target.WinRM.Auth, target.WinRM.Kerberos = connectors.WinRMKerberos, k
		_, err := New(hasty()).Dial(t.Context(), target)
		fails(t, err, connectors.CodeAuth, "no Kerberos ticket")
	}
}

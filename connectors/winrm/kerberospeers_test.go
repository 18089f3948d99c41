//go:build peers

package winrm

import (
	"context"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// TestKDC logs in with a ticket of a real KDC at an acceptor of MIT, from each thing
// that a ticket can be made of.
func TestKDC(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	there := k.host("")
	cache := k.path("ccache")
	k.tool(krbPassword+"\n", "kinit", "-c", cache, krbUser)
	for _, way := range []struct {
		name, user, who string
		edit            func(*connectors.Target)
	}{
		{"password", krbUser, krbUser, func(*connectors.Target) {}},
		{"password, realm and case", krbUser + "@" + strings.ToLower(krbRealm), krbUser, func(t *connectors.Target) { t.Address = strings.ToUpper(krbHost) }},
		{"keytab", "keytabuser", "keytabuser", func(t *connectors.Target) { t.WinRM.Kerberos.Keytab, t.Auth.Password = k.userKeytab, nil }},
		{"cache", "", krbUser, func(t *connectors.Target) { t.WinRM.Kerberos.CCache, t.Auth.Password = cache, nil }},
	} {
		t.Run(way.name, func(t *testing.T) {
			seen, known := len(there.list()), k.logged("TGS_REQ", "ISSUE")
			target := k.target(there, krbHost)
			target.User = way.user
			way.edit(&target)
			s := dialed(t, kerberosConfig(there), target)
			script(t, s)
			together(t, s)
			given(t, there, s)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			there.awaitFrom(seen, "to delete the shells", func(h happened) bool { return h.Event == "delete" && h.Shells == 0 })
			tickets := 0
			for _, h := range there.list()[seen:] {
				switch h.Event {
				case "ticket":
					tickets++
					if h.Who != way.who+"@"+krbRealm {
						t.Errorf("it was let in as %q", h.Who)
					}
				case "refused", "401":
					t.Errorf("it was refused: %+v", h)
				}
			}
			if tickets < 30 {
				t.Errorf("%d requests had a ticket", tickets)
			}
			if n := k.logged("TGS_REQ", "ISSUE") - known; n != 1 {
				t.Errorf("the KDC was asked for %d tickets of the host, want 1 for a session", n)
			}
		})
	}
}

// A command is given up while it runs already and the host has not said so: nobody
// knows its id, and its shell is deleted.
func TestKDCGivenUp(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	there := k.host("", "LATE_START=0.5")
	s := dialed(t, kerberosConfig(there), k.target(there, krbHost))
	given(t, there, s)
	there.await("to delete the shell", func(h happened) bool { return h.Event == "delete" })
	first := there.await("to start a command", func(h happened) bool { return h.Event == "start" })
	for _, h := range there.list() {
		if h.Event == "signal" && h.PID == first.PID {
			t.Error("the command was signalled: its id was known")
		}
	}
}

// A ticket is bound to the certificate: it lets nobody in by another one, and nothing
// else is tried.
func TestKerberosBindings(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	there := k.host("", "BINDINGS=other")
	_, err := New(kerberosConfig(there)).Dial(t.Context(), k.target(there, krbHost))
	fails(t, err, connectors.CodeAuth, "refuses the login")
	h := there.await("to refuse the login", func(h happened) bool { return h.Event == "refused" })
	t.Logf("bound to another certificate: %s", h.Why)
	if !strings.Contains(h.Why, "channel binding") && !strings.Contains(h.Why, "Channel binding") {
		t.Errorf("it was refused because of %q", h.Why)
	}
	once(t, there)
}

// once checks that a refused host was asked once, with Kerberos.
func once(t *testing.T, there *peer) {
	t.Helper()
	if n := there.count("401"); n != 1 || there.count("refused") != 1 || there.count("login") != 0 {
		t.Errorf("%d requests were refused: %+v", n, there.list())
	}
}

// Whatever is wrong is an error that says what to do, from one try, and the host does
// not see a login of another kind.
func TestKDCRefuses(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	there := k.host("")
	cache := k.path("brief")
	k.tool("short\n", "kinit", "-c", cache, "brief")
	k.awaitExpiry(cache)
	for _, c := range []struct {
		name        string
		code        connectors.Code
		words, hint string
		// log is what stands once in the log of the KDC.
		log  string
		edit func(*connectors.Target)
	}{
		{"another password", connectors.CodeAuth, "PREAUTH_FAILED", "the password is wrong", "preauth (encrypted_timestamp) verify failure",
			func(t *connectors.Target) {
				t.Auth.Password = &connectortest.Secret{Name: "cred:win", Value: "incorrect horse"}
			}},
		{"no such user", connectors.CodeAuth, "C_PRINCIPAL_UNKNOWN", "check user and realm", "CLIENT_NOT_FOUND",
			func(t *connectors.Target) { t.User = "nobody" }},
		{"no such service", connectors.CodeAuth, "S_PRINCIPAL_UNKNOWN", "setspn -Q HTTP/none.corp.test", "LOOKING_UP_SERVER: authtime",
			func(t *connectors.Target) { t.Address = "none.corp.test" }},
		{"the password has expired", connectors.CodeAuth, "KEY_EXPIRED", "set another one", "CLIENT KEY EXPIRED",
			func(t *connectors.Target) {
				t.User, t.Auth.Password = "stale", &connectortest.Secret{Name: "cred:win", Value: "old"}
			}},
		{"a keytab of another", connectors.CodeAuth, "keytab", "klist -k " + k.userKeytab, "",
			func(t *connectors.Target) { t.User, t.WinRM.Kerberos.Keytab = krbUser, k.userKeytab }},
		{"an old keytab", connectors.CodeAuth, "PREAUTH_FAILED", "make another one", "preauth (encrypted_timestamp) verify failure",
			func(t *connectors.Target) { t.User, t.WinRM.Kerberos.Keytab = "moved", k.userKeytab }},
		{"the tickets have expired", connectors.CodeAuth, "expired at", "kinit -c " + cache, "",
			func(t *connectors.Target) { t.WinRM.Kerberos.CCache = cache }},
		{"no such realm", connectors.CodeAuth, "no Kerberos ticket", "dns_lookup_kdc", "",
			func(t *connectors.Target) { t.WinRM.Kerberos.Realm = "ELSEWHERE.TEST" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := k.target(there, krbHost)
			target.Retry = connectors.Retry{Attempts: 3, Backoff: time.Millisecond}
			c.edit(&target)
			before := 0
			if c.log != "" {
				before = k.logged(c.log)
			}
			seen := len(there.list())
			_, err := New(kerberosConfig(there)).Dial(t.Context(), target)
			e := failure(t, err, c.code, c.words)
			if !strings.Contains(e.Hint, c.hint) || e.Hint == "" || e.Phase != connectors.PhaseLogin {
				t.Errorf("the hint is %q (phase %q), want %q in it", e.Hint, e.Phase, c.hint)
			}
			t.Logf("%v\n  -> %s", err, e.Hint)
			if c.log != "" {
				if n := k.logged(c.log) - before; n != 1 {
					t.Errorf("the KDC refused %d times, want once", n)
				}
			}
			if more := there.list()[seen:]; len(more) > 0 {
				t.Errorf("the host saw something: %+v", more)
			}
		})
	}
}

// awaitExpiry waits until klist says that a cache is no good any more.
func (k *kdc) awaitExpiry(cache string) {
	k.t.Helper()
	limit, cancel := context.WithTimeout(k.t.Context(), peerWait)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for k.valid(cache) {
		select {
		case <-tick.C:
		case <-limit.Done():
			k.t.Fatal("the ticket does not expire")
		}
	}
}

// A ticket that is encrypted for another account, and clocks that differ: the host
// refuses it, and says why in the reply.
func TestHostRefusesTicket(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	for _, c := range []struct{ name, address, clock, hint string }{
		{"the ticket is for another account", "stolen.corp.test", "", "setspn"},
		{"the clock of the host", krbHost, "+20m", "clocks"},
	} {
		t.Run(c.name, func(t *testing.T) {
			there := k.host(c.clock)
			target := k.target(there, c.address)
			target.Retry = connectors.Retry{Attempts: 3, Backoff: time.Millisecond}
			_, err := New(kerberosConfig(there)).Dial(t.Context(), target)
			e := failure(t, err, connectors.CodeAuth, "refuses the login")
			if !strings.Contains(e.Hint, c.hint) {
				t.Errorf("the hint is %q, want %q in it", e.Hint, c.hint)
			}
			t.Logf("%v\n  -> %s", err, e.Hint)
			h := there.await("to refuse the login", func(h happened) bool { return h.Event == "refused" })
			t.Logf("the host: %s", h.Why)
			once(t, there)
		})
	}
}

// A KDC with another time, one that is down and one that says nothing.
func TestKDCIsAway(t *testing.T) {
	noLeaks(t)
	k := realmOf(t)
	there := k.host("")
	dial := func(t *testing.T, code connectors.Code, words, hint string, edit func(*connectors.Target)) {
		t.Helper()
		target := k.target(there, krbHost)
		if edit != nil {
			edit(&target)
		}
		target.Retry = connectors.Retry{Attempts: 2, Backoff: time.Millisecond}
		_, err := New(kerberosConfig(there)).Dial(t.Context(), target)
		e := failure(t, err, code, words)
		if !strings.Contains(e.Hint, hint) {
			t.Errorf("the hint is %q, want %q in it", e.Hint, hint)
		}
		t.Logf("%v\n  -> %s", err, e.Hint)
		if again := strings.Contains(err.Error(), "tried 2 times"); again != (code != connectors.CodeAuth) {
			t.Errorf("it was tried again: %v", again)
		}
	}
	k.stop()
	dial(t, connectors.CodeUnreachable, "no KDC can be reached", "port 88", nil)
	k.start("+1h")
	dial(t, connectors.CodeAuth, "SKEW", "clocks differ", nil)
	k.stop()
	silentKDC(t, k.port)
	dial(t, connectors.CodeTimeout, "no answer of the KDC", "port 88", func(t *connectors.Target) { t.Timeouts.Connect = 300 * time.Millisecond })
	if n := len(there.list()); n > 1 {
		t.Errorf("the host saw something: %+v", there.list())
	}
}

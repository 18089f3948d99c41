package winrm

import (
	"context"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jcmturner/gokrb5/v8/client"
	"github.com/jcmturner/gokrb5/v8/config"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"
	"go.uber.org/goleak"

	"patchwave/connectors"
)

// silentKDC takes what a KDC is sent, over TCP and UDP, and says nothing until the test
// ends. Port 0 is any that is free; it returns the port.
func silentKDC(t *testing.T, port int) int {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	u, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	var taken sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	taken.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // it is over
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		err := errors.Join(l.Close(), u.Close())
		taken.Wait()
		for _, c := range conns {
			err = errors.Join(err, c.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	return port
}

// A KDC that says nothing, over UDP and over TCP, is given up when the connect timeout or
// the deadline of the caller ends, and nothing is left of the attempt: long before the
// time of a single KDC is over.
func TestSilentKDC(t *testing.T) {
	port := silentKDC(t, 0)
	dir := t.TempDir()
	f := &fake{}
	f.start(t, true)
	const soon = 300 * time.Millisecond
	// by the connect timeout, without a connection whose handshake would have it too
	timeout := func(_ context.Context, target connectors.Target) error {
		target.Timeouts.Connect = soon
		l, err := newKerberosLogin(&endpoint{target: target, host: target.Address, timeouts: target.Timeouts})
		if err == nil {
			_, err = l.authorization(t.Context(), &link{})
			l.close()
		}
		return err
	}
	deadline := func(ctx context.Context, target connectors.Target) error {
		_, err := New(hasty()).Dial(ctx, target)
		return err
	}
	for name, how := range map[string]struct {
		conf, words string
		ask         func(context.Context, connectors.Target) error
	}{
		"udp, connect timeout": {"", "no answer of the KDC", timeout},
		"tcp, connect timeout": {" udp_preference_limit = 1\n", "no answer of the KDC", timeout},
		"udp, deadline":        {"", "stopped while connecting", deadline},
		"tcp, deadline":        {" udp_preference_limit = 1\n", "stopped while connecting", deadline},
	} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			conf := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			text := fmt.Sprintf("[libdefaults]\n default_realm = EXAMPLE.ORG\n%[1]s[realms]\n EXAMPLE.ORG = {\n  kdc = 127.0.0.1:%[2]d\n  kdc = 127.0.0.1:%[2]d\n }\n", how.conf, port)
			if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			target := f.target()
			target.Address = "localhost"
			target.WinRM.Auth, target.WinRM.Kerberos = connectors.WinRMKerberos, connectors.Kerberos{Krb5Conf: conf}
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			began := time.Now()
			done := make(chan error, 1)
			go func() { done <- how.ask(ctx, target) }()
			select {
			case err := <-done:
				fails(t, err, connectors.CodeTimeout, how.words)
				t.Logf("it ended %s after the deadline", (time.Since(began) - soon).Round(time.Millisecond))
			case <-time.After(kdcPatience):
				t.Errorf("it still waits, and ends with %v", <-done)
			}
			goleak.VerifyNone(t, before) // it looks again for less than a second
		})
	}
}

// scripted is a KDC that answers with what is given, whatever it is asked.
func scripted(conf *config.Config, answers ...func(network string, request []byte) []byte) (k *kdcs, asked *[]string) {
	asked = &[]string{}
	k = kdcsOf(conf)
	k.dial = func(_ context.Context, network, address string) (net.Conn, error) {
		n := len(*asked)
		*asked = append(*asked, network+" "+address)
		if n >= len(answers) {
			return nil, errors.New("refused")
		}
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			request := make([]byte, 1<<16)
			size, err := there.Read(request)
			if err == nil {
				_, _ = there.Write(answers[n](network, request[:size])) // the client may be gone
			}
		}()
		return here, nil
	}
	return k, asked
}

// framed is an answer behind its length.
func framed(answer []byte) func(string, []byte) []byte {
	return func(network string, _ []byte) []byte {
		if network == "udp" {
			return answer
		}
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...)
	}
}

// kdcSays is an answer that is an error.
func kdcSays(t *testing.T, code int32, edit func(*messages.KRBError)) []byte {
	t.Helper()
	e := messages.NewKRBError(types.NewPrincipalName(1, "krbtgt/"+testRealm), testRealm, code, "")
	e.CName, e.CRealm = types.NewPrincipalName(1, "patch"), testRealm
	if edit != nil {
		edit(&e)
	}
	b, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// configOf is a configuration with two KDCs.
func configOf(t *testing.T, more string) *config.Config {
	t.Helper()
	conf, err := config.NewFromString("[libdefaults]\n default_realm = EXAMPLE.ORG\n" + more + "[realms]\n EXAMPLE.ORG = {\n  kdc = one.example.org\n  kdc = two.example.org:89\n }\n")
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

// What KDCs say, in the order in which they are asked.
func TestAskingKDCs(t *testing.T) {
	noLeaks(t)
	tooBig, denied := kdcSays(t, errorcode.KRB_ERR_RESPONSE_TOO_BIG, nil), kdcSays(t, errorcode.KDC_ERR_POLICY, nil)
	wordy := kdcSays(t, errorcode.KDC_ERR_POLICY, func(e *messages.KRBError) { e.EText = strings.Repeat("x", 5000) })
	huge := func(string, []byte) []byte { return []byte{0xff, 0xff, 0xff, 0xff, 1} }
	short := func(string, []byte) []byte { return []byte{0, 0, 0, 9, 1} }
	answer := []byte("an answer")
	for name, c := range map[string]struct {
		conf    string
		answers []func(string, []byte) []byte
		want    string
		asked   string
	}{
		"the first answers":   {"", []func(string, []byte) []byte{framed(answer)}, "an answer", "udp one.example.org:88"},
		"too big for udp":     {"", []func(string, []byte) []byte{framed(tooBig), framed(tooBig), framed(answer)}, "an answer", "udp one.example.org:88,udp two.example.org:89,tcp one.example.org:88"},
		"tcp alone":           {" udp_preference_limit = 1\n", []func(string, []byte) []byte{huge, framed(answer)}, "an answer", "tcp one.example.org:88,tcp two.example.org:89"},
		"tcp first":           {" udp_preference_limit = 2\n", []func(string, []byte) []byte{huge, short, framed(answer)}, "an answer", "tcp one.example.org:88,tcp two.example.org:89,udp one.example.org:88"},
		"refused is final":    {"", []func(string, []byte) []byte{framed(denied)}, "KDC_ERR_POLICY", "udp one.example.org:88"},
		"its words are short": {"", []func(string, []byte) []byte{framed(wordy)}, "KDC_ERR_POLICY", "udp one.example.org:88"},
		"an endless answer":   {" udp_preference_limit = 1\n", []func(string, []byte) []byte{huge, huge}, "announces an answer of 4294967295 bytes", "tcp one.example.org:88,tcp two.example.org:89"},
	} {
		t.Run(name, func(t *testing.T) {
			k, asked := scripted(configOf(t, c.conf), c.answers...)
			got, err := k.ask(t.Context(), testRealm, []byte("a request"))
			text := string(got)
			if err != nil {
				text = err.Error()
			}
			if !strings.Contains(text, c.want) || len(text) > 500 {
				t.Errorf("got %q, want %q", text, c.want)
			}
			if s := strings.Join(*asked, ","); s != c.asked {
				t.Errorf("asked %q, want %q", s, c.asked)
			}
		})
	}
}

// Where the KDCs of a realm are that the configuration does not name.
func TestFindingKDCs(t *testing.T) {
	conf := configOf(t, "")
	k, _ := scripted(conf)
	_, err := k.ask(t.Context(), "OTHER.ORG", nil)
	if none, ok := errors.AsType[*noKDCError](err); !ok || !none.unknown {
		t.Errorf("got %v", err)
	}
	conf.LibDefaults.DNSLookupKDC = true
	for _, c := range []struct {
		err     error
		unknown bool
	}{{&net.DNSError{IsNotFound: true}, true}, {&net.DNSError{IsTimeout: true}, false}, {nil, false}} {
		k.lookup = func(_ context.Context, network, realm string) ([]*net.SRV, error) {
			if realm != "OTHER.ORG" {
				t.Errorf("looked up %q", realm)
			}
			if c.err != nil {
				return nil, c.err
			}
			return []*net.SRV{{Target: network + ".other.org.", Port: 8888}}, nil
		}
		_, err := k.ask(t.Context(), "OTHER.ORG", nil)
		if none, ok := errors.AsType[*noKDCError](err); !ok || none.unknown != c.unknown {
			t.Errorf("got %v", err)
		}
		if c.err == nil && (!strings.Contains(err.Error(), "udp.other.org:8888") || !strings.Contains(err.Error(), "tcp.other.org:8888")) {
			t.Errorf("got %v", err)
		}
	}
}

// A KDC, or whoever speaks for it, that wants the password in a way that is not safe, or
// for ever, gets nothing.
func TestHostilePreauth(t *testing.T) {
	noLeaks(t)
	wants := func(kind int32, rounds []byte) []byte {
		info, err := asn1.Marshal([]types.ETypeInfo2Entry{{EType: kind, Salt: "EXAMPLE.ORGpatch", S2KParams: rounds}})
		if err != nil {
			t.Fatal(err)
		}
		hints, err := asn1.Marshal(types.PADataSequence{{PADataType: patype.PA_ETYPE_INFO2, PADataValue: info}})
		if err != nil {
			t.Fatal(err)
		}
		return kdcSays(t, errorcode.KDC_ERR_PREAUTH_REQUIRED, func(e *messages.KRBError) { e.EData = hints })
	}
	none := kdcSays(t, errorcode.KDC_ERR_PREAUTH_REQUIRED, nil)
	refused := framed(kdcSays(t, errorcode.KDC_ERR_PREAUTH_FAILED, nil))
	for name, c := range map[string]struct {
		answer []byte
		words  string
		asked  int
	}{
		"as usual":             {wants(etypeID.AES256_CTS_HMAC_SHA1_96, []byte{0, 0, 0x10, 0}), "PREAUTH_FAILED", 2},
		"hashed for hours":     {wants(etypeID.AES256_CTS_HMAC_SHA1_96, []byte{0xff, 0xff, 0xff, 0xff}), "hashed 4294967295 times", 1},
		"hashed 2^32 times":    {wants(etypeID.AES256_CTS_HMAC_SHA1_96, []byte{0, 0, 0, 0}), "hashed 0 times", 1},
		"weaker than allowed":  {wants(etypeID.RC4_HMAC, nil), "encryption 23", 1},
		"nothing":              {none, "what the KDC wants", 1},
		"an answer that is no": {[]byte{0x6b, 0x80, 1, 2, 3}, "damaged", 1},
	} {
		t.Run(name, func(t *testing.T) {
			conf := configOf(t, " default_tkt_enctypes = aes256-cts-hmac-sha1-96\n")
			have := ticketsOf(client.NewWithPassword("patch", testRealm, "correct horse", conf))
			k, asked := scripted(conf, framed(c.answer), refused)
			have.kdcs = k
			_, err := have.service(t.Context(), "HTTP/win1.example.org")
			if err == nil || !strings.Contains(err.Error(), c.words) || strings.Contains(err.Error(), "correct horse") {
				t.Errorf("got %v, want %q", err, c.words)
			}
			if len(*asked) != c.asked {
				t.Errorf("asked %v", *asked)
			}
		})
	}
}

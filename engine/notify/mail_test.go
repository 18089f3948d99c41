package notify

import (
	"bufio"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"mime"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// mailServer is a small mail server on loopback.
type mailServer struct {
	addr  string
	cert  tls.Certificate
	roots *x509.CertPool
	// mode is plain, starttls or implicit; refuse answers a command with this line.
	mode   string
	refuse map[string]string

	mu      sync.Mutex
	said    []string
	letters []string
}

func newMailServer(t *testing.T, mode string, refuse map[string]string) *mailServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{mode: mode, refuse: refuse, cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots: x509.NewCertPool()}
	s.roots.AddCert(parsed)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
	})
	return s
}

func (s *mailServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	secure := s.mode == "implicit"
	if secure {
		c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12})
	}
	in := bufio.NewReader(c)
	put := func(line string) { _, _ = fmt.Fprintf(c, "%s\r\n", line) }
	put("220 mail.example.net")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		verb := strings.ToUpper(strings.Fields(line + " x")[0])
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		if answer, ok := s.refuse[verb]; ok {
			put(answer)
			continue
		}
		switch verb {
		case "EHLO":
			put("250-mail.example.net")
			if s.mode == "starttls" && !secure {
				put("250-STARTTLS")
			}
			if secure {
				put("250-AUTH PLAIN")
			}
			put("250 8BITMIME")
		case "STARTTLS":
			put("220 go on")
			up := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{s.cert}, MinVersion: tls.VersionTLS12})
			if up.Handshake() != nil {
				return
			}
			c, in, secure = up, bufio.NewReader(up), true
		case "AUTH":
			put("235 ok")
		case "DATA":
			put("354 go on")
			var letter strings.Builder
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				letter.WriteString(l)
			}
			s.mu.Lock()
			s.letters = append(s.letters, letter.String())
			s.mu.Unlock()
			put("250 ok")
		case "QUIT":
			put("221 bye")
			return
		default:
			put("250 ok")
		}
	}
}

// post is a sender that trusts the server.
func (s *mailServer) post(trust bool) *Post {
	p := newPost(Options{Tries: 1}, internet)
	if trust {
		p.mail.roots = s.roots
	}
	return p
}

const toAndFrom = "?from=patchwave@example.net&fromname=Patchwave&to=ops@example.net,night@example.net"

func TestMail(t *testing.T) {
	s := newMailServer(t, "starttls", nil)
	m := about("db-01", "x\r\nBcc: everybody@example.net\r\n.\r\nQUIT")
	m.Policies = []string{"web\r\nBcc: everybody@example.net\r\n\r\nhello"}
	m = m.sealed("r1")
	for range 2 {
		if err := s.post(true).Send(t.Context(), secret("smtp://user:"+canary+"@"+s.addr+"/"+toAndFrom), m); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.letters) != 2 {
		t.Fatalf("%d letters", len(s.letters))
	}
	var ids []string
	for _, raw := range s.letters {
		l, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, l.Header.Get("Message-Id"))
		subject, err := new(mime.WordDecoder).DecodeHeader(l.Header.Get("Subject"))
		if err != nil || !strings.HasPrefix(subject, `patchwave: web\r\nBcc: everybody@example.net`) {
			t.Errorf("subject %q, %v", subject, err)
		}
		if l.Header.Get("Bcc") != "" || l.Header.Get("X-Patchwave-Notification") != "r1/failed/ops" || l.Header.Get("To") != "<ops@example.net>, <night@example.net>" {
			t.Errorf("headers %v", l.Header)
		}
	}
	if ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("the same message has ids %q", ids)
	}
	all := strings.Join(s.said, "\n")
	if strings.Contains(all, "everybody") || strings.Count(all, "RCPT TO") != 4 {
		t.Errorf("the server was told %s", all)
	}
	if start, auth := strings.Index(all, "STARTTLS"), strings.Index(all, "AUTH"); start < 0 || auth < start {
		t.Errorf("logged in before TLS: %s", all)
	}
}

// TestMailRefused: what the server says is not shown; nothing is sent in clear unless
// the url says so, and a password never.
func TestMailRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		mode   string
		trust  bool
		args   string
		refuse map[string]string
		want   string
	}{
		"in clear, as asked":     {args: "&encryption=None"},
		"TLS from the start":     {mode: "implicit", trust: true, args: "&encryption=ImplicitTLS"},
		"unknown from the start": {mode: "implicit", args: "&encryption=ImplicitTLS", want: "its certificate cannot be verified"},
		"no STARTTLS":            {want: "it offers no STARTTLS; a mail server without it needs encryption=None in its url"},
		"unknown certificate":    {mode: "starttls", want: "its certificate cannot be verified"},
		"login refused":          {mode: "starttls", trust: true, refuse: map[string]string{"AUTH": "535 " + canary}, want: "the mail server refused the login (535)"},
		"recipient refused":      {mode: "starttls", trust: true, refuse: map[string]string{"RCPT": "550 " + canary}, want: "the mail server refused it (550); are the addresses in its url right?"},
		"put off":                {mode: "starttls", trust: true, refuse: map[string]string{"DATA": "451 " + canary}, want: "the mail server put it off (451)"},
		"says nonsense":          {refuse: map[string]string{"EHLO": canary, "HELO": canary}, want: "it was not told; the library's words are not shown, because they may hold its address"},
		"password over no TLS":   {args: "&encryption=None&login", want: "it was not told; the library's words are not shown, because they may hold its address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newMailServer(t, cmp.Or(tc.mode, "plain"), tc.refuse)
			who := ""
			if tc.mode != "" || strings.Contains(tc.args, "login") {
				who = "user:" + canary + "@"
			}
			err := s.post(tc.trust).Send(t.Context(), secret("smtp://"+who+s.addr+"/"+toAndFrom+tc.args), about("h", "no"))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("%q, not %q", got, tc.want)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if strings.Contains(strings.Join(s.said, "\n"), canary) || (tc.want != "" && len(s.letters) > 0) {
				t.Errorf("the server was told %q", s.said)
			}
		})
	}
}

// TestMailDead: a server that says nothing.
func TestMailDead(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	p := newPost(Options{Timeout: 100 * time.Millisecond, Tries: 1}, internet)
	err = p.Send(t.Context(), secret("smtp://"+l.Addr().String()+"/"+toAndFrom), about("h", "no"))
	if err == nil || err.Error() != "it did not answer in time" {
		t.Errorf("%v", err)
	}
}

// TestLetterHeaders: whatever a name says, a letter has the headers of one about a
// harmless name, and each on lines of its own.
func TestLetterHeaders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		word := hostile().Draw(rt, "word")
		m := about(word, word)
		m.Policies = []string{word}
		raw := written(rt, m.sealed(word))
		calm := written(rt, about("x", "x"))
		got, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			rt.Fatalf("%q: %v", raw, err)
		}
		want, err := mail.ReadMessage(strings.NewReader(calm))
		if err != nil {
			rt.Fatal(err)
		}
		if len(got.Header) != len(want.Header) {
			rt.Fatalf("%q makes headers %v", word, got.Header)
		}
		for name, v := range got.Header {
			if len(v) != len(want.Header[name]) {
				rt.Fatalf("%q makes header %s: %v", word, name, v)
			}
		}
	})
}

func written(t interface{ Fatalf(string, ...any) }, m Message) string {
	u := mustURL(t, "smtp://127.0.0.1/"+toAndFrom)
	msg, err := letter(u, m)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var b strings.Builder
	if _, err := msg.WriteTo(&b); err != nil {
		t.Fatalf("%v", err)
	}
	return b.String()
}

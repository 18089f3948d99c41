package wsman

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"

	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// serve starts a server whose commands do nothing.
func serve(t *testing.T, opt Options) *Server {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	opt.Handler = HandlerFunc(func(ctx context.Context, _ Command) uint32 { <-ctx.Done(); return 1 })
	if opt.Users == nil {
		opt.Users = map[string]string{"admin": "secret", `CORP\bob`: "b0b", "nopass": ""}
	}
	s, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// line is one TCP connection to a server.
type line struct {
	t    *testing.T
	s    *Server
	http *http.Client
	mine *sealing // as the server has it: in is what the client sends
}

func newLine(t *testing.T, s *Server, certificates ...tls.Certificate) *line {
	t.Helper()
	transport := &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}
	if s.tls != nil {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(s.CA())
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, Certificates: certificates}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &line{t: t, s: s, http: &http.Client{Transport: transport}}
}

// post sends a body and returns status, the first challenge and the body.
func (l *line) post(authorization, kind string, body []byte) (status int, challenge string, answer []byte) {
	l.t.Helper()
	r, err := http.NewRequestWithContext(l.t.Context(), http.MethodPost, l.s.URL(), strings.NewReader(string(body)))
	if err != nil {
		l.t.Fatal(err)
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	r.Header.Set("Content-Type", kind)
	resp, err := l.http.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	if isSealed(resp.Header.Get("Content-Type")) {
		signature, sealed, err := unframe(answer)
		if err != nil {
			l.t.Fatal(err)
		}
		if answer, err = l.mine.out.open(signature, sealed); err != nil {
			l.t.Fatal(err)
		}
	}
	return resp.StatusCode, resp.Header.Get("WWW-Authenticate"), answer
}

const asked = flagUnicode | flagExtended | flagNTLM | flagSeal | flagSign | flag128 | flagKeyExchange

// negotiate logs the connection in; body goes with the last message.
func (l *line) negotiate(domain, name, password string, body []byte) (status int, answer []byte) {
	l.t.Helper()
	first := append([]byte(ntlmSignature), 1, 0, 0, 0)
	first = append(binary.LittleEndian.AppendUint32(first, asked), make([]byte, 24)...)
	status, challenge, _ := l.post("Negotiate "+base64.StdEncoding.EncodeToString(first), soapType, nil)
	b64, ok := strings.CutPrefix(challenge, "Negotiate ")
	second, err := base64.StdEncoding.DecodeString(b64)
	if status != http.StatusUnauthorized || !ok || err != nil {
		l.t.Fatalf("%d, %q, %v", status, challenge, err)
	}
	info := second[binary.LittleEndian.Uint32(second[44:]):]
	third, sealing := proofOf([8]byte(second[24:32]), info, domain, name, password)
	l.mine = sealing
	status, _, answer = l.post("Negotiate "+base64.StdEncoding.EncodeToString(third), soapType, body)
	return status, answer
}

// proofOf answers a challenge.
func proofOf(nonce [8]byte, info []byte, domain, name, password string) ([]byte, *sealing) {
	temp := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, make([]byte, 20)...)
	temp = append(append(temp, info...), 0, 0, 0, 0)
	response := ntowf(password, name, domain)
	proof := hmacMD5(response, nonce[:], temp)
	exported := []byte("0123456789abcdef")
	third := append([]byte(ntlmSignature), 3, 0, 0, 0)
	var payload []byte
	for _, f := range [][]byte{nil, append(proof, temp...), utf16le(domain), utf16le(name), nil, rc4Once(hmacMD5(response, proof), exported)} {
		third = appendField(third, len(f), 64+len(payload))
		payload = append(payload, f...)
	}
	return append(binary.LittleEndian.AppendUint32(third, asked), payload...), newSealing(exported, asked)
}

// identify asks for something that needs a login and nothing else.
var identify = []byte(soap("", `<Identify xmlns="`+nsIdentify+`"/>`))

// sealed sends a sealed request.
func (l *line) sealed() (status int) {
	l.t.Helper()
	status, _, answer := l.post("", sealedType, frame(l.mine.in.seal(identify)))
	if status == http.StatusOK && !strings.Contains(string(answer), "Microsoft Corporation") {
		l.t.Errorf("the answer is %q", answer)
	}
	return status
}

func TestNTLMBelongsToAConnection(t *testing.T) {
	s := serve(t, Options{})
	l := newLine(t, s)
	if status, challenge, body := l.post("", soapType, nil); status != http.StatusUnauthorized || challenge != "Negotiate" || len(body) != 0 {
		t.Errorf("nobody: %d, %q, %q", status, challenge, body)
	}
	if status, _ := l.negotiate("", "ADMIN", "secret", nil); status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	for range 3 {
		if status := l.sealed(); status != http.StatusOK {
			t.Fatalf("sealed: %d", status)
		}
	}
	// everybody could read this
	if status, _, _ := l.post("", soapType, identify); status != http.StatusUnauthorized {
		t.Errorf("unencrypted: %d", status)
	}
	if status := l.sealed(); status != http.StatusOK {
		t.Fatalf("sealed: %d", status)
	}
	other := newLine(t, s)
	other.mine = l.mine
	if status := other.sealed(); status != http.StatusUnauthorized {
		t.Errorf("without a login: %d", status)
	}
	if status, _ := other.negotiate("", "admin", "secret", nil); status != http.StatusOK {
		t.Fatalf("login: %d", status)
	}
	other.mine = l.mine
	if status := other.sealed(); status != http.StatusBadRequest {
		t.Errorf("sealed for another connection: %d", status)
	}
	n := s.Counters()
	if n.Connections != 2 || n.Handshakes != 2 || n.Logins != 2 || n.Sealed != 4 || n.Plain != 0 || n.Unauthorized != 5 {
		t.Errorf("%+v", n)
	}
}

func TestForgetLogins(t *testing.T) {
	s := serve(t, Options{})
	l := newLine(t, s)
	l.negotiate("", "admin", "secret", nil)
	if status := l.sealed(); status != http.StatusOK {
		t.Fatalf("sealed: %d", status)
	}
	s.ForgetLogins()
	if status := l.sealed(); status != http.StatusUnauthorized {
		t.Errorf("forgotten: %d", status)
	}
	if status, _ := l.negotiate("", "admin", "secret", nil); status != http.StatusOK {
		t.Errorf("again: %d", status)
	}
	if status := l.sealed(); status != http.StatusOK {
		t.Errorf("sealed again: %d", status)
	}
}

func TestWhoMayLogIn(t *testing.T) {
	s := serve(t, Options{Auth: Negotiate | Basic, TLS: true})
	for _, tt := range []struct {
		domain, name, password string
		ok                     bool
	}{
		{"", "admin", "secret", true}, {"ANY", "Admin", "secret", true}, {"", "admin", "Secret", false}, {"", "admin", "", false},
		{"CORP", "bob", "b0b", true}, {"corp", "bob", "b0b", true}, {"OTHER", "bob", "b0b", false}, {"", "bob", "b0b", false},
		{"", "eve", "", false}, {"", "", "", false}, {"", "nopass", "", true},
	} {
		l := newLine(t, s)
		want := http.StatusUnauthorized
		if tt.ok {
			want = http.StatusOK
		}
		if status, _ := l.negotiate(tt.domain, tt.name, tt.password, nil); status != want {
			t.Errorf("NTLM %+v: %d", tt, status)
		}
		name := tt.name
		if tt.domain != "" {
			name = tt.domain + `\` + name
		}
		b64 := base64.StdEncoding.EncodeToString([]byte(name + ":" + tt.password))
		if status, _, _ := newLine(t, s).post("Basic "+b64, soapType, identify); status != want {
			t.Errorf("Basic %+v: %d", tt, status)
		}
	}
	// over TLS, the last message may bring the first request
	l := newLine(t, s)
	if status, answer := l.negotiate("", "admin", "secret", identify); status != http.StatusOK || !strings.Contains(string(answer), "Microsoft") {
		t.Errorf("%d, %q", status, answer)
	}
	if status, _, _ := l.post("", soapType, identify); status != http.StatusOK {
		t.Errorf("the next one: %d", status)
	}
	if status := l.sealed(); status != http.StatusOK {
		t.Errorf("sealed inside of TLS: %d", status)
	}
}

func TestBrokenNegotiations(t *testing.T) {
	s := serve(t, Options{})
	l := newLine(t, s)
	third := base64.StdEncoding.EncodeToString(exampleMessage(t, append(make([]byte, 16), exampleTemp(t)...)))
	// an answer to a challenge that was never given
	early, _ := proofOf([8]byte{}, nil, "", "admin", "secret")
	for _, authorization := range []string{
		"Negotiate", "Negotiate !", "Negotiate YII=", "Negotiate " + third, "NTLM " + third, "Negotiate " + base64.StdEncoding.EncodeToString(early), "Basic YWRtaW46c2VjcmV0", "Kerberos YII=", "x", mutual,
	} {
		if status, challenge, _ := l.post(authorization, soapType, nil); status != http.StatusUnauthorized || challenge != "Negotiate" {
			t.Errorf("%q: %d, %q", authorization, status, challenge)
		}
	}
	if n := s.Counters(); n.Connections != 1 || n.Logins != 0 {
		t.Errorf("%+v", n) // each answer left the connection usable
	}
}

func TestUnencryptedStatus(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusInternalServerError} {
		s := serve(t, Options{Auth: Basic, UnencryptedStatus: status})
		b64 := base64.StdEncoding.EncodeToString([]byte("admin:secret"))
		if got, _, body := newLine(t, s).post("Basic "+b64, soapType, identify); got != status || len(body) != 0 {
			t.Errorf("%d, %q, want %d", got, body, status)
		}
	}
}

func TestClientCertificate(t *testing.T) {
	certPEM, keyPEM, id, err := NewClientCertificate("ops")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	strangerPEM, strangerKey, _, err := NewClientCertificate("ops")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := tls.X509KeyPair(strangerPEM, strangerKey)
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, Options{TLS: true, Auth: Certificate, Certificates: map[string]string{id: "ops"}})
	for what, tt := range map[string]struct {
		certificates []tls.Certificate
		header       string
		status       int
	}{
		"known":    {[]tls.Certificate{mine}, mutual, http.StatusOK},
		"unknown":  {[]tls.Certificate{stranger}, mutual, http.StatusUnauthorized},
		"none":     {nil, mutual, http.StatusUnauthorized},
		"unnamed":  {[]tls.Certificate{mine}, "", http.StatusUnauthorized},
		"password": {[]tls.Certificate{mine}, "Basic YWRtaW46c2VjcmV0", http.StatusUnauthorized},
	} {
		if status, _, _ := newLine(t, s, tt.certificates...).post(tt.header, soapType, identify); status != tt.status {
			t.Errorf("%s: %d", what, status)
		}
	}
	block, _ := pem.Decode(s.CA())
	if got := s.Fingerprint(); len(got) != 64 || got != fingerprint(block.Bytes) {
		t.Errorf("fingerprint %s", got)
	}
	if plain := serve(t, Options{}); plain.Fingerprint() != "" || len(plain.CA()) != 0 {
		t.Error("a certificate without TLS")
	}
}

// TestOnTheWay: what somebody between client and server can do to a sealed message.
func TestOnTheWay(t *testing.T) {
	s := serve(t, Options{})
	l := newLine(t, s)
	l.negotiate("", "admin", "secret", nil)
	ask := func() (*http.Response, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), strings.NewReader(string(frame(l.mine.in.seal(identify)))))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", sealedType)
		resp, err := l.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, body
	}
	s.SetTrouble(Trouble{Unsealed: true})
	if resp, body := ask(); resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != soapType || !strings.Contains(string(body), "Microsoft") {
		t.Errorf("unsealed: %d, %q", resp.StatusCode, body)
	}
	s.SetTrouble(Trouble{Tampered: true})
	_, body := ask()
	signature, sealed, err := unframe(body)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.mine.out.open(signature, sealed); err == nil {
		t.Error("a tampered reply is as it should be")
	}
	s.SetTrouble(Trouble{Challenge: []byte("NTLMSSP\x00 and no more")})
	first := append([]byte(ntlmSignature), 1, 0, 0, 0, 0, 0, 0, 0)
	_, challenge, _ := newLine(t, s).post("Negotiate "+base64.StdEncoding.EncodeToString(first), soapType, nil)
	if want := "Negotiate " + base64.StdEncoding.EncodeToString([]byte("NTLMSSP\x00 and no more")); challenge != want {
		t.Errorf("challenge %q", challenge)
	}
}

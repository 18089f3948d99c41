package winrm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // NTLM
	"crypto/rc4" //nolint:gosec // NTLM
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/md4" //nolint:staticcheck,gosec // NTLM

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

// fake is a small WS-Man service (MS-WSMV) with Basic, NTLM or no login at all. It
// was written from the papers, apart from the client.
type fake struct {
	user, password string
	// scheme is "ntlm", "basic" or "" for any login.
	scheme string
	// before sees each decrypted request; if it returns a status, that and the body
	// are the reply. Status -1 drops the connection.
	before func(action string, body []byte) (status int, reply string)
	// raw sees each HTTP request, and reports whether it has replied.
	raw func(w http.ResponseWriter, r *http.Request) bool
	// challenge changes the flags of the challenge.
	challenge func(flags uint32) uint32
	// run runs a command line.
	run func(ctx context.Context, line string, stdin io.Reader, stdout, stderr io.Writer) int

	server                                          *httptest.Server
	mu                                              sync.Mutex
	shells                                          map[string]*fakeShell
	next                                            int
	created, handshakes, sealed, plain, connections atomic.Int64
	seen                                            []string
	lines                                           []string
	tokens                                          []string
}

type fakeShell struct{ commands map[string]*fakeCommand }

type fakeCommand struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	done     bool
	code     int
	changed  chan struct{}
	stdin    *io.PipeWriter
	gone     <-chan struct{}
	cancel   context.CancelFunc
}

// start serves f until the test ends.
func (f *fake) start(t testing.TB, secure bool) {
	t.Helper()
	f.shells = map[string]*fakeShell{}
	if f.user == "" {
		f.user, f.password = "admin", "correct horse"
	}
	if f.run == nil {
		f.run = func(context.Context, string, io.Reader, io.Writer, io.Writer) int { return 0 }
	}
	f.server = httptest.NewUnstartedServer(f)
	f.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		f.connections.Add(1)
		return context.WithValue(ctx, fakeKey{}, &fakeConn{})
	}
	f.server.Config.ErrorLog = quiet()
	if secure {
		f.server.StartTLS()
	} else {
		f.server.Start()
	}
	t.Cleanup(func() {
		f.killAll()
		f.server.CloseClientConnections()
		f.server.Close()
	})
}

func (f *fake) killAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id := range f.shells {
		f.kill(id)
	}
}

func (f *fake) kill(id string) {
	for _, c := range f.shells[id].commands {
		c.cancel()
		_ = c.stdin.Close()
	}
	delete(f.shells, id)
}

// target is how f is reached.
func (f *fake) target() connectors.Target {
	host, port, _ := net.SplitHostPort(f.server.Listener.Addr().String())
	t := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: host, User: f.user,
		Auth:  connectors.Auth{Password: &connectortest.Secret{Name: "cred:win", Value: f.password}},
		WinRM: connectors.WinRM{Auth: connectors.WinRMNTLM}, Retry: connectors.Retry{Attempts: 1}}
	_, _ = fmt.Sscan(port, &t.Port)
	if f.server.TLS != nil {
		t.WinRM.HTTPS = true
		t.WinRM.Fingerprint = fmt.Sprintf("%x", sha256Of(f.server.Certificate().Raw))
	}
	if f.scheme == "basic" {
		t.WinRM.Auth = connectors.WinRMBasic
	}
	return t
}

type fakeKey struct{}

// fakeConn is the NTLM context of one connection.
type fakeConn struct {
	mu                sync.Mutex
	authed            bool
	nonce             []byte
	inSeal, outSeal   *rc4.Cipher
	inSign, outSign   []byte
	inCount, outCount uint32
}

func hmacMD5(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func fromUTF16(b []byte) string {
	var u []uint16
	for ; len(b) >= 2; b = b[2:] {
		u = append(u, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(u))
}

// fakeFlags are those of a Windows server.
const fakeFlags = 0xE28A8235

func (c *fakeConn) challengeFor(flags uint32) []byte {
	target := utf16le("FAKE")
	var info []byte
	pair := func(id uint16, v []byte) {
		info = binary.LittleEndian.AppendUint16(info, id)
		info = binary.LittleEndian.AppendUint16(info, uint16(len(v)))
		info = append(info, v...)
	}
	pair(2, target)
	pair(1, target)
	pair(7, binary.LittleEndian.AppendUint64(nil, 133500000000000000))
	pair(0, nil)
	b := []byte("NTLMSSP\x00\x02\x00\x00\x00")
	field := func(n, off int) {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = binary.LittleEndian.AppendUint32(b, uint32(off))
	}
	field(len(target), 56)
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = append(b, c.nonce...)
	b = append(b, make([]byte, 8)...)
	field(len(info), 56+len(target))
	b = append(b, 10, 0, 0x63, 0x45, 0, 0, 0, 15)
	return append(append(b, target...), info...)
}

func (c *fakeConn) authenticate(m []byte, user, password string) bool {
	field := func(at int) []byte {
		n, off := int(binary.LittleEndian.Uint16(m[at:])), int(binary.LittleEndian.Uint32(m[at+4:]))
		return m[off : off+n]
	}
	nt, domain, name, key := field(20), field(28), field(36), field(52)
	if !strings.EqualFold(fromUTF16(name), user) || len(nt) < 24 {
		return false
	}
	h := md4.New()
	h.Write(utf16le(password))
	v2 := hmacMD5(h.Sum(nil), utf16le(strings.ToUpper(fromUTF16(name))), domain)
	if !hmac.Equal(hmacMD5(v2, c.nonce, nt[16:]), nt[:16]) {
		return false
	}
	exported := hmacMD5(v2, nt[:16])
	if len(key) == 16 {
		r, _ := rc4.NewCipher(exported)
		exported = make([]byte, 16)
		r.XORKeyStream(exported, key)
	}
	derive := func(s string) []byte {
		d := md5.Sum(append(append([]byte(nil), exported...), (s + "\x00")...)) //nolint:gosec // NTLM
		return d[:]
	}
	c.inSign = derive("session key to client-to-server signing key magic constant")
	c.outSign = derive("session key to server-to-client signing key magic constant")
	c.inSeal, _ = rc4.NewCipher(derive("session key to client-to-server sealing key magic constant"))
	c.outSeal, _ = rc4.NewCipher(derive("session key to server-to-client sealing key magic constant"))
	c.inCount, c.outCount, c.authed = 0, 0, true
	return true
}

func (c *fakeConn) open(b []byte) ([]byte, error) {
	_, b, ok := bytes.Cut(b, []byte("\tContent-Type: application/octet-stream\r\n"))
	b, end := bytes.CutSuffix(b, []byte("--Encrypted Boundary--\r\n"))
	if !ok || !end || len(b) < 20 || !c.authed {
		return nil, errors.New("no sealed message")
	}
	plain := make([]byte, len(b)-20)
	c.inSeal.XORKeyStream(plain, b[20:])
	count := binary.LittleEndian.AppendUint32(nil, c.inCount)
	sum := hmacMD5(c.inSign, count, plain)[:8]
	c.inSeal.XORKeyStream(sum, sum)
	if !bytes.Equal(sum, b[8:16]) || !bytes.Equal(count, b[16:20]) {
		return nil, errors.New("bad signature")
	}
	c.inCount++
	return plain, nil
}

func (c *fakeConn) close(m []byte) []byte {
	out := make([]byte, len(m))
	c.outSeal.XORKeyStream(out, m)
	count := binary.LittleEndian.AppendUint32(nil, c.outCount)
	c.outCount++
	sum := hmacMD5(c.outSign, count, m)[:8]
	c.outSeal.XORKeyStream(sum, sum)
	b := fmt.Appendf(nil, "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n\x10\x00\x00\x00\x01\x00\x00\x00", len(m))
	b = append(append(append(b, sum...), count...), out...)
	return append(b, "--Encrypted Boundary--\r\n"...)
}

// ServeHTTP serves one request.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	f.mu.Lock()
	f.tokens = append(f.tokens, r.Header.Get("Authorization"))
	f.mu.Unlock()
	if f.raw != nil && f.raw(w, r) {
		return
	}
	c := r.Context().Value(fakeKey{}).(*fakeConn)
	c.mu.Lock()
	defer c.mu.Unlock()
	secret := strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/encrypted")
	if !f.admit(w, r, c, secret, len(body) == 0) {
		return
	}
	if secret {
		f.sealed.Add(1)
		if body, err = c.open(body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	} else {
		f.plain.Add(1)
	}
	status, reply := f.serve(r.Context(), body)
	if status < 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/soap+xml;charset=UTF-8")
	out := []byte(reply)
	if secret && !strings.HasPrefix(reply, "PLAIN") {
		w.Header().Set("Content-Type", typeSealed)
		out = c.close(out)
	}
	out = bytes.TrimPrefix(out, []byte("PLAIN"))
	w.Header().Set("Content-Length", fmt.Sprint(len(out)))
	w.WriteHeader(status)
	_, _ = w.Write(out)
}

// admit does the login, and reports whether the request is to be served.
func (f *fake) admit(w http.ResponseWriter, r *http.Request, c *fakeConn, secret, blank bool) bool {
	refuse := func(schemes ...string) bool {
		for _, s := range schemes {
			w.Header().Add("WWW-Authenticate", s)
		}
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusUnauthorized)
		return false
	}
	f.mu.Lock()
	password := f.password
	f.mu.Unlock()
	switch f.scheme {
	case "":
		return true
	case "basic":
		if u, p, ok := r.BasicAuth(); !ok || u != f.user || p != password {
			return refuse(`Basic realm="WSMAN"`)
		}
		return true
	}
	token, found := strings.CutPrefix(r.Header.Get("Authorization"), "Negotiate ")
	m, _ := base64.StdEncoding.DecodeString(token)
	switch {
	case found && m[8] == 1:
		f.handshakes.Add(1)
		c.nonce, c.authed = []byte("12345678"), false
		flags := uint32(fakeFlags)
		if f.challenge != nil {
			flags = f.challenge(flags)
		}
		return refuse("Negotiate "+base64.StdEncoding.EncodeToString(c.challengeFor(flags)), "Kerberos")
	case found:
		if !c.authenticate(m, f.user, password) {
			return refuse("Negotiate", "Kerberos")
		}
	case !c.authed, !secret && r.TLS == nil:
		return refuse("Negotiate", "Kerberos")
	}
	if blank {
		w.WriteHeader(http.StatusOK)
	}
	return !blank
}

type fakeRequest struct {
	Header struct {
		Action   string `xml:"Action"`
		Timeout  string `xml:"OperationTimeout"`
		Selector string `xml:"SelectorSet>Selector"`
		Options  []struct {
			Name  string `xml:"Name,attr"`
			Value string `xml:",chardata"`
		} `xml:"OptionSet>Option"`
	} `xml:"Header"`
	Body struct {
		Line    string `xml:"CommandLine>Command"`
		Desired struct {
			Command string `xml:"CommandId,attr"`
		} `xml:"Receive>DesiredStream"`
		Signal struct {
			Command string `xml:"CommandId,attr"`
		} `xml:"Signal"`
		Stream struct {
			Command string `xml:"CommandId,attr"`
			End     string `xml:"End,attr"`
			Data    string `xml:",chardata"`
		} `xml:"Send>Stream"`
	} `xml:"Body"`
}

const fakeNS = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"

func fakeReply(body string) string {
	return `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="` + fakeNS + `" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>x</a:Action></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func fakeFault(code uint32, subcode string) string {
	return fakeReply(fmt.Sprintf(`<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>%s</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="de-DE">Das ging nicht.</s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="%d" Machine="x"><f:Message>Das ging nicht.</f:Message></f:WSManFault></s:Detail></s:Fault>`, subcode, code))
}

// fakeQuota is a fault of the plug-in, which has another detail.
func fakeQuota(code uint32) string {
	return fakeReply(fmt.Sprintf(`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:QuotaLimit</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="">zu viel</s:Text></s:Reason><s:Detail><p:MSFT_WmiError xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/MSFT_WmiError"><p:error_Code>%d</p:error_Code><p:Message>zu viel</p:Message></p:MSFT_WmiError></s:Detail></s:Fault>`, code))
}

// serve serves one message.
func (f *fake) serve(ctx context.Context, body []byte) (int, string) {
	var m fakeRequest
	if err := xml.Unmarshal(body, &m); err != nil {
		return http.StatusBadRequest, ""
	}
	action := m.Header.Action[strings.LastIndexByte(m.Header.Action, '/')+1:]
	f.mu.Lock()
	f.seen = append(f.seen, action)
	f.mu.Unlock()
	if f.before != nil {
		if status, reply := f.before(action, body); status != 0 {
			return status, reply
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if action == "Create" {
		f.next++
		f.created.Add(1)
		id := fmt.Sprintf("SHELL-%d", f.next)
		f.shells[id] = &fakeShell{commands: map[string]*fakeCommand{}}
		return 200, fakeReply(`<rsp:Shell><rsp:ShellId>` + id + `</rsp:ShellId></rsp:Shell>`)
	}
	shell := f.shells[m.Header.Selector]
	if shell == nil {
		return 500, fakeFault(2150858843, "w:InvalidSelectors")
	}
	switch action {
	case "Delete":
		f.kill(m.Header.Selector)
		return 200, fakeReply("")
	case "Command":
		return f.command(shell, &m)
	}
	id := m.Body.Desired.Command + m.Body.Signal.Command + m.Body.Stream.Command
	c := shell.commands[id]
	if c == nil {
		return 500, fakeFault(2150858843, "w:InvalidSelectors")
	}
	switch action {
	case "Signal":
		c.cancel()
		_ = c.stdin.Close()
		delete(shell.commands, id)
		return 200, fakeReply(`<rsp:SignalResponse/>`)
	case "Send":
		f.mu.Unlock()
		defer f.mu.Lock()
		return c.send(&m)
	case "Receive":
		f.mu.Unlock()
		defer f.mu.Lock()
		return c.receive(ctx, id, m.Header.Timeout)
	default:
		return http.StatusBadRequest, ""
	}
}

func (f *fake) command(shell *fakeShell, m *fakeRequest) (int, string) {
	for _, o := range m.Header.Options {
		if o.Name == "WINRS_CONSOLEMODE_STDIN" && o.Value != "FALSE" {
			return http.StatusBadRequest, ""
		}
	}
	f.next++
	f.lines = append(f.lines, m.Body.Line)
	id := fmt.Sprintf("COMMAND-%d", f.next)
	ctx, cancel := context.WithCancel(context.Background())
	in, stdin := io.Pipe()
	c := &fakeCommand{changed: make(chan struct{}), stdin: stdin, gone: ctx.Done(), cancel: cancel}
	shell.commands[id] = c
	go func() {
		code := f.run(ctx, m.Body.Line, in, fakeWriter{c, &c.out}, fakeWriter{c, &c.err})
		_ = in.Close()
		c.change(func() { c.done, c.code = true, code })
	}()
	return 200, fakeReply(`<rsp:CommandResponse><rsp:CommandId>` + id + `</rsp:CommandId></rsp:CommandResponse>`)
}

func (c *fakeCommand) change(how func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	how()
	close(c.changed)
	c.changed = make(chan struct{})
}

type fakeWriter struct {
	c *fakeCommand
	b *bytes.Buffer
}

// mostFake is how much output waits to be fetched.
const mostFake = 256 << 10

func (w fakeWriter) Write(p []byte) (int, error) {
	w.c.mu.Lock()
	for w.b.Len() > mostFake && !w.c.done {
		changed := w.c.changed
		w.c.mu.Unlock()
		select {
		case <-changed:
		case <-w.c.gone:
			return 0, io.ErrClosedPipe
		}
		w.c.mu.Lock()
	}
	w.c.mu.Unlock()
	w.c.change(func() { w.b.Write(p) })
	return len(p), nil
}

func (c *fakeCommand) send(m *fakeRequest) (int, string) {
	b, err := base64.StdEncoding.DecodeString(m.Body.Stream.Data)
	if err != nil {
		return http.StatusBadRequest, ""
	}
	if _, err := c.stdin.Write(b); err != nil && len(b) > 0 {
		return 500, fakeFault(109, "w:InternalError")
	}
	if m.Body.Stream.End == "true" {
		_ = c.stdin.Close()
	}
	return 200, fakeReply(`<rsp:SendResponse/>`)
}

func (c *fakeCommand) receive(ctx context.Context, id, timeout string) (int, string) {
	hold, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(timeout, "PT")))
	if err != nil {
		return http.StatusBadRequest, ""
	}
	timer := time.NewTimer(hold)
	defer timer.Stop()
	for {
		c.mu.Lock()
		if c.done || c.out.Len()+c.err.Len() > 0 {
			defer c.mu.Unlock()
			reply := c.take(id)
			close(c.changed)
			c.changed = make(chan struct{})
			return 200, reply
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			return 500, fakeFault(2150858793, "w:TimedOut")
		case <-ctx.Done():
			return -1, ""
		}
	}
}

func (c *fakeCommand) take(id string) string {
	var b strings.Builder
	for name, buf := range map[string]*bytes.Buffer{"stdout": &c.out, "stderr": &c.err} {
		for buf.Len() > 0 {
			fmt.Fprintf(&b, `<rsp:Stream Name="%s" CommandId="%s">%s</rsp:Stream>`, name, id, base64.StdEncoding.EncodeToString(buf.Next(64<<10)))
		}
	}
	if c.done {
		fmt.Fprintf(&b, `<rsp:CommandState CommandId="%s" State="%s/CommandState/Done"><rsp:ExitCode>%d</rsp:ExitCode></rsp:CommandState>`, id, fakeNS, c.code)
	} else {
		fmt.Fprintf(&b, `<rsp:CommandState CommandId="%s" State="%s/CommandState/Running"/>`, id, fakeNS)
	}
	return fakeReply(`<rsp:ReceiveResponse>` + b.String() + `</rsp:ReceiveResponse>`)
}

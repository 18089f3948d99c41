package winrm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bodgit/ntlmssp"
	"github.com/google/go-cmp/cmp"
	"github.com/masterzen/winrm"

	"patchwave/connectors"
)

// The library is pinned by commit, because its newest tag is of 2021. That one has
// no such method.
var _ = (*winrm.Command).Error

// The command line of a script: it must not change unseen, for the simulated
// machines know it, and must stay below what cmd.exe takes.
func TestBootstrapIsStable(t *testing.T) {
	p := wrapScript([]byte("exit 3\n"), "00112233445566778899aabbccddeeff")
	golden := filepath.Join("testdata", "bootstrap.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(p.line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), p.line+"\n"); diff != "" {
		t.Errorf("the command line differs; raise the version in the first line of bootstrap.ps1, and set UPDATE_GOLDEN=1:\n%s", diff)
	}
	if n := units(p.line); n >= mostLine {
		t.Errorf("the command line has %d characters, the bound is %d", n, mostLine)
	}
	if err := checkLine("win1", p.line); err != nil {
		t.Error(err)
	}
	if string(p.stdin) != "ZXhpdCAzCg==\r\n" {
		t.Errorf("standard input is %q", p.stdin)
	}
}

func TestBootstrapFile(t *testing.T) {
	if !strings.HasPrefix(bootstrap, "# patchwave bootstrap v1\n$PwNonce = '@nonce@'\n$PwArgs64 = '@args@'\n") {
		t.Error("the first lines are not those that are agreed on")
	}
	for i, line := range strings.Split(bootstrap, "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r < ' ' }) {
			t.Errorf("line %d is not plain ASCII: %q", i+1, line)
		}
	}
	for _, word := range []string{"Invoke-Expression", "iex", "[ScriptBlock]", "Add-Type", "GzipStream", "Write-Host", "Read-Host", "-WindowStyle", "DownloadString"} {
		if strings.Contains(strings.ToLower(bootstrap), strings.ToLower(word)) {
			t.Errorf("it holds %s", word)
		}
	}
}

// Whatever a script holds, it arrives as it is.
func TestProgramArrives(t *testing.T) {
	for _, script := range [][]byte{{}, []byte("x"), bytes.Repeat([]byte("abc"), inputWidth), bytes.Repeat([]byte{0, 0xff, '\''}, 100_000)} {
		p := newProgram(script)
		got, err := unwrap(p.line, bytes.NewReader(p.stdin))
		if err != nil || !bytes.Equal(got, script) {
			t.Errorf("%d bytes arrived as %d, %v", len(script), len(got), err)
		}
	}
	p := newProgram([]byte("exit 0"))
	if _, err := unwrap(p.line, strings.NewReader("ZXhpdCAx\r\n")); err == nil {
		t.Error("another program was taken")
	}
}

func TestRefusals(t *testing.T) {
	p := newProgram([]byte("x"))
	for word, want := range map[string]struct {
		code  connectors.Code
		words string
	}{
		"language":  {connectors.CodeUnsupported, "constrained language mode"},
		"link":      {connectors.CodeGuard, "is a link"},
		"owner":     {connectors.CodeGuard, "no administrator"},
		"access":    {connectors.CodeGuard, "open to others"},
		"digest":    {connectors.CodeLost, "did not arrive whole"},
		"policy":    {connectors.CodeUnsupported, "Get-ExecutionPolicy"},
		"antivirus": {connectors.CodeUnsupported, "ScriptContainedMaliciousContent"},
		"\x1b[31m":  {connectors.CodeUnsupported, `"\x1b[31m"`},
	} {
		if !strings.Contains(bootstrap, "Deny '"+word+"'") && word[0] != '\x1b' {
			t.Errorf("the bootstrap does not say %q", word)
		}
		err := p.refused("win1", connectors.Result{ExitCode: refusedExit, Stdout: []byte("noise\r\n@@" + p.nonce + " REFUSED " + word + "\r\n")})
		fails(t, err, want.code, want.words)
	}
	for _, r := range []connectors.Result{
		{ExitCode: 0, Stdout: []byte("@@" + p.nonce + " REFUSED link\n")},
		{ExitCode: refusedExit, Stdout: []byte("@@00 REFUSED link\n")},
		{ExitCode: refusedExit},
		{ExitCode: 1, Stdout: []byte("x"), Stderr: []byte(maliciousContent)},
	} {
		if err := p.refused("win1", r); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if err := p.refused("win1", connectors.Result{ExitCode: 1, Stderr: []byte("x\nFullyQualifiedErrorId : " + maliciousContent)}); err == nil {
		t.Error("a bootstrap that the antivirus program refused is no error")
	}
}

func TestLines(t *testing.T) {
	for line, ok := range map[string]bool{
		`dir "C:\Program Files" & echo ]]> <a> ü 😀`: true,
		strings.Repeat("x", mostLine):               true,
		strings.Repeat("x", mostLine+1):             false,
		strings.Repeat("😀", mostLine/2+1):           false,
		"a\nb":                                      false,
		"a\rb":                                      false,
		"a\x00b":                                    false,
		"a\xffb":                                    false,
		"a\tb":                                      true,
	} {
		if err := checkLine("win1", line); (err == nil) != ok {
			t.Errorf("%.20q: %v", line, err)
		}
	}
}

// A line and its output are what they are, whatever characters they hold.
func TestLineArrives(t *testing.T) {
	noLeaks(t)
	f := &fake{scheme: "ntlm"}
	f.run = func(_ context.Context, line string, _ io.Reader, stdout, stderr io.Writer) int {
		b := []byte(line)
		for i := range b { // a rune goes out in pieces
			_, _ = stdout.Write(b[i : i+1])
		}
		_, _ = io.WriteString(stderr, "#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><S S=\"Error\">gr_x00FC__x000D__x000A_n</S></Objs>")
		return -1073741819
	}
	f.start(t, false)
	s := dialed(t, hasty(), f.target())
	line := `"C:\a b\x.exe" 'q' "r" & echo ]]> <![CDATA[ &amp; %PATH% $(x) ü😀`
	r, err := s.Run(t.Context(), connectors.Command{Line: line, Become: true})
	if err != nil || string(r.Stdout) != line || string(r.Stderr) != "grü\r\nn" || r.ExitCode != 0xC0000005 {
		t.Errorf("got %q, %q, %x, %v", r.Stdout, r.Stderr, r.ExitCode, err)
	}
	_, err = s.Run(t.Context(), connectors.Command{Line: "a\nb"})
	fails(t, err, connectors.CodeUnsupported, "one line")
	_, err = s.Run(t.Context(), connectors.Command{Line: strings.Repeat("x", 9000)})
	fails(t, err, connectors.CodeUnsupported, "Windows takes 8000")
}

func TestExitCodes(t *testing.T) {
	for s, want := range map[string]int{"0": 0, " 7 ": 7, "3221225477": 3221225477, "-1": 4294967295, "4294967295": 4294967295} {
		if got, err := exitCode(s); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "4294967296", "-2147483649", "1e3"} {
		if got, err := exitCode(s); !errors.Is(err, errReply) {
			t.Errorf("%q is %d, %v", s, got, err)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for _, c := range []struct {
		body string
		want faultError
	}{
		{fakeFault(2150858793, "w:TimedOut"), faultError{status: 500, code: faultTimedOut, subcode: "TimedOut", reason: "Das ging nicht."}},
		{fakeQuota(2150859173), faultError{status: 500, code: faultQuotaShells, subcode: "QuotaLimit", reason: "zu viel"}},
		{strings.Replace(fakeFault(1, "wsman:TimedOut"), `Code="1"`, "", 1), faultError{status: 500, code: faultTimedOut, subcode: "TimedOut", reason: "Das ging nicht."}},
		{strings.NewReplacer("<s:", "<soap:", "</s:", "</soap:", "xmlns:s=", "xmlns:soap=").Replace(fakeFault(170, "w:X")), faultError{status: 500, code: faultBusy, subcode: "X", reason: "Das ging nicht."}},
		{strings.Replace(fakeFault(1, "w:X"), `Code="1"`, `Code="-2144108503"`, 1), faultError{status: 500, code: faultTimedOut, subcode: "X", reason: "Das ging nicht."}},
		{strings.ReplaceAll(fakeFault(5, "w:X"), "Das ging nicht.", strings.Repeat("é", 400)), faultError{status: 500, code: faultAccessDenied, subcode: "X", reason: strings.Repeat("é", 150)}},
	} {
		_, err := parse(500, []byte(c.body))
		fault, ok := errors.AsType[*faultError](err)
		if !ok || *fault != c.want {
			t.Errorf("got %+v, want %+v", err, c.want)
		}
	}
	// a fault that says nothing is a fault
	_, err := parse(200, []byte(fakeReply("<s:Fault/>")))
	if _, ok := errors.AsType[*faultError](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestIdentifiers(t *testing.T) {
	for id, ok := range map[string]bool{"11111111-1111-1111-1111-111111111113": true, "{A}": true, "": false, `a"b`: false, "<x/>": false, strings.Repeat("a", 129): false} {
		_, err := parseShell(t, id)
		if (err == nil) != ok {
			t.Errorf("%q: %v", id, err)
		}
	}
}

func parseShell(t *testing.T, id string) (string, error) {
	t.Helper()
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(id))
	e, err := parse(200, []byte(fakeReply(`<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet><w:Selector Name="ShellId">`+escaped.String()+`</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>`)))
	if err != nil {
		t.Fatal(err)
	}
	return e.shellID()
}

func TestPlainErrors(t *testing.T) {
	const open = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"no CLIXML", "a <b> & _x000D_\n", "a <b> & _x000D_\n"},
		{"an error", "#< CLIXML\r\n" + open + `<S S="Error">At line:1 char:1_x000D__x000A_</S><S S="Error">+ boom_x000D__x000A_</S></Objs>`, "At line:1 char:1\r\n+ boom\r\n"},
		{"a warning", "#< CLIXML\n" + open + `<S S="warning">w</S><S S="verbose">v</S><S S="debug">d</S></Objs>`, "w"},
		{"progress", "#< CLIXML\r\n" + open + `<Obj S="progress" RefId="0"><TN RefId="0"><T>x</T></TN><MS><S S="Error">Preparing</S><I64 N="SourceId">1</I64></MS></Obj></Objs>`, ""},
		{"surrogates", "#< CLIXML\r\n" + open + `<S S="Error">_xD83D__xDE00_ _x005F_x41_ &lt;é&gt; _x00_ _xZZZZ_ _xD83D_!</S></Objs>`, "😀 _x41_ <é> _x00_ _xZZZZ_ \uFFFD!"},
		{"two, and text", "native\r\n#< CLIXML\r\n" + open + `<S S="Error">a</S></Objs>` + "\r\n#< CLIXML\r\n" + open + `<S S="Error">b</S></Objs>tail`, "native\r\nabtail"},
		{"cut off", "#< CLIXML\r\n" + open + `<S S="Error">a_x000A_</S><S S="Error">b`, "a\nb"},
		{"cut off at the beginning", "#< CLIXML\r\n", ""},
		{"invalid bytes", "#< CLIXML\r\n" + open + "<S S=\"Error\">\xff</S></Objs>", "\uFFFD"},
	} {
		if got := string(plainErrors([]byte(c.in))); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A message that was changed on its way is refused.
func TestSealedFrames(t *testing.T) {
	c := &fakeConn{nonce: []byte("12345678")}
	client, err := ntlmssp.NewClient(ntlmssp.SetUserInfo("admin", "pw"), ntlmssp.SetVersion(ntlmssp.DefaultVersion()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Authenticate(nil, nil); err != nil {
		t.Fatal(err)
	}
	last, err := respond(client, c.challengeFor(fakeFlags), nil)
	if err != nil || !c.authenticate(last, "admin", "pw") {
		t.Fatalf("no login: %v", err)
	}
	message := []byte("--Encrypted Boundary--\r\nContent-Type: application/octet-stream\r\n")
	b, err := seal(client.SecuritySession(), message)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.open(b); err != nil || !bytes.Equal(got, message) {
		t.Errorf("got %q, %v", got, err)
	}
	good := c.close(message)
	bad := bytes.Clone(good)
	bad[len(bad)-30] ^= 1
	if got, err := unseal(client.SecuritySession(), bad); err == nil {
		t.Errorf("a changed message came through as %q", got)
	}
	for _, b := range []string{"", octetHeader, octetHeader + sealedEnd, octetHeader + "\x10\x00\x00\x00" + sealedEnd, octetHeader + "\xff\xff\xff\xff" + strings.Repeat("x", 40) + sealedEnd, string(good[:len(good)-2])} {
		if _, _, err := unframe([]byte(b)); !errors.Is(err, errFrame) {
			t.Errorf("%q: %v", b, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "<a/>", fakeFault(2150858793, "w:TimedOut"), fakeQuota(2150859173), fakeReply(`<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="C">aGk=</rsp:Stream><rsp:CommandState CommandId="C" State="` + fakeNS + `/CommandState/Done"><rsp:ExitCode>-1</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>`), fakeReply(`<rsp:Shell><rsp:ShellId>x</rsp:ShellId></rsp:Shell>`)} {
		f.Add(500, []byte(s))
		f.Add(200, []byte(s))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e, err := parse(status, body)
		if err != nil {
			if fault, ok := errors.AsType[*faultError](err); ok && len(fault.reason) > mostReason {
				t.Errorf("the reason has %d bytes", len(fault.reason))
			}
			return
		}
		if id, err := e.shellID(); err == nil && strings.ContainsAny(id, "<>&\"' ") {
			t.Errorf("the id is %q", id)
		}
		if out, err := e.output("C"); err == nil && (len(out.stdout)+len(out.stderr) > len(body) || out.exit < 0 || out.exit >= 1<<32) {
			t.Errorf("%d bytes made %d and %d, exit %d", len(body), len(out.stdout), len(out.stderr), out.exit)
		}
	})
}

func FuzzUnframe(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(octetHeader + "\x10\x00\x00\x00" + strings.Repeat("s", 16) + "text" + sealedEnd))
	f.Fuzz(func(t *testing.T, body []byte) {
		signature, sealed, err := unframe(body)
		if err == nil && (len(signature) != signatureSize || len(sealed) > len(body)) {
			t.Errorf("%d and %d bytes of %d", len(signature), len(sealed), len(body))
		}
	})
}

func FuzzPlainErrors(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add([]byte("#< CLIXML\r\n<Objs ><S S=\"Error\">_xD83D__xDE00_</S></Objs>"))
	f.Add([]byte("<Objs <Objs <S S=\"Error\">&amp;&lt;&#65;"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if out := plainErrors(b); len(out) > 3*len(b)+len(clixmlBegin) {
			t.Errorf("%d bytes became %d", len(b), len(out))
		}
	})
}

// The library reads a challenge; it must survive what a host can put there.
func FuzzChallenge(f *testing.F) {
	c := &fakeConn{nonce: []byte("12345678")}
	f.Add(c.challengeFor(fakeFlags))
	f.Add(c.challengeFor(fakeFlags)[:60])
	f.Fuzz(func(t *testing.T, challenge []byte) {
		if checkChallenge(challenge, true) != nil {
			return
		}
		client, err := ntlmssp.NewClient(ntlmssp.SetUserInfo("admin", "pw"), ntlmssp.SetVersion(ntlmssp.DefaultVersion()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Authenticate(nil, nil); err != nil {
			t.Fatal(err)
		}
		token, err := respond(client, challenge, nil)
		if err == nil && (client.SecuritySession() == nil || len(token) == 0) {
			t.Error("there are no keys")
		}
	})
}

func TestUUID(t *testing.T) {
	a, b := newUUID(), newUUID()
	if a == b || len(a) != 36 || a[14] != '4' || !strings.ContainsRune("89ab", rune(a[19])) {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestSplitUser(t *testing.T) {
	for in, want := range map[string][2]string{`CORP\bob`: {"CORP", "bob"}, "bob": {"", "bob"}, "bob@corp.example": {"", "bob@corp.example"}} {
		if domain, name := splitUser(in); domain != want[0] || name != want[1] {
			t.Errorf("%q is %q and %q", in, domain, name)
		}
	}
}

func TestRequestsAreXML(t *testing.T) {
	r := newRequests("http://[fe80::1]:5985/wsman", DefaultOperation)
	for name, b := range map[string][]byte{
		"create": r.create(), "remove": r.remove("S"), "receive": r.receive("S", "C"), "terminate": r.terminate("S", "C"),
		"send": r.send("S", "C", []byte("x"), true), "command": r.command("S", `a ]]> <b> & "c"`),
	} {
		var m fakeRequest
		if err := xml.Unmarshal(b, &m); err != nil || m.Header.Timeout != "PT20.000S" {
			t.Errorf("%s: %v, timeout %q", name, err, m.Header.Timeout)
		}
		if name == "command" && m.Body.Line != `a ]]> <b> & "c"` {
			t.Errorf("the line became %q", m.Body.Line)
		}
		if name == "send" && (m.Body.Stream.End != "true" || m.Body.Stream.Data != base64.StdEncoding.EncodeToString([]byte("x"))) {
			t.Errorf("got %+v", m.Body.Stream)
		}
	}
	if piece := r.send("S", "C", make([]byte, pieceSize), false); len(piece) > 150_000 {
		t.Errorf("a piece of input makes a request of %s bytes", fmt.Sprint(len(piece)))
	}
}

package wsman_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchwave/connectors/sim/wsman"
)

const (
	shellURI = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
)

// wire is a client that does what it is told, and nothing by itself: it logs in
// with Basic and checks what every answer must have.
type wire struct {
	t      testing.TB
	s      *wsman.Server
	http   *http.Client
	name   string
	secret string
	number int
}

// dial makes a client whose connections end with the test.
func dial(t testing.TB, s *wsman.Server) *wire {
	t.Helper()
	transport := &http.Transport{Proxy: nil}
	if ca := s.CA(); len(ca) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(ca) {
			t.Fatal("the authority of the server is no certificate")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	t.Cleanup(transport.CloseIdleConnections)
	c := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &wire{t: t, s: s, http: c, name: user, secret: password}
}

// open is a server that takes Basic and plain SOAP over http, and a client of it.
func open(t testing.TB, opt wsman.Options) *wire {
	t.Helper()
	opt.Auth |= wsman.Basic
	opt.AllowUnencrypted = !opt.TLS
	return dial(t, start(t, opt))
}

// ask is a request. What is empty is as it should be.
type ask struct {
	action, resource, shell, body  string
	timeout, envelope, id, options string
}

// xml is the envelope of a request.
func (w *wire) xml(a ask) (envelope, id string) {
	w.number++
	or := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	id = or(a.id, fmt.Sprintf("uuid:00000000-0000-0000-0000-%012d", w.number))
	var b strings.Builder
	fmt.Fprintf(&b, `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:ad="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:m="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:sh="%s"><e:Header>`, shellURI)
	fmt.Fprintf(&b, `<ad:Action>%s</ad:Action><ad:MessageID>%s</ad:MessageID><m:ResourceURI>%s</m:ResourceURI>`, a.action, id, or(a.resource, shellURI+"/cmd"))
	fmt.Fprintf(&b, `<m:OperationTimeout>%s</m:OperationTimeout><m:MaxEnvelopeSize>%s</m:MaxEnvelopeSize>`, or(a.timeout, "PT20S"), or(a.envelope, "153600"))
	if a.shell != "" {
		fmt.Fprintf(&b, `<m:SelectorSet><m:Selector Name="shellid">%s</m:Selector></m:SelectorSet>`, a.shell)
	}
	fmt.Fprintf(&b, `<m:OptionSet>%s</m:OptionSet></e:Header><e:Body>%s</e:Body></e:Envelope>`, a.options, a.body)
	return b.String(), id
}

// answer is what a server says.
type answer struct {
	status int
	header http.Header
	raw    string

	code, wmi                uint32
	side, subcode, detail    string
	text, lang               string
	shell, command           string
	out, err                 string
	streams                  []string // "stdout:text", one for each element with data
	ended                    int
	done                     bool
	exit                     uint32
	product                  string
	resourceShell, relatesTo string
}

// envelope is what is read of an answer.
type envelope struct {
	RelatesTo string `xml:"Header>RelatesTo"`
	Fault     *struct {
		Value   string `xml:"Code>Value"`
		Subcode string `xml:"Code>Subcode>Value"`
		Text    struct {
			Lang string `xml:"lang,attr"`
			Text string `xml:",chardata"`
		} `xml:"Reason>Text"`
		Detail string `xml:"Detail>FaultDetail"`
		WSMan  struct {
			Code uint32 `xml:"Code,attr"`
		} `xml:"Detail>WSManFault"`
		WMI uint32 `xml:"Detail>MSFT_WmiError>error_Code"`
	} `xml:"Body>Fault"`
	Selector string `xml:"Body>ResourceCreated>ReferenceParameters>SelectorSet>Selector"`
	ShellID  string `xml:"Body>Shell>ShellId"`
	Command  string `xml:"Body>CommandResponse>CommandId"`
	Product  string `xml:"Body>IdentifyResponse>ProductVersion"`
	Receive  struct {
		Streams []struct {
			Name string `xml:"Name,attr"`
			End  string `xml:"End,attr"`
			Data string `xml:",chardata"`
		} `xml:"Stream"`
		State struct {
			State string `xml:"State,attr"`
			Exit  uint32 `xml:"ExitCode"`
		} `xml:"CommandState"`
	} `xml:"Body>ReceiveResponse"`
}

// send sends a body and returns the answer with its body unread.
func (w *wire) send(ctx context.Context, body string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.s.URL(), strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/soap+xml;charset=UTF-8")
	r.SetBasicAuth(w.name, w.secret)
	return w.http.Do(r)
}

// try asks, and may fail.
func (w *wire) try(ctx context.Context, a ask) (*answer, error) {
	body, id := w.xml(a)
	resp, err := w.send(ctx, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return nil, err
	}
	got := w.read(resp, raw)
	if got.relatesTo != id && strings.HasPrefix(resp.Header.Get("Content-Type"), "application/soap+xml") && got.product == "" {
		w.t.Errorf("the answer relates to %q, not to %q", got.relatesTo, id)
	}
	return got, nil
}

// ask asks, and is answered.
func (w *wire) ask(a ask) *answer {
	w.t.Helper()
	got, err := w.try(w.t.Context(), a)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// read reads an answer.
func (w *wire) read(resp *http.Response, raw []byte) *answer {
	got := &answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/soap+xml") {
		return got
	}
	var e envelope
	if err := xml.NewDecoder(bytes.NewReader(raw)).Decode(&e); err != nil {
		w.t.Errorf("the answer is no XML: %v\n%s", err, raw)
		return got
	}
	got.relatesTo, got.shell, got.resourceShell, got.command, got.product = e.RelatesTo, e.ShellID, e.Selector, e.Command, e.Product
	if f := e.Fault; f != nil {
		got.code, got.wmi, got.side, got.subcode, got.detail = f.WSMan.Code, f.WMI, f.Value, f.Subcode, f.Detail
		got.text, got.lang = f.Text.Text, f.Text.Lang
	}
	if (e.Fault != nil) != (resp.StatusCode == http.StatusInternalServerError) {
		w.t.Errorf("status %d with fault %v", resp.StatusCode, e.Fault)
	}
	for _, s := range e.Receive.Streams {
		data, err := base64.StdEncoding.DecodeString(s.Data)
		if err != nil {
			w.t.Errorf("stream: %v", err)
		}
		switch s.Name {
		case "stdout":
			got.out += string(data)
		case "stderr":
			got.err += string(data)
		}
		if s.End == "true" {
			got.ended++
		} else {
			got.streams = append(got.streams, s.Name+":"+string(data))
		}
	}
	got.done, got.exit = strings.HasSuffix(e.Receive.State.State, "/CommandState/Done"), e.Receive.State.Exit
	return got
}

// The requests of a shell.

func createAsk() ask {
	return ask{action: transfer + "/Create", body: `<sh:Shell><sh:InputStreams>stdin</sh:InputStreams><sh:OutputStreams>stdout stderr</sh:OutputStreams></sh:Shell>`}
}

func commandAsk(shell, line string) ask {
	return ask{action: shellURI + "/Command", shell: shell, body: `<sh:CommandLine><sh:Command>` + line + `</sh:Command></sh:CommandLine>`}
}

func receiveAsk(shell, command string) ask {
	return ask{action: shellURI + "/Receive", shell: shell, body: `<sh:Receive><sh:DesiredStream CommandId="` + command + `">stdout stderr</sh:DesiredStream></sh:Receive>`}
}

func sendAsk(shell, command, data string, end bool) ask {
	return ask{action: shellURI + "/Send", shell: shell, body: fmt.Sprintf(`<sh:Send><sh:Stream Name="stdin" CommandId="%s" End="%v">%s</sh:Stream></sh:Send>`,
		command, end, base64.StdEncoding.EncodeToString([]byte(data)))}
}

func signalAsk(shell, command, code string) ask {
	return ask{action: shellURI + "/Signal", shell: shell, body: `<sh:Signal CommandId="` + command + `"><sh:Code>` + code + `</sh:Code></sh:Signal>`}
}

func deleteAsk(shell string) ask { return ask{action: transfer + "/Delete", shell: shell} }

const terminate = shellURI + "/signal/terminate"

// shell makes a shell.
func (w *wire) shell() string {
	w.t.Helper()
	a := w.ask(createAsk())
	if a.status != http.StatusOK || a.shell == "" || a.shell != a.resourceShell {
		w.t.Fatalf("create: %d, %q, %q, fault %d", a.status, a.shell, a.resourceShell, a.code)
	}
	return a.shell
}

// command starts a command.
func (w *wire) command(shell, line string) string {
	w.t.Helper()
	a := w.ask(commandAsk(shell, line))
	if a.status != http.StatusOK || a.command == "" {
		w.t.Fatalf("command: %d, fault %d", a.status, a.code)
	}
	return a.command
}

// finish receives until the command is done.
func (w *wire) finish(shell, command string) (out, errs string, code uint32) {
	w.t.Helper()
	for {
		a := w.ask(receiveAsk(shell, command))
		if a.status != http.StatusOK {
			w.t.Fatalf("receive: %d, fault %d", a.status, a.code)
		}
		out, errs = out+a.out, errs+a.err
		if a.done {
			return out, errs, a.exit
		}
	}
}

// eventually waits for what happens soon.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		}
	}
}

package winrm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

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

package winrm

import (
	"bytes"
	"crypto/rand"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/masterzen/winrm"
	"github.com/masterzen/winrm/soap"

	"patchwave/connectors/runner"
)

const (
	shellURI = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	// envelopeSize is the largest reply that is asked for, in bytes: what every host
	// allows, and little enough that a flood is soon seen to be one.
	envelopeSize = 153_600
	locale       = "en-US"
)

// requests builds the requests of one session.
type requests struct {
	url    string
	params *winrm.Parameters
}

func newRequests(url string, operation time.Duration) *requests {
	timeout := "PT" + strconv.FormatFloat(operation.Seconds(), 'f', 3, 64) + "S"
	// DefaultParameters of the library is shared by everybody: never used.
	return &requests{url: url, params: winrm.NewParameters(timeout, locale, envelopeSize)}
}

func text(m *soap.SoapMessage) []byte { return []byte(m.String()) }

func (r *requests) create() []byte { return text(winrm.NewOpenShellRequest(r.url, r.params)) }

func (r *requests) remove(shell string) []byte {
	return text(winrm.NewDeleteShellRequest(r.url, shell, r.params))
}

func (r *requests) receive(shell, command string) []byte {
	return text(winrm.NewGetOutputRequest(r.url, shell, command, "stdout stderr", r.params))
}

func (r *requests) send(shell, command string, piece []byte, end bool) []byte {
	return text(winrm.NewSendInputRequest(r.url, shell, command, piece, end, r.params))
}

func (r *requests) terminate(shell, command string) []byte {
	return text(winrm.NewSignalRequest(r.url, shell, command, r.params))
}

// command starts a command line. That of the library would give the command a
// console for its standard input, which changes what is read from it, and would
// not escape the line.
func (r *requests) command(shell, line string) []byte {
	m := soap.NewMessage()
	m.Header().
		To(r.url).
		ReplyTo("http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous").
		MaxEnvelopeSize(r.params.EnvelopeSize).
		Id("uuid:" + newUUID()).
		Locale(r.params.Locale).
		Timeout(r.params.Timeout).
		Action(shellURI + "/Command").
		ResourceURI(shellURI + "/cmd").
		ShellId(shell).
		AddOption(soap.NewHeaderOption("WINRS_CONSOLEMODE_STDIN", "FALSE")).
		AddOption(soap.NewHeaderOption("WINRS_SKIP_CMD_SHELL", "FALSE")).
		Build()
	body := m.CreateBodyElement("CommandLine", soap.DOM_NS_WIN_SHELL)
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(line)) // a buffer does not fail
	m.CreateElement(body, "Command", soap.DOM_NS_WIN_SHELL).SetContent(escaped.String())
	return text(m)
}

// newUUID is a random UUID (RFC 9562, 5.4).
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// errReply is a reply that does not hold what it must.
var errReply = errors.New("the reply does not hold what was asked for")

// identifier is what ids look like: they go into the next request as they are.
var identifier = regexp.MustCompile(`^[A-Za-z0-9._:{}-]{1,128}$`)

func checked(id string) (string, error) {
	if id = strings.TrimSpace(id); !identifier.MatchString(id) {
		return "", errReply
	}
	return id, nil
}

// shellID reads the id of a new shell.
func (e *envelope) shellID() (string, error) {
	if e.Body.Shell != nil && e.Body.Shell.ID != "" {
		return checked(e.Body.Shell.ID)
	}
	if e.Body.Created != nil {
		for _, s := range e.Body.Created.Parameters.Selectors {
			if strings.EqualFold(s.Name, "ShellId") {
				return checked(s.Value)
			}
		}
	}
	return "", errReply
}

// commandID reads the id of a command that was started.
func (e *envelope) commandID() (string, error) {
	if e.Body.Command == nil {
		return "", errReply
	}
	return checked(e.Body.Command.ID)
}

// output is one reply to a request for output.
type output struct {
	stdout, stderr []byte
	done           bool
	exit           int
}

// output reads what a command printed and whether it ended. A rune may be cut in
// two between two replies: bytes are only bytes here.
func (e *envelope) output(command string) (*output, error) {
	r := e.Body.Receive
	if r == nil {
		return nil, errReply
	}
	var out output
	for _, s := range r.Streams {
		if s.Command != "" && !strings.EqualFold(s.Command, command) {
			return nil, fmt.Errorf("%w: it is about another command", errReply)
		}
		var other []byte
		to := &other
		switch s.Name {
		case "stdout":
			to = &out.stdout
		case "stderr":
			to = &out.stderr
		}
		var err error
		if *to, err = e.appendStream(*to, s.Data); err != nil {
			return nil, fmt.Errorf("%w: the output is damaged", errReply)
		}
	}
	if r.State == nil || r.State.State != shellURI+"/CommandState/Done" {
		return &out, nil
	}
	if r.State.Command != "" && !strings.EqualFold(r.State.Command, command) {
		return nil, fmt.Errorf("%w: it is about another command", errReply)
	}
	if r.State.ExitCode == nil {
		return nil, fmt.Errorf("%w: the command ended without an exit status", errReply)
	}
	var err error
	out.done = true
	out.exit, err = exitCode(*r.State.ExitCode)
	return &out, err
}

// exitCode reads an exit status: 32 bits, written with or without a sign. It is
// given without: 0xC0000005 is 3221225477.
func exitCode(s string) (int, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < -1<<31 || n >= 1<<32 {
		return 0, fmt.Errorf("%w: %.20q is no exit status", errReply, s)
	}
	return int(uint32(n)), nil
}

// exitOf is how a command ended.
func (o *output) exitOf() runner.Exit { return runner.Exit{Code: o.exit} }

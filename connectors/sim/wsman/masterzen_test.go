package wsman_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/masterzen/winrm"

	"patchwave/connectors/sim/wsman"
)

// theirs is a client of others (masterzen/winrm) for a server.
func theirs(t *testing.T, s *wsman.Server, transport func() winrm.Transporter, name, secret string) *winrm.Client {
	t.Helper()
	ip, port := s.Addr()
	endpoint := winrm.NewEndpoint(ip, port, strings.HasPrefix(s.URL(), "https"), false, s.CA(), nil, nil, 20*time.Second)
	params := winrm.NewParameters("PT5S", "en-US", 153600)
	params.TransportDecorator = transport
	c, err := winrm.NewClientWithParameters(endpoint, name, secret, params)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func encryption() winrm.Transporter {
	e, err := winrm.NewEncryption("ntlm")
	if err != nil {
		panic(err)
	}
	return e
}

func TestMasterzen(t *testing.T) {
	for name, tt := range map[string]struct {
		opt       wsman.Options
		transport func() winrm.Transporter
		sealed    bool
	}{
		"sealed over http": {wsman.Options{}, encryption, true},
		"ntlm over https":  {wsman.Options{TLS: true}, func() winrm.Transporter { return &winrm.ClientNTLM{} }, false},
		"basic over https": {wsman.Options{TLS: true, Auth: wsman.Basic}, nil, false},
		"ntlm over http, unencrypted": {
			wsman.Options{AllowUnencrypted: true}, func() winrm.Transporter { return &winrm.ClientNTLM{} }, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, tt.opt)
			c := theirs(t, s, tt.transport, user, password)
			var out, errs bytes.Buffer
			code, err := c.RunWithContext(t.Context(), "do:echo Gr\u00fc\u00dfe & <b>", &out, &errs)
			if err != nil || code != 0 || out.String() != "Gr\u00fc\u00dfe & <b>\r\n" || errs.Len() != 0 {
				t.Errorf("echo: code %d, %v, %q, %q", code, err, &out, &errs)
			}
			code, err = c.RunWithContext(t.Context(), winrm.Powershell("do:exit 3221225477"), &out, &errs)
			if err != nil || uint32(code) != 0xC0000005 {
				t.Errorf("exit: code %d, %v", code, err)
			}
			errs.Reset()
			code, err = c.RunWithContext(t.Context(), "nonsense", &out, &errs)
			if err != nil || code != 9009 || !strings.Contains(errs.String(), "'nonsense' is not recognized") {
				t.Errorf("nonsense: code %d, %v, %q", code, err, &errs)
			}
			out.Reset()
			code, err = c.RunWithContext(t.Context(), "do:big 3000", &out, &errs)
			if err != nil || code != 0 || out.Len() != 3000*64 {
				t.Errorf("big: code %d, %v, %d bytes", code, err, out.Len())
			}
			if !tt.sealed { // it seals on one connection and cannot send while it receives
				out.Reset()
				code, err = c.RunWithContextWithInput(t.Context(), "do:cat", &out, &errs, strings.NewReader("input"))
				if err != nil || code != 0 || out.String() != "5 bytes: input" {
					t.Errorf("cat: code %d, %v, %q", code, err, &out)
				}
			}
			n := s.Counters()
			if n.LiveShells != 0 || n.LiveCommands != 0 || n.Running != 0 {
				t.Errorf("left behind: %+v", n)
			}
			if tt.sealed != (n.Sealed > 0) || tt.sealed != (n.Plain == 0) {
				t.Errorf("sealed %d, plain %d", n.Sealed, n.Plain)
			}
		})
	}
}

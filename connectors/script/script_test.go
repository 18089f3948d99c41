package script

import (
	"bytes"
	"context"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/posix"
	"patchwave/connectors/powershell"
)

// machine answers each script with one frame that holds its name.
type machine struct {
	dialect connectors.Dialect
	decode  func([]byte) (framing.Call, error)
	done    string
}

func (m machine) Dialect() connectors.Dialect { return m.dialect }

func (m machine) Run(_ context.Context, c connectors.Command) (connectors.Result, error) {
	call, err := m.decode(c.Script)
	if err != nil {
		return connectors.Result{}, err
	}
	mark := "@@" + call.Nonce + " "
	out := mark + "BEGIN got\n" + call.Name + " " + call.Args["a"] + "\n" + mark + "END got rc=0\n" + mark + m.done + "\n"
	return connectors.Result{Stdout: []byte(out), Stderr: []byte("E: bad\n")}, nil
}

func (machine) Close() error { return nil }

func sh(done string) machine { return machine{connectors.DialectSh, posix.Decode, done} }

func windows(done string) machine {
	return machine{connectors.DialectPowerShell, powershell.Decode, done}
}

func TestOneScriptInTwoLanguages(t *testing.T) {
	s := Script{Name: "hello", Version: 1, Sh: "echo", PowerShell: "1"}
	for _, m := range []machine{sh("DONE"), windows("DONE")} {
		a, err := Run(t.Context(), m, s, map[string]string{"a": "wörld"}, Options{Host: "h1"})
		if f, ok := a.Get("got"); err != nil || !ok || string(f.Out) != "hello wörld" {
			t.Errorf("%s: %+v, %v", m.dialect, a, err)
		}
	}
}

// TestOnlyInTheOtherLanguage: nothing is sent, and the host is named.
func TestOnlyInTheOtherLanguage(t *testing.T) {
	for _, m := range []machine{windows("DONE"), sh("DONE")} {
		s := Script{Name: "hello", Version: 1, Sh: "echo"}
		if m.dialect == connectors.DialectSh {
			s = Script{Name: "hello", Version: 1, PowerShell: "1"}
		}
		_, err := Run(t.Context(), m, s, nil, Options{Host: "h1"})
		if connectors.CodeOf(err) != connectors.CodeUnsupported || !bytes.Contains([]byte(err.Error()), []byte("h1")) {
			t.Errorf("%s: %v", m.dialect, err)
		}
	}
}

// TestNotWhole: an answer without its end is an error that quotes the host.
func TestNotWhole(t *testing.T) {
	_, err := Run(t.Context(), sh("DON"), Script{Name: "hello", Version: 1, Sh: "echo"}, nil, Options{Host: "h1"})
	if connectors.CodeOf(err) != connectors.CodeExit || !bytes.Contains([]byte(err.Error()), []byte("E: bad")) {
		t.Errorf("%v", err)
	}
}

// TestErrorOfAScript: what ended a PowerShell script is said, in one line.
func TestErrorOfAScript(t *testing.T) {
	for out, want := range map[string]string{
		`{"message":"Access is\r\n denied.","hresult":"0x80070005","line":12,"id":"x"}`: "Access is denied. (0x80070005, line 12)",
		`{"message":"","hresult":"0x0","line":0}`:                                       "",
		`[1]`: "",
		`x`:   "",
	} {
		a := framing.Answer{Frames: []framing.Frame{{Name: "error", RC: 1, Out: []byte(out)}}}
		if got := said(a); got != want {
			t.Errorf("said(%s) = %q, want %q", out, got, want)
		}
	}
	if got := said(framing.Answer{}); got != "" {
		t.Errorf("nothing: %q", got)
	}
}

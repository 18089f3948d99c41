package winrm

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/sim/wsman"
)

// hangs is a machine on which a command says something and then runs until it is
// ended; another one echoes.
func hangs(ctx context.Context, c wsman.Command) uint32 {
	_, _ = io.WriteString(c.Stdout, c.Line) // the client may be gone
	if strings.HasPrefix(c.Line, "hang") {
		<-ctx.Done()
	}
	return 0
}

func TestBasicAndCertificatePaths(t *testing.T) {
	noLeaks(t)
	m := machine(t, wsman.Options{TLS: true, Auth: wsman.Basic})
	s := dialed(t, testConfig(), targetOf(m, connectors.WinRMBasic))
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("echo hi; exit 3")})
	if err != nil || string(r.Stdout) != "hi\n" || r.ExitCode != 3 {
		t.Errorf("got %q, %d, %v", r.Stdout, r.ExitCode, err)
	}
	// NTLM where there is only Basic is not replaced by it
	_, err = New(hasty()).Dial(t.Context(), targetOf(m, connectors.WinRMNTLM))
	fails(t, err, connectors.CodeUnsupported, "does not offer Negotiate")
}

// A restart takes the command, its shell and the session; the host is reached again
// when it is up, and told apart from a wrong password on the way only by time.
func TestRestart(t *testing.T) {
	noLeaks(t)
	m := machine(t, wsman.Options{Handler: wsman.HandlerFunc(hangs)})
	cfg := hasty()
	s := dialed(t, cfg, targetOf(m, connectors.WinRMNTLM))
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_, err := s.Run(ctx, connectors.Command{Line: "hang"})
		done <- err
	}()
	for m.Counters().Running == 0 {
		select {
		case err := <-done:
			t.Fatalf("run: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	m.Reboot()
	fails(t, <-done, connectors.CodeLost, "")
	for _, step := range []struct {
		phase wsman.Phase
		code  connectors.Code
	}{{wsman.Down, connectors.CodeUnreachable}, {wsman.Starting, connectors.CodeUnreachable}, {wsman.NoLogin, connectors.CodeAuth}, {wsman.Up, ""}} {
		if step.phase != wsman.Down {
			if err := m.SetPhase(step.phase); err != nil {
				t.Fatal(err)
			}
		}
		next, err := New(cfg).Dial(t.Context(), targetOf(m, connectors.WinRMNTLM))
		if connectors.CodeOf(err) != step.code {
			t.Errorf("%s: %v", step.phase, err)
		}
		if err == nil {
			_ = next.Close() // it never fails
		}
	}
}

// When the connection for output breaks while the host waits, nothing is lost, and
// the command is started once.
func TestBrokenNetwork(t *testing.T) {
	noLeaks(t)
	step := make(chan struct{})
	m := machine(t, wsman.Options{Handler: wsman.HandlerFunc(func(ctx context.Context, c wsman.Command) uint32 {
		for range 3 {
			select {
			case <-step:
			case <-ctx.Done():
				return 1
			}
			_, _ = io.WriteString(c.Stdout, "piece ") // the client may be gone
		}
		return 5
	})})
	cfg := testConfig()
	dialled := make(chan net.Conn, 20)
	cfg.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			dialled <- conn
		}
		return conn, err
	}
	s := dialed(t, cfg, targetOf(m, connectors.WinRMNTLM))
	<-dialled // that of everything but output
	go func() {
		for range 3 {
			before := m.Counters().Receives
			conn := <-dialled
			for m.Counters().Receives == before && t.Context().Err() == nil {
				<-time.After(time.Millisecond)
			}
			_ = conn.Close() // it was closed by nobody else
			select {
			case step <- struct{}{}:
			case <-t.Context().Done():
			}
		}
	}()
	r, err := s.Run(t.Context(), connectors.Command{Line: "x"})
	if err != nil || string(r.Stdout) != "piece piece piece " || r.ExitCode != 5 || m.Counters().Commands != 1 {
		t.Errorf("got %q, %d, %v, %d commands", r.Stdout, r.ExitCode, err, m.Counters().Commands)
	}
	if n := m.Counters().Connections; n != 5 {
		t.Errorf("there were %d connections, want 5", n)
	}
}

// Faults in the language of the host are understood by their number.
func TestFaultsInAnotherLanguage(t *testing.T) {
	noLeaks(t)
	m := machine(t, wsman.Options{MaxOperations: 1, Handler: wsman.HandlerFunc(hangs)})
	m.SetTrouble(wsman.Trouble{FaultText: "die Operation wurde abgebrochen", FaultLanguage: "de-DE"})
	cfg := hasty()
	cfg.Operation = 50 * time.Millisecond
	s := dialed(t, cfg, targetOf(m, connectors.WinRMNTLM))
	for range 3 { // each shell runs one command: the quota is a fault too
		if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
			t.Errorf("run: %v", err)
		}
	}
	_, err := s.Run(t.Context(), connectors.Command{Line: "hang", Timeout: 300 * time.Millisecond})
	fails(t, err, connectors.CodeTimeout, "did not end")
}

// The user's shells are used up: that is told, and nothing of ours is left.
func TestShellsAreUsedUp(t *testing.T) {
	noLeaks(t)
	m := machine(t, wsman.Options{MaxShells: 1, Handler: wsman.HandlerFunc(hangs)})
	s := dialed(t, hasty(), targetOf(m, connectors.WinRMNTLM))
	_, err := New(hasty()).Dial(t.Context(), targetOf(m, connectors.WinRMNTLM))
	fails(t, err, connectors.CodeUnreachable, "MaxShellsPerUser")
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if n := m.Counters().LiveShells; n != 0 {
		t.Errorf("%d shells are left", n)
	}
}

// A login that the host forgets is done again, on each connection, once.
func TestForgottenLogins(t *testing.T) {
	noLeaks(t)
	m := machine(t, wsman.Options{Handler: wsman.HandlerFunc(hangs)})
	s := dialed(t, hasty(), targetOf(m, connectors.WinRMNTLM))
	for range 3 {
		m.ForgetLogins()
		if _, err := s.Run(t.Context(), connectors.Command{Line: "x"}); err != nil {
			t.Errorf("run: %v", err)
		}
	}
	target := targetOf(m, connectors.WinRMNTLM)
	target.Auth.Password = &connectortest.Secret{Name: "cred:win", Value: "wrong"}
	before := m.Counters()
	_, err := New(hasty()).Dial(t.Context(), target)
	fails(t, err, connectors.CodeAuth, "refuses the login")
	if n := m.Counters().Handshakes - before.Handshakes; n != 1 {
		t.Errorf("the wrong password was tried %d times", n)
	}
}

// A redirect gets no credentials, wherever it leads.
func TestRedirectOfARealLogin(t *testing.T) {
	noLeaks(t)
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		trap := machine(t, wsman.Options{Handler: wsman.HandlerFunc(hangs)})
		m := machine(t, wsman.Options{TLS: true, Auth: wsman.Basic, Handler: wsman.HandlerFunc(hangs)})
		s := dialed(t, hasty(), targetOf(m, connectors.WinRMBasic))
		m.SetTrouble(wsman.Trouble{Redirect: trap.URL(), RedirectStatus: status})
		_, err := s.Run(t.Context(), connectors.Command{Line: "x"})
		fails(t, err, connectors.CodeLost, "not followed")
		if c := trap.Counters(); c.Connections != 0 {
			t.Errorf("%d: %d connections, %d bytes that authenticate", status, c.Connections, c.AuthorizationBytes)
		}
	}
}

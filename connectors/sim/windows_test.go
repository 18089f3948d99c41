package sim_test

import (
	"strings"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/script"
	"patchwave/connectors/sim"
	"patchwave/connectors/winrm"
)

// overWinRM opens a session to a machine of the family Windows.
func overWinRM(t *testing.T, fleet *sim.Fleet, name string, edit func(*connectors.Target)) (connectors.Session, error) {
	t.Helper()
	h := fleet.Host(name)
	ip, port := h.Addr()
	target := connectors.Target{Name: name, Kind: connectors.KindWinRM, Address: ip, Port: port, User: sim.WindowsUser,
		Auth:     connectors.Auth{Password: secret(fleet.WindowsPassword())},
		WinRM:    connectors.WinRM{Auth: connectors.WinRMNTLM, HTTPS: h.Fingerprint() != "", Fingerprint: h.Fingerprint()},
		Timeouts: connectors.Timeouts{Connect: 5 * time.Second, Command: time.Minute}, Retry: connectors.Retry{Attempts: 1}}
	if edit != nil {
		edit(&target)
	}
	s, err := winrm.New(winrm.Config{Poll: time.Millisecond, Pause: time.Millisecond}).Dial(t.Context(), target)
	if err == nil {
		t.Cleanup(func() { _ = s.Close() }) // it may have been cut
	}
	return s, err
}

// oneWindows makes a world of one machine of the family Windows and a session to it.
func oneWindows(t *testing.T, m sim.Machine) (*sim.Host, connectors.Session) {
	t.Helper()
	m.Name, m.Family = or(m.Name, "m1"), sim.WindowsFamily
	w := newWorld(t, fast, m)
	s, err := overWinRM(t, w.fleet, m.Name, nil)
	if err != nil {
		t.Fatalf("dial %s: %v", m.Name, err)
	}
	return w.host(), s
}

func or[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func TestWindowsPlainCommands(t *testing.T) {
	_, s := oneWindows(t, sim.Machine{Name: "win-1", Windows: sim.Windows{HTTPS: true}})
	for _, tt := range []struct {
		line, out string
		rc        int
	}{
		{"hostname", "win-1\r\n", 0},
		{"ver", "\r\nMicrosoft Windows [Version 10.0.20348.2762]\r\n", 0},
		{"whoami", "win-1\\patch\r\n", 0},
		{"echo hello  there", "hello  there\r\n", 0},
		{"exit 3", "", 3},
		{"exit /b 4", "", 4},
		{"format c:", "", 9009},
	} {
		r, err := s.Run(t.Context(), connectors.Command{Line: tt.line})
		if err != nil || r.ExitCode != tt.rc || string(r.Stdout) != tt.out {
			t.Errorf("%s: %+v %v", tt.line, r, err)
		}
	}
	if _, err := script.Run(t.Context(), s, script.Script{Name: "nosuch", Version: 1, PowerShell: "1"}, nil, script.Options{Host: "m1"}); connectors.CodeOf(err) != connectors.CodeExit {
		t.Errorf("an unknown script: %v", err)
	}
}

func TestWindowsLogin(t *testing.T) {
	for _, tt := range []struct {
		name   string
		faults sim.Faults
		edit   func(*connectors.Target)
		code   connectors.Code
	}{
		{"wrong password", sim.Faults{}, func(t *connectors.Target) { t.Auth.Password = secret("wrong") }, connectors.CodeAuth},
		{"nobody", sim.Faults{AuthRefused: true}, nil, connectors.CodeAuth},
		{"another certificate", sim.Faults{}, func(t *connectors.Target) { t.WinRM.Fingerprint = strings.Repeat("0", 64) }, connectors.CodeHostKey},
		{"away", sim.Faults{Unreachable: true}, nil, connectors.CodeUnreachable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, fast, sim.Machine{Name: "m1", Family: sim.WindowsFamily, Faults: tt.faults, Windows: sim.Windows{HTTPS: true}})
			if _, err := overWinRM(t, w.fleet, "m1", tt.edit); connectors.CodeOf(err) != tt.code {
				t.Errorf("%v", err)
			}
			w.host().SetFaults(sim.Faults{})
			eventually(t, "a login", func() bool {
				_, err := overWinRM(t, w.fleet, "m1", nil)
				return err == nil
			})
		})
	}
}

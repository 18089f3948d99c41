package sim_test

import (
	"context"
	"strings"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/sim"
)

// secret is a password of the tests.
type secret string

func (s secret) Reveal(context.Context) ([]byte, error) { return []byte(s), nil }
func (s secret) Ref() string                            { return "the test's" }
func (s secret) String() string                         { return "redacted" }

func TestSudo(t *testing.T) {
	for _, tt := range []struct {
		name     string
		sudo     sim.Sudo
		user     string
		password string
		method   connectors.BecomeMethod
		fails    string
		wrong    int
	}{
		{name: "free", sudo: sim.SudoFree},
		{name: "free, with a password nobody needs", sudo: sim.SudoFree, password: "x"},
		{name: "root needs none", sudo: sim.SudoMissing, user: "root"},
		{name: "password", sudo: sim.SudoPassword, password: "correct horse"},
		{name: "wrong password", sudo: sim.SudoPassword, password: "tr0ub4dor", fails: "did not accept the password"},
		{name: "no password known", sudo: sim.SudoPassword, fails: "wants a password"},
		{name: "missing", sudo: sim.SudoMissing, password: "correct horse", fails: "not installed"},
		{name: "denied", sudo: sim.SudoDenied, password: "correct horse", fails: "does not let patch become root"},
		{name: "terminal", sudo: sim.SudoTerminal, fails: "wants a terminal"},
		{name: "no doas", method: connectors.BecomeDoas, fails: "doas is not installed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, fast, sim.Machine{Name: "m1", Password: "correct horse", Faults: sim.Faults{Sudo: tt.sudo}})
			s := w.dial("m1", func(target *connectors.Target) {
				if tt.user != "" {
					target.User = tt.user
				}
				if tt.method != "" {
					target.Become.Method = tt.method
				}
				if tt.password != "" {
					target.Become.Password = secret(tt.password)
				}
			})
			for range 2 { // the second command takes the way that is known to work
				r, err := s.Run(t.Context(), connectors.Command{Line: "id -u", Become: true})
				switch {
				case tt.fails == "" && (err != nil || string(r.Stdout) != "0\n"):
					t.Fatalf("%q %v", r.Stdout, err)
				case tt.fails != "" && (connectors.CodeOf(err) != connectors.CodeSudo || !strings.Contains(err.Error(), tt.fails)):
					t.Fatalf("%q %v", r.Stdout, err)
				}
			}
			wantWrong := 0
			if tt.name == "wrong password" {
				wantWrong = 1 // once in a session, never again
			}
			snap := w.host().Snapshot()
			if snap.WrongPasswords != wantWrong {
				t.Errorf("%d wrong passwords", snap.WrongPasswords)
			}
			if strings.Contains(strings.Join(snap.Lines, "\n"), "horse") {
				t.Errorf("a password in a command line: %q", snap.Lines)
			}
		})
	}
}

func TestScriptThroughThePassword(t *testing.T) {
	w := newWorld(t, fast, sim.Machine{Name: "m1", Password: "p", Faults: sim.Faults{Sudo: sim.SudoPassword}})
	s := w.dial("m1", func(target *connectors.Target) { target.Become.Password = secret("p") })
	c := client(t, s)
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.host().Snapshot().Scripts["job claim"]; n != 1 {
		t.Errorf("the script arrived %d times", n)
	}
}

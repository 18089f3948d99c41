package local_test

import (
	"os"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/connectortest/fakebecome"
	"patchwave/connectors/local"
)

func TestContract(t *testing.T) {
	connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
		t.Helper()
		target := connectors.Target{Name: "here", Kind: connectors.KindLocal}
		if edit != nil {
			edit(&target)
		}
		s, err := local.Dialer{}.Dial(t.Context(), target)
		if err != nil {
			t.Fatalf("dial: %v", err)
		}
		return s
	})
}

func TestOtherKindsAreRefused(t *testing.T) {
	_, err := local.Dialer{}.Dial(t.Context(), connectors.Target{Name: "web", Kind: connectors.KindSSH})
	if connectors.CodeOf(err) != connectors.CodeUnsupported {
		t.Errorf("got %v", err)
	}
}

func TestBecome(t *testing.T) {
	for _, tt := range []struct {
		name, mode string
		method     connectors.BecomeMethod
		password   string
		code       connectors.Code
	}{
		{"no password", "nopasswd", connectors.BecomeSudo, "", ""},
		{"password", "password", connectors.BecomeSudo, "right", ""},
		{"wrong password", "password", connectors.BecomeSudo, "wrong", connectors.CodeSudo},
		{"doas", "nopasswd", connectors.BecomeDoas, "", ""},
		{"su", "password", connectors.BecomeSu, "right", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := fakebecome.New(t, tt.mode, "right")
			t.Setenv("PATH", fake.Path+":"+os.Getenv("PATH"))
			b := connectors.Become{Method: tt.method, User: "admin"}
			if tt.password != "" {
				b.Password = &connectortest.Secret{Name: "cred:sudo", Value: tt.password}
			}
			s, err := local.Dialer{}.Dial(t.Context(), connectors.Target{Name: "here", Kind: connectors.KindLocal, Become: b})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = s.Close() }() // never fails
			r, err := s.Run(t.Context(), connectors.Command{Line: "echo $FAKE_USER; exit 3", Become: true})
			if connectors.CodeOf(err) != tt.code || (err == nil && (string(r.Stdout) != "admin\n" || r.ExitCode != 3)) {
				t.Errorf("got %q, exit %d, %v", r.Stdout, r.ExitCode, err)
			}
			if fake.Tries() > 1 {
				t.Errorf("the password was sent %d times", fake.Tries())
			}
		})
	}
}

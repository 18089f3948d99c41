package ssh

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"patchwave/connectors/runner"
)

// exitSignal is the payload of RFC 4254, section 6.10.
func exitSignal(name string) []byte {
	return ssh.Marshal(struct {
		Signal     string
		CoreDumped bool
		Error      string
		Lang       string
	}{Signal: name})
}

func TestExitOf(t *testing.T) {
	for _, tt := range []struct {
		kind    string
		payload []byte
		want    runner.Exit
		ok      bool
	}{
		{"exit-status", []byte{0, 0, 0, 7}, runner.Exit{Code: 7}, true},
		{"exit-status", []byte{0, 0, 1}, runner.Exit{}, false},
		{"exit-status", nil, runner.Exit{}, false},
		{"exit-signal", exitSignal("KILL"), runner.Exit{Code: 137, Signal: "KILL"}, true},
		{"exit-signal", exitSignal("RTMIN+1@example.net"), runner.Exit{Code: 128, Signal: "UNKNOWN"}, true},
		{"exit-signal", []byte{255, 255, 255, 255}, runner.Exit{}, false},
		{"keepalive@openssh.com", nil, runner.Exit{}, false},
	} {
		got, ok := exitOf(&ssh.Request{Type: tt.kind, Payload: tt.payload})
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s %x: got %v %v, want %v %v", tt.kind, tt.payload, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzExitOf(f *testing.F) {
	f.Add("exit-status", []byte{0, 0, 0, 7})
	f.Add("exit-signal", exitSignal("KILL"))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		exit, _ := exitOf(&ssh.Request{Type: kind, Payload: payload})
		if strings.ToUpper(exit.Signal) != exit.Signal || len(exit.Signal) > 8 {
			t.Fatalf("the signal is %q", exit.Signal)
		}
	})
}

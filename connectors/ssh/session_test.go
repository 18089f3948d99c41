package ssh_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// loggedIn opens a session on a new server.
func loggedIn(t *testing.T, opt sshserver.Options) (connectors.Session, *sshserver.Server) {
	t.Helper()
	key, public := keyFile(t)
	opt.AuthorizedKeys = []xssh.PublicKey{public}
	server := sshserver.Start(t, opt)
	d := ssh.New(ssh.Config{})
	s, err := d.Dial(t.Context(), targetOf(server, key))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.Close() // never fails
		closeDialer(t, d)
	})
	return s, server
}

func TestAHostThatAllowsFewSessions(t *testing.T) {
	for _, most := range []int{1, 3} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			s, _ := loggedIn(t, sshserver.Options{MaxSessions: most})
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if r, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 0.02; echo hi")}); err != nil || string(r.Stdout) != "hi\n" {
						t.Errorf("got %q %v", r.Stdout, err)
					}
				})
			}
			all.Wait()
		})
	}
}

func TestAHostThatAllowsNoSession(t *testing.T) {
	s, _ := loggedIn(t, sshserver.Options{MaxSessions: -1})
	_, err := s.Run(t.Context(), connectors.Command{Script: []byte("true")})
	if connectors.CodeOf(err) != connectors.CodeUnsupported || !strings.Contains(err.Error(), "MaxSessions") {
		t.Errorf("got %v", err)
	}
}

func TestAHostThatRunsNothing(t *testing.T) {
	s, _ := loggedIn(t, sshserver.Options{NoExec: true})
	for range 12 {
		_, err := s.Run(t.Context(), connectors.Command{Script: []byte("true")})
		if connectors.CodeOf(err) != connectors.CodeUnsupported || !strings.Contains(err.Error(), "refuses to run") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAtMostEightCommandsAtOnce(t *testing.T) {
	s, server := loggedIn(t, sshserver.Options{MaxSessions: 10})
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			if _, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 0.02")}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := server.Refused(); n > 0 {
		t.Errorf("%d channels were refused, want none", n)
	}
}

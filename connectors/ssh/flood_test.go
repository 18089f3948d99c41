package ssh_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

func TestFloodingHostsLeaveRoomForTheOthers(t *testing.T) {
	key, public := keyFile(t)
	server := sshserver.Start(t, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}})
	d := ssh.New(ssh.Config{MaxBuffered: 4 << 20})
	defer closeDialer(t, d)
	dial := func() connectors.Session {
		s, err := d.Dial(t.Context(), targetOf(server, key))
		if err != nil {
			t.Error(err)
			return nil
		}
		return s
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			s := dial()
			if s == nil {
				return
			}
			defer func() { _ = s.Close() }() // never fails
			r, err := s.Run(t.Context(), connectors.Command{Script: []byte("yes"), Timeout: 3 * time.Second})
			if connectors.CodeOf(err) != connectors.CodeTimeout || !r.Truncated || !bytes.HasPrefix(r.Stdout, []byte("y\ny\n")) {
				t.Errorf("got %d bytes, truncated %v, %v", len(r.Stdout), r.Truncated, err)
			}
		})
	}
	s := dial()
	if s == nil {
		t.FailNow()
	}
	defer func() { _ = s.Close() }() // never fails
	r, err := s.Run(t.Context(), connectors.Command{Script: []byte("sleep 1; head -c 60000 /dev/zero")})
	if err != nil || len(r.Stdout) != 60_000 || r.Truncated {
		t.Errorf("a healthy host among flooding ones: %d bytes, truncated %v, %v", len(r.Stdout), r.Truncated, err)
	}
	all.Wait()
}

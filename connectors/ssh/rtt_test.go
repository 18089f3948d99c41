package ssh_test

import (
	"testing"
	"time"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/fakebecome"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/connectortest/wire"
	"patchwave/connectors/ssh"
)

// BenchmarkRoundTrips counts the network round trips of a first command on a new
// connection, and of a later one, by laying a slow wire.
func BenchmarkRoundTrips(b *testing.B) {
	const roundTrip = 200 * time.Millisecond
	fake := fakebecome.New(b, "nopasswd", "")
	key, public := keyFile(b)
	server := sshserver.Start(b, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Path: fake.Path})
	line := wire.New(b, server.Addr(), roundTrip/2)
	target := targetOf(server, key)
	target.Port = line.Port()
	target.Become = connectors.Become{Method: connectors.BecomeSudo}
	command := connectors.Command{Script: []byte("echo hi"), Become: true}
	var first, later time.Duration
	for b.Loop() {
		d := ssh.New(ssh.Config{})
		begin := time.Now()
		s, err := d.Dial(b.Context(), target)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Run(b.Context(), command); err != nil {
			b.Fatal(err)
		}
		first += time.Since(begin)
		if _, err := s.Run(b.Context(), command); err != nil {
			b.Fatal(err)
		}
		begin = time.Now()
		if _, err := s.Run(b.Context(), command); err != nil {
			b.Fatal(err)
		}
		later += time.Since(begin)
		_ = s.Close() // never fails
		closeDialer(b, d)
	}
	b.ReportMetric(first.Seconds()/roundTrip.Seconds()/float64(b.N), "rtt/first")
	b.ReportMetric(later.Seconds()/roundTrip.Seconds()/float64(b.N), "rtt/later")
	b.ReportMetric(0, "ns/op")
}

package ssh_test

import (
	"io"
	"strings"
	"testing"

	xssh "golang.org/x/crypto/ssh"

	"patchwave/connectors"
	"patchwave/connectors/connectortest/sshserver"
	"patchwave/connectors/ssh"
)

// BenchmarkHost is one host: log in, run one script, log out. "bare" is the same
// with nothing but x/crypto/ssh. Both include the server, which runs in the same
// process and answers without a shell.
func BenchmarkHost(b *testing.B) {
	key, public := keyFile(b)
	server := sshserver.Start(b, sshserver.Options{AuthorizedKeys: []xssh.PublicKey{public}, Answer: func(_ string, stdin io.Reader) string {
		_, _ = io.Copy(io.Discard, stdin) // the client may be gone
		return "hi\n"
	}})
	b.Run("connector", func(b *testing.B) {
		d := ssh.New(ssh.Config{})
		defer closeDialer(b, d)
		target := targetOf(server, key)
		b.ReportAllocs()
		for b.Loop() {
			s, err := d.Dial(b.Context(), target)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := s.Run(b.Context(), connectors.Command{Script: []byte("echo hi")}); err != nil {
				b.Fatal(err)
			}
			_ = s.Close() // never fails
		}
	})
	b.Run("bare", func(b *testing.B) {
		signer, err := xssh.ParsePrivateKey([]byte(readFile(b, key)))
		if err != nil {
			b.Fatal(err)
		}
		config := &xssh.ClientConfig{User: "patch", Auth: []xssh.AuthMethod{xssh.PublicKeys(signer)}, HostKeyCallback: xssh.FixedHostKey(server.HostKey())}
		b.ReportAllocs()
		for b.Loop() {
			c, err := xssh.Dial("tcp", server.Addr(), config)
			if err != nil {
				b.Fatal(err)
			}
			s, err := c.NewSession()
			if err != nil {
				b.Fatal(err)
			}
			s.Stdin = strings.NewReader("echo hi")
			if _, err := s.Output("/bin/sh -s"); err != nil {
				b.Fatal(err)
			}
			_ = c.Close() // it is over
		}
	})
}

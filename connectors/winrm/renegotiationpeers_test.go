//go:build peers

package winrm

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchwave/connectors"
)

// opensslServer is openssl s_server, whose replies are typed.
type opensslServer struct {
	t     *testing.T
	port  int
	stdin io.Writer
	mu    sync.Mutex
	said  bytes.Buffer
	more  chan struct{}
}

// openssl starts openssl s_server with TLS 1.2; it ends with the test.
func openssl(t *testing.T, args ...string) (server *opensslServer, certificate []byte) {
	t.Helper()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certificate = makeCertificate(t, cert, key)
	s := &opensslServer{t: t, port: freePort(t), more: make(chan struct{}, 1)}
	cmd := exec.Command("openssl", append([]string{"s_server", "-accept", "127.0.0.1:" + strconv.Itoa(s.port), "-cert", cert, "-key", key, "-tls1_2"}, args...)...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	cmd.Stdout, cmd.Stderr, s.stdin = in, in, stdin
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := bufio.NewReader(out)
		for {
			b, err := buf.ReadByte()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.said.WriteByte(b)
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		_ = in.Close()
		reading.Wait()
	})
	s.await("ACCEPT", 1)
	return s, certificate
}

// text is all that it said.
func (s *opensslServer) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// await waits until it has said something n times.
func (s *opensslServer) await(words string, n int) {
	s.t.Helper()
	limit := time.NewTimer(peerWait)
	defer limit.Stop()
	for strings.Count(s.text(), words) < n {
		select {
		case <-s.more:
		case <-limit.C:
			s.t.Errorf("waited in vain for %q: %s", words, s.text())
			return
		}
	}
}

// typed is what the operator of it types: a command, or a reply in one piece.
func (s *opensslServer) typed(text string) {
	s.t.Helper()
	if _, err := io.WriteString(s.stdin, text); err != nil {
		s.t.Errorf("type: %v", err)
	}
}

func (s *opensslServer) reply(soap string) {
	s.t.Helper()
	s.typed(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n%s", len(soap), soap))
}

// A host that asks for the certificate when it has read the first request, as http.sys
// does, gets it in a second handshake, and what follows goes on.
func TestRenegotiation(t *testing.T) {
	noLeaks(t)
	dir := t.TempDir()
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	makeCertificate(t, certificate, key)
	s, server := openssl(t, "-CAfile", certificate, "-verify_return_error")
	target := connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: "127.0.0.1", Port: s.port, Retry: connectors.Retry{Attempts: 1},
		WinRM: connectors.WinRM{HTTPS: true, Fingerprint: fmt.Sprintf("%x", sha256Of(server)), Auth: connectors.WinRMCertificate, Certificate: certificate, PrivateKey: key}}
	cfg := peerConfig()
	var dialled atomic.Int64
	cfg.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialled.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	over := make(chan error, 1)
	go func() {
		session, err := New(cfg).Dial(t.Context(), target)
		if err == nil {
			err = session.Close()
		}
		over <- err
	}()
	s.await("</env:Envelope>", 1) // the request for a shell is whole
	before := s.text()
	s.typed("R\n") // renegotiate, and ask for a certificate
	s.await("SSL_do_handshake -> 1", 1)
	s.await("depth=0", 1)
	s.reply(fakeReply(`<rsp:Shell><rsp:ShellId>11111111-2222-3333-4444-555555555555</rsp:ShellId></rsp:Shell>`))
	s.await("transfer/Delete", 1)
	s.reply(fakeReply(""))
	if err := <-over; err != nil {
		t.Errorf("the session: %v", err)
	}
	text := s.text()
	if strings.Contains(before, "depth=0") || strings.Contains(text, "verify error") || dialled.Load() != 1 {
		t.Errorf("%d connections; before the second handshake:\n%s\nall:\n%s", dialled.Load(), before, text)
	}
}

package winrm

import (
	"context"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/masterzen/winrm"

	"patchwave/connectors"
	"patchwave/connectors/sim/wsman"
)

// cpu is the time that this process has used, in nanoseconds.
func cpu(b *testing.B) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// says prints a kilobyte.
func says(_ context.Context, c wsman.Command) uint32 {
	_, _ = io.WriteString(c.Stdout, strings.Repeat("0123456789abcde\n", 64)) // the client may be gone
	return 0
}

// BenchmarkCommand is what a command costs, on both sides together: over a session of
// ours, and by the library alone with Basic, as its users do it. It is to be compared by
// cpu-µs/op.
func BenchmarkCommand(b *testing.B) {
	measure := func(name string, opt wsman.Options, prepare func(b *testing.B, m *wsman.Server) func(ctx context.Context) error) {
		b.Run(name, func(b *testing.B) {
			opt.Handler = wsman.HandlerFunc(says)
			run := prepare(b, machine(b, opt))
			before := cpu(b)
			n := 0
			for b.Loop() {
				if err := run(b.Context()); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(cpu(b)-before)/float64(n)/1e3, "cpu-µs/op")
		})
	}
	ours := func(auth connectors.WinRMAuth) func(b *testing.B, m *wsman.Server) func(ctx context.Context) error {
		return func(b *testing.B, m *wsman.Server) func(ctx context.Context) error {
			b.Helper()
			s, err := New(Config{Commands: 1}).Dial(b.Context(), targetOf(m, auth))
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() }) // it never fails
			return func(ctx context.Context) error {
				_, err := s.Run(ctx, connectors.Command{Line: "x"})
				return err
			}
		}
	}
	// dialled is a session for each command: two logins, a shell, the command.
	dialled := func(b *testing.B, m *wsman.Server) func(ctx context.Context) error {
		b.Helper()
		d := New(Config{Commands: 1})
		return func(ctx context.Context) error {
			s, err := d.Dial(ctx, targetOf(m, connectors.WinRMNTLM))
			if err != nil {
				return err
			}
			defer func() { _ = s.Close() }() // it never fails
			_, err = s.Run(ctx, connectors.Command{Line: "x"})
			return err
		}
	}
	bare := func(b *testing.B, m *wsman.Server) func(ctx context.Context) error {
		b.Helper()
		host, port := m.Addr()
		c, err := winrm.NewClient(winrm.NewEndpoint(host, port, m.Fingerprint() != "", false, m.CA(), nil, nil, time.Minute), `corp\admin`, "correct horse")
		if err != nil {
			b.Fatal(err)
		}
		return func(ctx context.Context) error {
			_, err := c.RunWithContext(ctx, "x", io.Discard, io.Discard)
			return err
		}
	}
	measure("bare basic over http", wsman.Options{Auth: wsman.Basic, AllowUnencrypted: true}, bare)
	measure("bare basic over https", wsman.Options{Auth: wsman.Basic, TLS: true}, bare)
	measure("ntlm over http", wsman.Options{}, ours(connectors.WinRMNTLM))
	measure("ntlm over https", wsman.Options{TLS: true}, ours(connectors.WinRMNTLM))
	measure("session of one command, ntlm over http", wsman.Options{}, dialled)
	measure("basic over https", wsman.Options{Auth: wsman.Basic, TLS: true}, ours(connectors.WinRMBasic))
}

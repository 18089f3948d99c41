package winrm

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
	"patchwave/connectors/sim/wsman"
)

func sha256Of(b []byte) []byte {
	d := sha256.Sum256(b)
	return d[:]
}

var argsPattern = regexp.MustCompile(`(?m)^\$PwArgs64 = '([A-Za-z0-9+/=]*)'$`)

// unwrap does what the bootstrap does: it reads a program from standard input and
// compares its digest.
func unwrap(line string, stdin io.Reader) ([]byte, error) {
	encoded, ok := strings.CutPrefix(line, powershell)
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil {
		return nil, errors.New("no bootstrap")
	}
	source := fromUTF16(raw)
	found := argsPattern.FindStringSubmatch(source)
	if !strings.HasPrefix(source, "# patchwave bootstrap v1\n") || found == nil {
		return nil, errors.New("no bootstrap")
	}
	data, err := base64.StdEncoding.DecodeString(found[1])
	if err != nil {
		return nil, err
	}
	var args struct{ SHA256 string }
	if err := json.Unmarshal(data, &args); err != nil {
		return nil, err
	}
	var program []byte
	lines := bufio.NewScanner(stdin)
	for lines.Scan() {
		b, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			return nil, err
		}
		program = append(program, b...)
	}
	if fmt.Sprintf("%x", sha256Of(program)) != args.SHA256 {
		return nil, errors.New("the digest differs")
	}
	return program, lines.Err()
}

// shell is a host on which both cmd.exe and PowerShell are /bin/sh.
func shell(ctx context.Context, line string, stdin io.Reader, stdout, stderr io.Writer) int {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", line)
	if strings.HasPrefix(line, powershell) {
		program, err := unwrap(line, stdin)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			return refusedExit
		}
		cmd = exec.CommandContext(ctx, "/bin/sh", "-s")
		stdin = bytes.NewReader(program)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal())
		}
		return exit.ExitCode()
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		return 1
	}
	return 0
}

// testConfig has short intervals.
func testConfig() Config {
	return Config{Operation: 2 * time.Second, Grace: 15 * time.Second, Pause: 10 * time.Millisecond, Poll: 10 * time.Millisecond,
		Busy: 10 * time.Millisecond, Cleanup: 20 * time.Second}
}

// machine serves the simulated WinRM service, until the test ends, with a shell
// behind it.
func machine(t testing.TB, opt wsman.Options) *wsman.Server {
	t.Helper()
	opt.Users = map[string]string{`corp\admin`: "correct horse"}
	if opt.Handler == nil {
		opt.Handler = wsman.HandlerFunc(func(ctx context.Context, c wsman.Command) uint32 {
			return uint32(shell(ctx, c.Line, c.Stdin, c.Stdout, c.Stderr))
		})
	}
	s, err := wsman.Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// targetOf is how a simulated machine is reached.
func targetOf(s *wsman.Server, auth connectors.WinRMAuth) connectors.Target {
	host, port := s.Addr()
	return connectors.Target{Name: "win1", Kind: connectors.KindWinRM, Address: host, Port: port, User: `corp\admin`,
		Auth:  connectors.Auth{Password: &connectortest.Secret{Name: "cred:win", Value: "correct horse"}},
		WinRM: connectors.WinRM{Auth: auth, HTTPS: s.Fingerprint() != "", Fingerprint: s.Fingerprint()}, Retry: connectors.Retry{Attempts: 1}}
}

func TestContract(t *testing.T) {
	for _, way := range []struct {
		name string
		auth connectors.WinRMAuth
		opt  wsman.Options
	}{
		{"ntlm over http", connectors.WinRMNTLM, wsman.Options{}},
		{"ntlm over https", connectors.WinRMNTLM, wsman.Options{TLS: true}},
	} {
		t.Run(way.name, func(t *testing.T) {
			m := machine(t, way.opt)
			connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
				t.Helper()
				target := targetOf(m, way.auth)
				if edit != nil {
					edit(&target)
				}
				s, err := New(testConfig()).Dial(t.Context(), target)
				if err != nil {
					t.Fatalf("dial: %v", err)
				}
				return s
			})
			// the machine may learn a little later that a connection is closed
			for range 10_000 {
				if c := m.Counters(); c.LiveShells == 0 && c.OpenConnections == 0 {
					break
				}
				<-time.After(time.Millisecond)
			}
			c := m.Counters()
			if c.LiveShells != 0 || c.OpenConnections != 0 {
				t.Errorf("%d shells and %d connections are left", c.LiveShells, c.OpenConnections)
			}
			if !way.opt.TLS && c.Plain > 0 {
				t.Errorf("%d messages were not encrypted", c.Plain)
			}
		})
	}
}

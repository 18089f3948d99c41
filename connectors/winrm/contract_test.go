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
	"log"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchwave/connectors"
	"patchwave/connectors/connectortest"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

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
	return Config{Operation: 2 * time.Second, Grace: 2 * time.Second, Pause: 10 * time.Millisecond, Poll: 10 * time.Millisecond,
		Busy: 10 * time.Millisecond, Cleanup: 3 * time.Second}
}

func TestContract(t *testing.T) {
	for _, way := range []struct {
		name, scheme string
		secure       bool
	}{{"ntlm over http", "ntlm", false}, {"ntlm over https", "ntlm", true}, {"basic over https", "basic", true}} {
		t.Run(way.name, func(t *testing.T) {
			f := &fake{scheme: way.scheme, run: shell}
			f.start(t, way.secure)
			connectortest.Run(t, func(t testing.TB, edit func(*connectors.Target)) connectors.Session {
				t.Helper()
				target := f.target()
				if edit != nil {
					edit(&target)
				}
				s, err := New(testConfig()).Dial(t.Context(), target)
				if err != nil {
					t.Fatalf("dial: %v", err)
				}
				return s
			})
			if way.scheme == "ntlm" && !way.secure && f.plain.Load() > 0 {
				t.Errorf("%d messages were not encrypted", f.plain.Load())
			}
		})
	}
}

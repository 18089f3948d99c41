package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/connectors/sim/wsman"
)

// The program reaches a machine over WinRM, by what its configuration says, and
// says what is wrong.
func TestExecOverWinRM(t *testing.T) {
	server, err := wsman.Start(wsman.Options{
		TLS: true, Users: map[string]string{`CORP\patch`: "correct horse"},
		Handler: wsman.HandlerFunc(func(_ context.Context, c wsman.Command) uint32 {
			_, _ = io.WriteString(c.Stdout, "ran "+c.Line+"\r\n") // the client may be gone
			return 0
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	execute := func(password, fingerprint string) (int, string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "password"), []byte(password), 0o600); err != nil {
			t.Fatal(err)
		}
		ip, port := server.Addr()
		text := fmt.Sprintf(`
host "win-1" {
  address    = %q
  connection = connection.windows
}
connection "windows" {
  type               = "winrm"
  user               = "CORP\\patch"
  password           = secret("file:password")
  port               = %d
  server_fingerprint = "sha256:%s"
}
`, ip, port, fingerprint)
		if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		status := newApp(strings.NewReader(""), &out, &out).execute(t.Context(), []string{"exec", "-C", dir, "--", "ver"})
		if strings.Contains(out.String(), "horse") {
			t.Errorf("the password is shown:\n%s", out.String())
		}
		return status, out.String()
	}
	for _, c := range []struct {
		password, fingerprint string
		status                int
		words                 string
	}{
		{"correct horse", server.Fingerprint(), 0, "ran ver"},
		{"wrong horse", server.Fingerprint(), 4, `refuses the login of CORP\patch`},
		{"correct horse", strings.Repeat("0", 64), 4, "is not the host that is pinned"},
	} {
		if status, out := execute(c.password, c.fingerprint); status != c.status || !strings.Contains(out, c.words) {
			t.Errorf("got %d, want %d and %q:\n%s", status, c.status, c.words, out)
		}
	}
	if n := server.Counters().LiveShells; n != 0 {
		t.Errorf("%d shells are left", n)
	}
}

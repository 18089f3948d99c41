//go:build lab

package lab_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchwave/examples/lab/labhost"
)

// way is one way to become root: a connection of its own to the one host.
type way struct {
	name, user, become string
	state, code, words string // "ok", or what went wrong
}

// inventory is a host with a connection of its own for each way.
func (f fleet) inventory(addr string, ways []way) string {
	var b strings.Builder
	for _, w := range ways {
		fmt.Fprintf(&b, `
connection %[1]q {
  type           = "ssh"
  user           = %[2]q
  identity_files = [%[3]q]
  ssh_config     = false
  become {
    %[4]s
  }
}

host %[1]q {
  address    = %[5]q
  connection = connection.%[1]s
}
`, w.name, w.user, f.lab.KeyFile, w.become, addr)
	}
	return b.String()
}

// secretFile writes a secret into the configuration and returns its HCL.
func (f fleet) secretFile(t *testing.T, name, secret string) string {
	t.Helper()
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("secret(%q)", "file:"+path)
}

// TestBecome tries every way to root, good and bad.
func TestBecome(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "apt")
	h := f.hosts["apt"]
	sudo := `method = "sudo"`
	ways := []way{
		{"right", "pwuser", sudo + "\n    password = " + f.secretFile(t, "right.secret", "s3cret pass"), "ok", "", ""},
		{"wrong", "pwuser", sudo + "\n    password = " + f.secretFile(t, "wrong.secret", "not it"), "failed", "sudo", "password"},
		{"missing", "pwuser", sudo, "failed", "sudo", "password"},
		{"nosudo", "nosudo", sudo, "failed", "sudo", ""},
		{"doas", "doasuser", `method = "doas"`, "ok", "", ""},
		{"nodoas", "nosudo", `method = "doas"`, "failed", "sudo", ""},
		{"limited", "limited", sudo, "failed", "sudo", ""},
		{"noisy", "noisy", sudo, "ok", "", ""},
		{"nothing", "patch", `method = "none"`, "ok", "", ""}, // reading needs no root
		{"root", "root", `method = "none"`, "ok", "", ""},
	}
	f.configure(t, labhost.Config{Policies: f.inventory(h.Addr, ways) + strings.Replace(oneUpdate, "group.lab", "host.nothing", 1)})
	r := f.patchwave(t, 3, "scan", "--refresh", "never", "-o", "json")
	scan := decode[scanDoc](t, r)
	for _, w := range ways {
		host := scan.host(t, w.name)
		if host.State != w.state || host.Error.Code != w.code || !strings.Contains(host.Error.Message, w.words) {
			t.Errorf("%s is %s, %+v; want %s %s with %q", w.name, host.State, host.Error, w.state, w.code, w.words)
		}
		if w.state == "ok" {
			same(t, w.name+" lists", scan.host(t, "apt").Updates, host.Updates)
		}
	}
	// One wrong password is one failed authentication, or accounts get locked.
	log := h.MustSh(t, `journalctl --no-pager -o cat _COMM=sudo`)
	if n := strings.Count(log, "authentication failure;"); n != 1 || strings.Count(log, "incorrect password attempt") > 1 {
		t.Errorf("%d failed authentications in the host's log, want 1:\n%s", n, log)
	}
	for _, secret := range []string{"s3cret pass", "not it"} {
		seen := h.MustSh(t, fmt.Sprintf("journalctl --no-pager -o cat | grep -F %q || :", secret))
		if seen != "" || strings.Contains(r.Stdout+r.Stderr, secret) {
			t.Errorf("the password %q is to be read: %s", secret, seen)
		}
	}
	doc := decode[runDoc](t, f.patchwave(t, 3, "apply", "--refresh", "never", "-p", "lab", "-y", "-o", "json"))
	if host := doc.host(t, "nothing"); host.State != "failed" || host.Error.Code != "sudo" {
		t.Errorf("an apply without root: %s, %+v", host.State, host.Error)
	}
}

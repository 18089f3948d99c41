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

// behind is a host that is reached over another one.
const behind = `
connection "behind" {
  type           = "ssh"
  user           = "patch"
  identity_files = [%q]
  ssh_config     = false
  jump           = [host.apt-gate]
  become {
    method = "sudo"
  }
}

host "inner" {
  address    = %q
  connection = connection.behind
}
`

// knows writes known_hosts with one line for each pair of a host's address and
// another host's key.
func (f fleet) knows(t *testing.T, pairs ...[2]string) {
	t.Helper()
	var b strings.Builder
	for _, pair := range pairs {
		_, key, _ := strings.Cut(f.hosts[pair[1]].KnownHostsLine, " ")
		fmt.Fprintf(&b, "%s %s", f.hosts[pair[0]].Addr, key)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "known_hosts"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestHostKeys reaches a host directly and over a jump host, with good keys, and
// with one that has changed or is not known: then nobody tries to log in, on
// either of them.
func TestHostKeys(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "", "apt-gate", "apt-inner")
	f.configure(t, labhost.Config{Policies: fmt.Sprintf(behind, f.lab.KeyFile, f.hosts["apt-inner"].Addr)})
	f.sh(t, onAll(`echo 'LogLevel DEBUG1' >/etc/ssh/sshd_config.d/debug.conf; kill -HUP "$(cat /run/sshd.pid)"`))
	for _, h := range f.hosts {
		if err := h.WaitUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	gate, inner := [2]string{"apt-gate", "apt-gate"}, [2]string{"apt-inner", "apt-inner"}
	for _, c := range []struct {
		name, limit string
		known       [][2]string
		exit        int
		words       string
		logins      map[string]bool // on which hosts somebody tried to log in
	}{
		{"known", "inner", [][2]string{gate, inner}, 0, "", map[string]bool{"apt-gate": true, "apt-inner": true}},
		{"direct", "apt-inner", [][2]string{inner}, 0, "", map[string]bool{"apt-gate": false, "apt-inner": true}},
		{"changed", "apt-inner", [][2]string{{"apt-inner", "apt-gate"}}, 4, "changed", map[string]bool{"apt-gate": false, "apt-inner": false}},
		{"unknown", "apt-inner", [][2]string{gate}, 4, "not known", map[string]bool{"apt-gate": false, "apt-inner": false}},
		{"changed behind", "inner", [][2]string{gate, {"apt-inner", "apt-gate"}}, 4, "changed", map[string]bool{"apt-gate": true, "apt-inner": false}},
		{"unknown behind", "inner", [][2]string{gate}, 4, "not known", map[string]bool{"apt-gate": true, "apt-inner": false}},
		{"changed gate", "inner", [][2]string{{"apt-gate", "apt-inner"}, inner}, 4, "changed", map[string]bool{"apt-gate": false, "apt-inner": false}},
		{"unknown gate", "inner", [][2]string{inner}, 4, "not known", map[string]bool{"apt-gate": false, "apt-inner": false}},
	} {
		f.knows(t, c.known...)
		f.sh(t, onAll("journalctl --sync; journalctl -q -n 0 --show-cursor | sed -n 's/^-- cursor: //p' >/run/seen"))
		host := decode[scanDoc](t, f.patchwave(t, c.exit, "scan", "-l", c.limit, "-o", "json")).host(t, c.limit)
		if c.exit != 0 && (host.State != "unreachable" || host.Error.Code != "host-key" || !strings.Contains(host.Error.Message, c.words)) {
			t.Errorf("%s: the host is %s, %+v; want host-key with %q", c.name, host.State, host.Error, c.words)
		}
		for name, log := range f.sh(t, onAll("journalctl --sync; journalctl -q --no-pager -o cat -u ssh --after-cursor \"$(cat /run/seen)\"")) {
			if got := strings.Contains(log, "userauth-request for user"); got != c.logins[name] {
				t.Errorf("%s: a login was tried on %s: %v, want %v\n%s", c.name, name, got, c.logins[name], log)
			}
		}
	}
}

//go:build lab

package labhost

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteConfig(t *testing.T) {
	dir := t.TempDir()
	l := &Lab{KeyFile: `/k"ey${x}`}
	hosts := []*Host{
		{Name: "web", Addr: "10.77.0.10", Flavour: Apt, KnownHostsLine: "10.77.0.10 ssh-ed25519 AAAA\n"},
		{Name: "db-1", Addr: "10.77.0.11", Flavour: Dnf, KnownHostsLine: "10.77.0.11 ssh-ed25519 BBBB\n"},
	}
	err := l.WriteConfig(dir, Config{User: "pwuser", Become: `method = "none"`, Connection: "  port = 22", Policies: "# more\n"}, hosts...)
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"lab.hcl": {`identity_files = ["/k\"ey$${x}"]`, `user           = "pwuser"`, `method = "none"`, "port = 22",
			`host "db-1"`, `labels     = { flavour = "dnf" }`, `members = [host.web, host.db-1]`},
		"known_hosts":  {hosts[0].KnownHostsLine + hosts[1].KnownHostsLine},
		"policies.hcl": {"# more\n"},
	} {
		body, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s has no %q:\n%s", name, want, body)
			}
		}
	}
}

func TestHostNames(t *testing.T) {
	for name, good := range map[string]bool{
		"web-1": true, "w": true, "": false, "-w": false, "w-": false, "../w": false, "a b": false, "W": false,
		strings.Repeat("w", 33): false,
	} {
		if hostName.MatchString(name) != good {
			t.Errorf("%q: %v", name, !good)
		}
	}
}

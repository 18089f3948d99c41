package main

import (
	"context"
	_ "embed" // the configuration of the demonstration
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"patchwave/connectors/sim"
)

// demoPolicies is the part of the configuration that is the same every time.
//
//go:embed demo.hcl
var demoPolicies []byte

// freePort finds a port that is free at the moment.
func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// writeDemo writes the configuration for a fleet: inventory, policies, the key, the
// machines' host keys, and the password for those of Windows.
func writeDemo(dir string, fleet *sim.Fleet) error {
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "id_ed25519"), fleet.ClientKey(), 0o600),
		os.WriteFile(filepath.Join(dir, "known_hosts"), fleet.KnownHosts(), 0o600),
		os.WriteFile(filepath.Join(dir, "windows.pass"), []byte(fleet.WindowsPassword()+"\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "inventory.hcl"), []byte(demoInventory(fleet, filepath.Join(dir, "windows.pass"))), 0o600),
		os.WriteFile(filepath.Join(dir, "policies.hcl"), demoPolicies, 0o600),
	)
}

// demoInventory is the inventory of a fleet in HCL; passFile is the file of the
// password for Windows.
func demoInventory(fleet *sim.Fleet, passFile string) string {
	var b strings.Builder
	b.WriteString(`# The machines of the demonstration. They live in the process that made this file.

patchwave {
  database    = "patchwave.db"
  known_hosts = ["known_hosts"]
}
`)
	connections := map[int]string{}
	for _, h := range fleet.Hosts() {
		_, port := h.Addr()
		if h.Windows() || connections[port] != "" {
			continue
		}
		name := "demo"
		if len(connections) > 0 {
			name = fmt.Sprintf("demo-%d", port)
		}
		connections[port] = name
		fmt.Fprintf(&b, `
connection "%s" {
  type           = "ssh"
  user           = "patch"
  port           = %d
  identity_files = ["id_ed25519"]
  become {
    method = "sudo"
  }
  timeouts {
    connect = "3s"
  }
  retry {
    attempts = 2
    backoff  = "1s"
  }
}
`, name, port)
	}
	for _, h := range fleet.Hosts() {
		ip, port := h.Addr()
		role, _, _ := strings.Cut(h.Name(), "-")
		connection := connections[port]
		if h.Windows() {
			connection = "to-" + h.Name()
			b.WriteString(demoWinRM(h, connection, passFile))
		}
		fmt.Fprintf(&b, `
host "%s" {
  address    = "%s"
  connection = connection.%s
  labels     = { role = "%s" }
}
`, h.Name(), ip, connection, role)
	}
	return b.String()
}

// demoWinRM is how a machine of Windows is reached: over https, where it shows a
// certificate that is pinned, or over http with messages that NTLM encrypts.
func demoWinRM(h *sim.Host, name, passFile string) string {
	_, port := h.Addr()
	how := "  https = false\n  auth  = \"ntlm\"\n"
	if f := h.Fingerprint(); f != "" {
		how = fmt.Sprintf("  server_fingerprint = \"sha256:%s\"\n", f)
	}
	return fmt.Sprintf(`
connection "%s" {
  type     = "winrm"
  user     = "%s"
  password = secret("file:%s")
  port     = %d
%s  timeouts {
    connect = "5s"
  }
  retry {
    attempts = 2
    backoff  = "1s"
  }
}
`, name, sim.WindowsUser, passFile, port, how)
}

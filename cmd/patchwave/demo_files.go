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

// writeDemo writes the configuration for a fleet: inventory, policies, the key
// and the machines' host keys.
func writeDemo(dir string, fleet *sim.Fleet) error {
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "id_ed25519"), fleet.ClientKey(), 0o600),
		os.WriteFile(filepath.Join(dir, "known_hosts"), fleet.KnownHosts(), 0o600),
		os.WriteFile(filepath.Join(dir, "inventory.hcl"), []byte(demoInventory(fleet)), 0o600),
		os.WriteFile(filepath.Join(dir, "policies.hcl"), demoPolicies, 0o600),
	)
}

// demoInventory is the inventory of a fleet in HCL.
func demoInventory(fleet *sim.Fleet) string {
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
		if connections[port] != "" {
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
		fmt.Fprintf(&b, `
host "%s" {
  address    = "%s"
  connection = connection.%s
  labels     = { role = "%s" }
}
`, h.Name(), ip, connections[port], role)
	}
	return b.String()
}

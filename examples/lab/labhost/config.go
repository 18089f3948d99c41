//go:build lab

package labhost

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Config is what WriteConfig writes beside the hosts.
type Config struct {
	// User logs in; the default is patch, who may use sudo without a password.
	User string
	// Become is the body of the become block; the default is method = "sudo".
	Become string
	// Connection is more of the body of the connection block.
	Connection string
	// Policies is any more HCL: groups, baselines, policies. Hosts are
	// host.NAME, with the label flavour, in the group lab.
	Policies string
}

// WriteConfig writes a configuration directory of patchwave for the hosts: host
// keys pinned, the database beside it. The directory must exist and be private.
func (l *Lab) WriteConfig(dir string, c Config, hosts ...*Host) error {
	files := map[string]string{
		"lab.hcl":     l.inventory(dir, c, hosts),
		"known_hosts": knownHosts(hosts),
	}
	if c.Policies != "" {
		files["policies.hcl"] = c.Policies
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			return fmt.Errorf("write the configuration: %w", err)
		}
	}
	return nil
}

func (l *Lab) inventory(dir string, c Config, hosts []*Host) string {
	var b strings.Builder
	fmt.Fprintf(&b, "patchwave {\n  database    = %s\n  known_hosts = [\"known_hosts\"]\n  timezone    = \"UTC\"\n}\n\n",
		quote(filepath.Join(dir, "patchwave.db")))
	fmt.Fprintf(&b, "connection \"lab\" {\n  type           = \"ssh\"\n  user           = %s\n", quote(or(c.User, "patch")))
	fmt.Fprintf(&b, "  identity_files = [%s]\n  ssh_config     = false\n", quote(l.KeyFile))
	if c.Connection != "" {
		fmt.Fprintf(&b, "%s\n", c.Connection)
	}
	fmt.Fprintf(&b, "  become {\n    %s\n  }\n}\n\n", or(c.Become, `method = "sudo"`))
	names := make([]string, 0, len(hosts))
	for _, h := range hosts {
		fmt.Fprintf(&b, "host %s {\n  address    = %s\n  connection = connection.lab\n  labels     = { flavour = %s }\n}\n\n",
			quote(h.Name), quote(h.Addr), quote(string(h.Flavour)))
		names = append(names, "host."+h.Name)
	}
	fmt.Fprintf(&b, "group \"lab\" {\n  members = [%s]\n}\n", strings.Join(names, ", "))
	return b.String()
}

func knownHosts(hosts []*Host) string {
	var b strings.Builder
	for _, h := range hosts {
		b.WriteString(h.KnownHostsLine)
	}
	return b.String()
}

// quote makes an HCL string of a path or a name.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{", "\n", `\n`).Replace(s) + `"`
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

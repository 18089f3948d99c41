package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLeavingAnsible: the inventory in patchwave's own words says what Ansible's
// says, so that one can take the place of the other.
func TestLeavingAnsible(t *testing.T) {
	beside := load(t, copyOf(t, "from-ansible"))
	dir := copyOf(t, "from-ansible", `source "ansible" "legacy" {
  path       = "hosts.ini"
  connection = connection.linux
}
`, "")
	if err := os.WriteFile(filepath.Join(dir, "instead.hcl"), []byte(read(t, "from-ansible/instead.hcl.txt")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hosts.ini", "group_vars", "host_vars"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	instead := load(t, dir)
	if diff := cmp.Diff(facts(beside), facts(instead)); diff != "" {
		t.Errorf("-Ansible's inventory +patchwave's own:\n%s", diff)
	}
}

// machine is what must be the same of a host however it is declared.
type machine struct {
	Address, User    string
	Port             int
	Become           string
	Labels           map[string]string
	Groups, Policies string
	Vars             map[string]any
}

func facts(e *example) map[string]machine {
	out := map[string]machine{}
	for _, h := range e.inv.Hosts {
		out[h.Name] = machine{
			Address: h.Address, User: h.Target.User, Port: h.Target.Port, Become: string(h.Target.Become.Method),
			Labels: h.Labels, Groups: strings.Join(h.Groups, ","), Policies: strings.Join(h.Policies, ","), Vars: h.Vars,
		}
	}
	return out
}

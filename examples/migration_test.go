package examples_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/config"
	"patchwave/inventory/source"
)

// imported is what `patchwave import ansible hosts.ini` prints.
func imported(t *testing.T) string {
	t.Helper()
	root := os.DirFS("from-ansible")
	in := source.Input{Kind: source.Ansible, Path: "hosts.ini", Files: map[string][]byte{}}
	for _, at := range append(source.Beside(in.Kind, in.Path), in.Path) {
		err := fs.WalkDir(root, at, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			in.Files[path], err = fs.ReadFile(root, path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	res, err := source.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range res.Notes {
		t.Error(n)
	}
	out, err := config.WriteInventory(res, config.WriteOptions{From: in.Path})
	if err != nil {
		t.Fatal(err)
	}
	return string(out.Text)
}

// TestLeavingAnsible: what the import writes is what lies there, and says what
// Ansible's inventory says, so that one can take the place of the other.
func TestLeavingAnsible(t *testing.T) {
	const file = "from-ansible/instead.hcl.txt"
	if diff := cmp.Diff(imported(t), read(t, file)); diff != "" {
		t.Errorf("%s (-imported +in the example):\n%s", file, diff)
	}
	beside := load(t, copyOf(t, "from-ansible"))
	dir := copyOf(t, "from-ansible", `source "ansible" "legacy" {
  path       = "hosts.ini"
  connection = connection.linux
}
`, "", `connection "linux" {
  type           = "ssh"
  user           = "deploy"
  identity_files = ["~/.ssh/id_ed25519"]
  become {
    method = "sudo"
  }
}
`, "")
	if err := os.WriteFile(filepath.Join(dir, "instead.hcl"), []byte(read(t, file)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"hosts.ini", "group_vars", "host_vars"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(machines(beside), machines(load(t, dir))); diff != "" {
		t.Errorf("-Ansible's inventory +patchwave's own:\n%s", diff)
	}
}

// machine is what must be the same of a host however it is declared.
type machine struct {
	Address, User, Become string
	Port                  int
	Labels                map[string]string
	Groups, Policies      string
	Vars                  map[string]any
}

func machines(e *example) map[string]machine {
	out := map[string]machine{}
	for _, h := range e.inv.Hosts {
		out[h.Name] = machine{
			Address: h.Address, User: h.Target.User, Port: h.Target.Port, Become: string(h.Target.Become.Method),
			Labels: h.Labels, Groups: strings.Join(h.Groups, ","), Policies: strings.Join(h.Policies, ","), Vars: h.Vars,
		}
	}
	return out
}

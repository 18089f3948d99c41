package updates_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"patchwave/connectors/posix"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

// stub is a manager whose keep stores a file, and fails where it cannot.
type stub struct{}

func (stub) Name() string { return "stub" }

func (stub) Shell() updates.Shell {
	return updates.Shell{Job: "stub_keep() {\n\techo old >\"$pw_arg_dir/package\"\n}\n"}
}

func (stub) ParseScan(posix.Answer) updates.Listing { return updates.Listing{State: inventory.ScanOK} }

func (stub) ParseSimulation(posix.Answer, string, []updates.Want) updates.Simulation {
	return updates.Simulation{OK: true}
}

func (stub) ParseInstall(posix.Answer) updates.Outcome { return updates.Outcome{Claimed: true} }

// TestKeepScript: the directory of a restore point is made before the manager is
// called, for nobody but its owner.
func TestKeepScript(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "points", "r1")
	script, err := posix.Encode(updates.KeepScript(stub{}), "0123456789abcdef", map[string]string{"dir": dir})
	if err != nil {
		t.Fatal(err)
	}
	sh := exec.CommandContext(t.Context(), "sh")
	sh.Stdin = bytes.NewReader(script)
	if out, err := sh.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if body, err := os.ReadFile(filepath.Join(dir, "package")); err != nil || string(body) != "old\n" {
		t.Errorf("the manager stored %q, %v", body, err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %o", info.Mode().Perm())
	}
}

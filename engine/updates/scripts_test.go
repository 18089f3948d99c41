package updates

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/connectors/script"
)

// parrot is a manager whose functions print what they are given and end with 7.
type parrot struct{ Manager }

func (parrot) Name() string { return "parrot" }

func (parrot) Shell() Shell {
	return Shell{
		Simulate: `parrot_simulate() { pw_put parrot.sim "$pw_arg_mode: $pw_arg_want"; return 7; }`,
		Job: `parrot_install() { pw_put parrot.install "$pw_arg_changes|$pw_arg_lock_wait" 7; return 7; }
parrot_keep() { pw_put parrot.keep "$pw_arg_changes|$pw_arg_dir"; }
parrot_rollback() { pw_put parrot.rollback "$pw_arg_dir"; return 1; }`,
	}
}

// TestScripts runs what goes to a host in this machine's own sh: it calls the
// manager's function, comes to its end whatever that returns, and a job ends
// with the manager's status.
func TestScripts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x y")
	changes := ChangeLines([]Change{{ActionUpgrade, "a", "all", "1", "2"}, {ActionInstall, "b", "all", "", "1"}})
	args := map[string]string{"mode": "set", "want": WantLines([]Want{{"a", "all", "2"}}), "changes": changes, "lock_wait": "300", "dir": dir}
	for _, tt := range []struct {
		script script.Script
		frame  string
		out    string
		rc     int
	}{
		{SimulateScript(parrot{}), "parrot.sim", "set: a\tall\t2", 0},
		{InstallScript(parrot{}), "parrot.install", changes + "|300", 7},
		{KeepScript(parrot{}), "parrot.keep", changes + "|" + dir, 0},
		{RollbackScript(parrot{}), "parrot.rollback", dir, 1},
	} {
		t.Run(tt.script.Name, func(t *testing.T) {
			b, err := script.Encode(connectors.DialectSh, tt.script, "00ff", args)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "-s")
			var out, errs bytes.Buffer
			cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(b), &out, &errs
			if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != tt.rc {
				t.Errorf("%v, want status %d\n%s", err, tt.rc, errs.String())
			}
			a := framing.Parse("00ff", out.Bytes(), errs.Bytes())
			if f, _ := a.Get(tt.frame); !a.Complete || string(f.Out) != tt.out {
				t.Errorf("frame %s is %q, complete %v", tt.frame, f.Out, a.Complete)
			}
		})
	}
}

// TestScriptsHaveTheirNames: a simulated machine answers by them.
func TestScriptsHaveTheirNames(t *testing.T) {
	for want, s := range map[string]script.Script{"simulate": SimulateScript(parrot{}), "install": InstallScript(parrot{}), "keep": KeepScript(parrot{}), "rollback": RollbackScript(parrot{})} {
		if s.Name != want || s.Version != 1 {
			t.Errorf("%s is %s v%d", want, s.Name, s.Version)
		}
	}
}

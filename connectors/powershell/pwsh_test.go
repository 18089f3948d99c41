package powershell

import (
	"os/exec"
	"testing"
)

// TestPowerShell runs prelude.tests.ps1 where there is a PowerShell.
func TestPowerShell(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("pwsh")
	if err != nil {
		t.Log("not run: no pwsh")
		return
	}
	out, err := exec.CommandContext(t.Context(), path, "-NoProfile", "-NonInteractive", "-File", "prelude.tests.ps1").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

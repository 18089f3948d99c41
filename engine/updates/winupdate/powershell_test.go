package winupdate

import (
	"strings"
	"testing"

	"patchwave/connectors/powershell/powershelltest"
	"patchwave/connectors/script"
	"patchwave/engine/updates"
)

// TestPowerShellIsWhole: what the scripts are made of fits together, the worker too. The
// scan is held to it in its own package.
func TestPowerShellIsWhole(t *testing.T) {
	m := New()
	for _, s := range []script.Script{
		updates.SimulateScript(m), updates.InstallScript(m), updates.KeepScript(m), updates.RollbackScript(m), updates.StageScript(m),
	} {
		t.Run(s.Name, func(t *testing.T) { powershelltest.Whole(t, s.PowerShell) })
	}
	powershelltest.Alone(t, worker())
}

// TestWorkerIsData: the program that the scan carries does not end its literal, and
// is what the digest is of.
func TestWorkerIsData(t *testing.T) {
	if strings.Contains(worker(), "\n'@") || !strings.HasSuffix(worker(), "\n") || strings.HasSuffix(worker(), "\n\n") {
		t.Error("the worker cannot stand in a literal")
	}
	_, after, found := strings.Cut(New().Shell().Scan, "$winupdate_worker_text = @'\n")
	text, _, ended := strings.Cut(after, "\n'@\n")
	if !found || !ended || text != worker() {
		t.Error("what the script writes is not the worker")
	}
}

package winupdate

import (
	"os/exec"
	"strings"
	"testing"
)

// TestLogic runs winupdate.tests.ps1 where there is a PowerShell. Everywhere else
// the scripts are only read: by the rules of connectors/powershell.
func TestLogic(t *testing.T) {
	pwsh, err := exec.LookPath("pwsh")
	if err != nil {
		t.Log("winupdate.tests.ps1 was not run: no pwsh")
		return
	}
	out, err := exec.CommandContext(t.Context(), pwsh, "-NoProfile", "-NonInteractive", "-File", "winupdate.tests.ps1").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "ok" {
		t.Errorf("%v\n%s", err, out)
	}
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

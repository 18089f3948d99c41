package scan_test

import (
	"testing"

	"patchwave/connectors/powershell/powershelltest"
	"patchwave/engine/scan"
	"patchwave/engine/updates"
	"patchwave/engine/updates/winupdate"
)

// TestPowerShellIsWhole: what the scan of a Windows host is made of fits together.
func TestPowerShellIsWhole(t *testing.T) {
	powershelltest.Whole(t, scan.Script([]updates.Manager{winupdate.New()}).PowerShell)
}

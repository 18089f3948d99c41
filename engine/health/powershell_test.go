package health

import (
	"testing"

	"patchwave/connectors/powershell/powershelltest"
)

func TestPowerShellIsWhole(t *testing.T) {
	powershelltest.Whole(t, healthScript().PowerShell)
	powershelltest.Whole(t, probeScript().PowerShell)
}

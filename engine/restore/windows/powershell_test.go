package windows_test

import (
	"testing"

	"patchwave/connectors/powershell/powershelltest"
	"patchwave/engine/restore/hypervisor"
	"patchwave/engine/restore/windows"
)

func TestPowerShellIsWhole(t *testing.T) {
	powershelltest.Whole(t, windows.SystemRestore().PowerShell)
	powershelltest.Whole(t, windows.VSS().PowerShell)
	powershelltest.Whole(t, hypervisor.HyperV("hyperv").PowerShell)
}

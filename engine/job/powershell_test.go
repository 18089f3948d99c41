package job

import (
	"testing"

	"patchwave/connectors"
	"patchwave/connectors/powershell/powershelltest"
)

func TestPowerShellIsWhole(t *testing.T) {
	powershelltest.Whole(t, jobScript().PowerShell)
	powershelltest.Alone(t, languageOf(connectors.DialectPowerShell).wrap)
}

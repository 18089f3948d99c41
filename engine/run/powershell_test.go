package run

import (
	"testing"

	"patchwave/connectors/powershell/powershelltest"
	"patchwave/connectors/script"
)

func TestPowerShellIsWhole(t *testing.T) {
	for _, s := range []script.Script{rebootScript(), readyScript(), requireScript(), actionScript(), sleepScript()} {
		t.Run(s.Name, func(t *testing.T) { powershelltest.Whole(t, s.PowerShell) })
	}
}

package apt

import (
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

// The recordings are of Debian 12 (apt 2.6.2) and Debian 13 (apt 3.0.4) with
// repositories made for the purpose: two architectures, epochs, "~" versions, a
// version in several indexes, suites in Ubuntu's manner, packages on hold, phased,
// kept back, and one whose postinst fails.
var contract = updatestest.Options{Grammar: parse.Deb()}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), contract) }

func FuzzSimulation(f *testing.F) {
	updatestest.FuzzSimulation(f, New(), contract, updates.Want{Name: "liba", Arch: "amd64", Version: "1:1.0-2"})
}

func FuzzInstall(f *testing.F) { updatestest.FuzzInstall(f, New(), contract) }

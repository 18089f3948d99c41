package dnf5

import (
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

// The recordings are of dnf5 5.4.6.
var contract = updatestest.Options{Grammar: parse.RPM(), NewPackages: true}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), contract) }

func FuzzSimulation(f *testing.F) {
	updatestest.FuzzSimulation(f, New(), contract, updates.Want{Name: "labtool", Arch: "noarch", Version: "1.1-1.el9"})
}

func FuzzInstall(f *testing.F) { updatestest.FuzzInstall(f, New(), contract) }

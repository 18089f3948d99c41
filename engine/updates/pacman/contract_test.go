package pacman

import (
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

// The recordings are of pacman 6.0.2.
var contract = updatestest.Options{Grammar: parse.Pacman(), ComplainsOfSuccess: true}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), contract) }

func FuzzSimulation(f *testing.F) {
	updatestest.FuzzSimulation(f, New(), contract, updates.Want{Name: "labtool", Arch: "any", Version: "1.1-1"})
}

func FuzzInstall(f *testing.F) { updatestest.FuzzInstall(f, New(), contract) }

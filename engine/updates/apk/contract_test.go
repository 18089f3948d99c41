package apk

import (
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

// The package comment says what the recordings are of.
var contract = updatestest.Options{Grammar: parse.Apk()}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), contract) }

func FuzzSimulation(f *testing.F) {
	updatestest.FuzzSimulation(f, New(), contract, updates.Want{Name: "a", Arch: "x86_64", Version: "1.1-r0"})
}

func FuzzInstall(f *testing.F) { updatestest.FuzzInstall(f, New(), contract) }

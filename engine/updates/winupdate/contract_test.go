package winupdate

import (
	"testing"

	"patchwave/engine/updates"
	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

// The files of testdata are made by hand, after the documents of Windows: nobody has
// recorded them.
var contract = updatestest.Options{Grammar: parse.Windows(), NewPackages: true}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

func FuzzScan(f *testing.F) { updatestest.FuzzScan(f, New(), contract) }

func FuzzSimulation(f *testing.F) {
	updatestest.FuzzSimulation(f, New(), contract, updates.Want{Name: "KB5044281", Version: "a0000001-0000-4000-8000-000000000001.200"})
}

func FuzzInstall(f *testing.F) { updatestest.FuzzInstall(f, New(), contract) }

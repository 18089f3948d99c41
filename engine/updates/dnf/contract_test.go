package dnf

import (
	"testing"

	"patchwave/engine/updates/parse"
	"patchwave/engine/updates/updatestest"
)

var contract = updatestest.Options{Grammar: parse.RPM(), NewPackages: true}

func TestContract(t *testing.T) { updatestest.Run(t, New(), contract) }

package lvm_test

import (
	"testing"

	"patchwave/engine/restore/lvm"
	"patchwave/engine/restore/restoretest"
	"patchwave/inventory"
)

func TestContract(t *testing.T) {
	restoretest.Run(t, lvm.Provider(), restoretest.Host{Declared: &inventory.Host{Name: "web-01"},
		Facts:  inventory.Facts{OS: inventory.OS{Family: "redhat", Name: "rocky"}},
		Others: []inventory.Facts{{OS: inventory.OS{Family: "windows", Name: "windows"}}, {OS: inventory.OS{Family: "windows", Name: "windows-server"}}}})
}

package snapper_test

import (
	"testing"

	"patchwave/engine/restore/restoretest"
	"patchwave/engine/restore/snapper"
	"patchwave/inventory"
)

func TestContract(t *testing.T) {
	restoretest.Run(t, snapper.Provider(), restoretest.Host{Declared: &inventory.Host{Name: "web-01"},
		Facts:  inventory.Facts{OS: inventory.OS{Family: "suse", Name: "opensuse-leap"}},
		Others: []inventory.Facts{{OS: inventory.OS{Family: "windows", Name: "windows"}}, {OS: inventory.OS{Family: "windows", Name: "windows-server"}}}})
}

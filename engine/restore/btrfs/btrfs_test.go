package btrfs_test

import (
	"testing"

	"patchwave/engine/restore/btrfs"
	"patchwave/engine/restore/restoretest"
	"patchwave/inventory"
)

func TestContract(t *testing.T) {
	restoretest.Run(t, btrfs.Provider(), restoretest.Host{Declared: &inventory.Host{Name: "web-01"},
		Facts:  inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian"}},
		Others: []inventory.Facts{{OS: inventory.OS{Family: "windows", Name: "windows"}}, {OS: inventory.OS{Family: "windows", Name: "windows-server"}}}})
}

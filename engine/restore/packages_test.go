package restore_test

import (
	"testing"

	"patchwave/connectors/framing"
	"patchwave/engine/restore"
	"patchwave/engine/restore/restoretest"
	"patchwave/engine/updates"
	"patchwave/engine/updates/apt"
	"patchwave/inventory"
)

func packagePoints() restore.PackagePoints {
	return restore.PackagePoints{Manager: apt.New(), Run: "r1", Changes: []updates.Change{
		{Action: updates.ActionUpgrade, Name: "labtool", Arch: "amd64", From: "1.0-1", To: "1.1-1"}}}
}

func TestPackagesContract(t *testing.T) {
	restoretest.Run(t, packagePoints(), restoretest.Host{Declared: &inventory.Host{Name: "web-01"}})
}

// TestPackagesAreOldPackages: what is kept decides whether the point is whole.
func TestPackagesAreOldPackages(t *testing.T) {
	for line, want := range map[string]restore.State{"labtool\tamd64\t1.0-1\tkept": restore.Whole, "labtool\tamd64\t1.0-1\tmissing": restore.Partial, "": restore.Partial} {
		s := packagePoints().Read(restore.OpCreate, restore.Point{}, framing.Answer{Complete: true, Frames: []framing.Frame{{Name: "apt.keep", Out: []byte(line)}}})
		if s.State != want || s.ID != "r1/packages" {
			t.Errorf("%q: %+v", line, s)
		}
	}
	c, ok := packagePoints().Call(restore.OpCreate, restore.Point{})
	if !ok || c.Script.Name != "keep" || c.Args["dir"] != "/var/lib/patchwave-host/points/r1" || c.Args["changes"] == "" {
		t.Errorf("%+v", c)
	}
}

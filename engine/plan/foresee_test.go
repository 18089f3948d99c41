package plan

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/restore"
	"patchwave/inventory"
	"patchwave/policies"
)

// TestForesee: the plan names the first provider that fits, and says that there is
// none rather than one that the policy does not ask for.
func TestForesee(t *testing.T) {
	windows := inventory.Facts{OS: inventory.OS{Family: "windows", Name: "windows-server", Version: "10.0.20348.1"}}
	no := func(name string, more map[string]restore.Said) map[string]restore.Said {
		out := map[string]restore.Said{name: {Why: "not here"}}
		maps.Copy(out, more)
		return out
	}
	yes := func(name string) map[string]restore.Said {
		return map[string]restore.Said{name: {Possible: true, Cannot: []string{"/boot (ext4)"}}}
	}
	linux := inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}}
	for name, tt := range map[string]struct {
		providers []string
		facts     inventory.Facts
		cannot    []string
		asked     map[string]restore.Said
		want      string
		notes     int
	}{
		"packages are whole":            {[]string{"packages", "vss"}, windows, nil, nil, "packages", 0},
		"the first that fits":           {[]string{"system_restore", "vss"}, windows, nil, nil, "vss", 0},
		"packages are more than files":  {[]string{"packages", "vss"}, windows, []string{"KB1 (new)"}, nil, "packages", 0},
		"none fits":                     {[]string{"system_restore", "vss"}, linux, nil, nil, NoProvider, 1},
		"none fits, and packages stand": {[]string{"vss", "packages"}, linux, nil, nil, "packages", 0},
		"what the host says":            {[]string{"snapper", "btrfs"}, linux, nil, no("snapper", yes("btrfs")), "btrfs", 1},
		"no host says so":               {[]string{"snapper", "btrfs"}, linux, nil, no("snapper", no("btrfs", nil)), NoProvider, 1},
		"packages are what is left":     {[]string{"lvm", "packages"}, linux, nil, no("lvm", nil), "packages", 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Notes: []string{}, Steps: []Step{{RestorePoint: &Point{Provider: "packages", Required: true, CannotUndo: tt.cannot}}}}
			p := &policies.Policy{Preparation: &policies.Preparation{RestorePoint: &policies.RestorePoint{Providers: tt.providers, Required: true}}}
			foresee(&h, p, &inventory.Host{Name: "a"}, tt.facts, func(name string) (restore.Said, bool) {
				said, told := tt.asked[name]
				return said, told
			})
			got := h.Steps[0].RestorePoint
			if slices.Contains(got.CannotUndo, "/boot (ext4)") != (tt.want == "btrfs") {
				t.Errorf("cannot undo %q", got.CannotUndo)
			}
			if diff := cmp.Diff([]any{tt.want, true, tt.notes}, []any{got.Provider, got.Required, len(h.Notes)}); diff != "" {
				t.Errorf("%s\n%q", diff, h.Notes)
			}
		})
	}
}

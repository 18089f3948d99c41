package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/inventory"
	"patchwave/policies"
)

// TestForesee: the plan names the first provider that fits, and says that there is
// none rather than one that the policy does not ask for.
func TestForesee(t *testing.T) {
	windows := inventory.Facts{OS: inventory.OS{Family: "windows", Name: "windows-server", Version: "10.0.20348.1"}}
	linux := inventory.Facts{OS: inventory.OS{Family: "debian", Name: "debian", Version: "12"}}
	for name, tt := range map[string]struct {
		providers []string
		facts     inventory.Facts
		cannot    []string
		want      string
		notes     int
	}{
		"packages are whole":            {[]string{"packages", "vss"}, windows, nil, "packages", 0},
		"the first that fits":           {[]string{"system_restore", "vss"}, windows, nil, "vss", 0},
		"packages are more than files":  {[]string{"packages", "vss"}, windows, []string{"KB1 (new)"}, "packages", 0},
		"none fits":                     {[]string{"system_restore", "vss"}, linux, nil, NoProvider, 1},
		"none fits, and packages stand": {[]string{"vss", "packages"}, linux, nil, "packages", 0},
	} {
		t.Run(name, func(t *testing.T) {
			h := Host{Notes: []string{}, Steps: []Step{{RestorePoint: &Point{Provider: "packages", Required: true, CannotUndo: tt.cannot}}}}
			p := &policies.Policy{Preparation: &policies.Preparation{RestorePoint: &policies.RestorePoint{Providers: tt.providers, Required: true}}}
			foresee(&h, p, &inventory.Host{Name: "a"}, tt.facts)
			got := h.Steps[0].RestorePoint
			if diff := cmp.Diff([]any{tt.want, true, tt.notes}, []any{got.Provider, got.Required, len(h.Notes)}); diff != "" {
				t.Errorf("%s\n%q", diff, h.Notes)
			}
		})
	}
}

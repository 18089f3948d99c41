package health

import (
	"strings"
	"testing"

	"patchwave/policies"
)

// TestFingerprintOfThisMachine: in every shell at hand, on whatever machine the test
// runs: twice looked at, nothing is worse.
func TestFingerprintOfThisMachine(t *testing.T) {
	parts := []string{"services", "listeners", "mounts", "failed_units", "broken_packages", "kernel", "routes", "time", "event_errors"}
	for name, argv := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := Prober{Session: shell{t: t, argv: argv, main: "health_main"}, Host: "a"}
			before, err := p.Fingerprint(t.Context(), parts, "")
			if err != nil {
				t.Fatal(err)
			}
			if before.Kernel == "" && before.Missing["kernel"] == "" || len(before.Mounts) == 0 || before.BootID == "" {
				t.Errorf("it is %+v", before)
			}
			if name != "sh" {
				return
			}
			after, err := p.Fingerprint(t.Context(), parts, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range Difference(before.HealthData, after, parts, nil) {
				if _, told := before.Missing[r.Name]; !r.OK && !told {
					t.Errorf("%s: %s", r.Name, r.Detail)
				}
			}
		})
	}
	if got := strings.Join(policies.HealthParts(), " "); got != strings.Join(parts, " ") {
		t.Errorf("the language has %s", got)
	}
}

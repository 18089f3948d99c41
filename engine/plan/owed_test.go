package plan

import (
	"slices"
	"testing"

	"patchwave/policies"
)

// TestRebootsOnly: the hosts in the batches of the last wave, each with a step that only
// reboots.
func TestRebootsOnly(t *testing.T) {
	p := &policies.Policy{Name: "web:reboot", Rollout: policies.Rollout{Waves: []policies.Wave{{Name: "canary", Count: 1}, {Name: "rest", Batch: policies.Amount{Count: 2, Given: true}}}}}
	got := Reboots(p, "digest", []string{"a", "b", "c"})
	if len(got.Waves) != 1 || got.Waves[0].Policy != "web:reboot" || len(got.Waves[0].Batches) != 2 || got.ConfigDigest != "digest" {
		t.Fatalf("%+v", got)
	}
	var names []string
	for _, h := range got.Hosts() {
		names = append(names, h.Name)
		if len(h.Steps) != 1 || h.Steps[0].Step != StepReboot || !h.Steps[0].Reboot || len(h.Steps[0].Updates) != 0 {
			t.Errorf("%+v", h)
		}
	}
	if !slices.Equal(names, []string{"a", "b", "c"}) {
		t.Errorf("%q", names)
	}
	if got := Reboots(p, "digest", nil); len(got.Waves) != 0 {
		t.Errorf("%+v", got)
	}
	if got := Reboots(&policies.Policy{Name: "x"}, "", make([]string, 11)); len(got.Waves[0].Batches) != 2 {
		t.Errorf("%d batches", len(got.Waves[0].Batches))
	}
}

package policies

import (
	"testing"

	"patchwave/inventory"

	"github.com/google/go-cmp/cmp"
)

func what(gaps []Gap) []string {
	var out []string
	for _, g := range gaps {
		s := g.String()
		if g.Harmless {
			s += " harmless"
		}
		out = append(out, s)
	}
	return out
}

// TestSupported: what this version does is no gap.
func TestSupported(t *testing.T) {
	p := &Policy{
		Preparation: &Preparation{RestorePoint: &RestorePoint{Providers: []string{"snapper", "packages"}}, Require: &Require{NoUsers: true}, Wake: &Wake{},
			Actions: []Action{{Name: "drain"}}},
		Verification: &Verification{Unchanged: HealthParts(), Probes: []Probe{
			{Kind: ProbeService, Name: "a"}, {Kind: ProbeTCP, Name: "b", On: OnController}, {Kind: ProbeCommand, Name: "c", On: OnHost, Run: "true"},
			{Kind: ProbeHTTP, Name: "d", On: OnController}, {Kind: ProbeCommand, Name: "e", On: OnController, Command: []Text{nil}},
		}},
		Rollout: Rollout{Split: SplitReboot}, Reboot: Reboot{When: RebootRequired}, Window: &Window{}, After: []string{"x"}, Gap: 1,
	}
	if got := Unsupported(p); got != nil {
		t.Errorf("%q", got)
	}
	if got := Unsupported(&Policy{}); got != nil {
		t.Errorf("%q", got)
	}
}

func TestUnsupported(t *testing.T) {
	at := func(line int) inventory.Position { return inventory.Position{File: "p.hcl", Line: line} }
	p := &Policy{
		Preparation: &Preparation{
			RestorePoint: &RestorePoint{Providers: []string{"timeshift", "pve"}}, Pos: at(3),
		},
		Reboot: Reboot{When: RebootDefer},
		Stage:  &Stage{Pos: at(11)}, Notice: &Notice{Pos: at(12)}, Notify: []*Notify{{}}, WindowsUpdate: &WindowsUpdate{Pos: at(13)},
		Pos: at(10),
	}
	got := what(Unsupported(p))
	want := []string{
		"restore points by timeshift, pve (p.hcl:3)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := (Gap{What: "x"}).String(); got != "x" {
		t.Errorf("without a place: %q", got)
	}
}

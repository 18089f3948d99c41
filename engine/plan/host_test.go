package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/inventory"
	"patchwave/policies"
)

func TestHostPlan(t *testing.T) {
	ds := pending("a", "lib:not-matched", "kernel:held")
	ds[0].Reason, ds[2].Reason = "all", "freeze"
	sim := does("lib", "a", "+new", "-old")
	sim.Download = 4096
	sim.Undo = []updates.Undo{{Name: "a", Arch: "amd64", Version: "1", Possible: true}, {Name: "lib", Version: "1", Possible: true}, {Name: "old", Arch: "amd64", Version: "1"}}
	p := policy(approveAll())
	p.Preparation = &policies.Preparation{RestorePoint: &policies.RestorePoint{Required: true}}
	got := hostPlan("web-01", p, observed(), settled{decisions: ds, sim: sim})
	dependency := func(c updates.Change) Entry {
		return Entry{Change: c, Decision: "dependency", Reason: "needed by what is approved"}
	}
	want := Host{Name: "web-01", Notes: []string{},
		Steps: []Step{{Step: "updates", Download: 4096,
			RestorePoint: &Point{Provider: "packages", Required: true, Undoes: []string{"a 1", "lib 1", "new (new)"}, CannotUndo: []string{"old 1"}},
			Updates: []Entry{
				{Change: sim.Changes[0], Decision: "approved", Rule: "r", Reason: "all"},
				dependency(sim.Changes[1]), dependency(sim.Changes[2]), dependency(sim.Changes[3])}}},
		Skipped: []Skipped{{Name: "kernel", Arch: "amd64", To: "2", Decision: "held", Rule: "r", Reason: "freeze"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]updates.Want{{Name: "a", Arch: "amd64", Version: "2"}}, got.Steps[0].Wanted()); diff != "" {
		t.Error("wanted: " + diff)
	}
	if diff := cmp.Diff(sim.Changes, got.Changes()); diff != "" {
		t.Error("changes: " + diff)
	}
}

// TestPointOfAPackageThatChangesItsArchitecture: its old version is undone in the
// architecture that it had, and not in another one of a multi-arch host.
func TestPointOfAPackageThatChangesItsArchitecture(t *testing.T) {
	for old, undoes := range map[string]bool{"all": true, "noarch": true, "amd64": true, "i386": false} {
		undo := []updates.Undo{{Name: "a", Arch: old, Version: "1", Possible: true}}
		got := point(policy(approveAll()), undo, does("a").Changes)
		if (len(got.Undoes) == 1) != undoes || len(got.Undoes)+len(got.CannotUndo) != 1 {
			t.Errorf("%s: %+v", old, got)
		}
	}
}

// TestReboots is every answer to "when" with every reason for a reboot.
func TestReboots(t *testing.T) {
	type reason struct{ update, dependency, flag bool }
	for when, want := range map[policies.RebootWhen]map[reason]bool{
		policies.RebootRequired: {{}: false, {update: true}: true, {dependency: true}: true, {flag: true}: true},
		policies.RebootAlways:   {{}: true, {update: true}: true, {flag: true}: true},
		policies.RebootNever:    {{}: false, {update: true}: false, {flag: true}: false},
		policies.RebootDefer:    {{}: false, {update: true}: false, {flag: true}: false},
	} {
		for why, reboot := range want {
			ds := pending("a", "lib:not-matched")
			ds[0].Reboot, ds[1].Reboot = why.update, why.dependency
			o := observed()
			o.Facts.RebootRequired = why.flag
			p := policy(approveAll())
			p.Reboot.When = when
			h := hostPlan("a", p, o, settled{decisions: ds, sim: does("a", "lib")})
			if h.Steps[0].Reboot != reboot {
				t.Errorf("reboot %q for %+v: %v", when, why, h.Steps[0].Reboot)
			}
		}
	}
}

// TestHostWithNothingToDo has no step and says what the operator should know.
func TestHostWithNothingToDo(t *testing.T) {
	o := observed()
	o.Notes = []string{"two packages are half-installed"}
	o.Facts.RebootRequired = true
	o.State, o.Problem = inventory.ScanStale, &inventory.Problem{Code: "exit", Message: "a repository is dead"}
	h := hostPlan("a", policy(approveAll()), o, settled{sim: updates.Simulation{OK: true}})
	want := Host{Name: "a", Steps: []Step{}, Skipped: []Skipped{}, Notes: []string{
		"two packages are half-installed",
		"the package index is stale: a repository is dead",
		"the host waits for a reboot that earlier updates need"}}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	if len(o.Notes) != 1 {
		t.Error("the observation was changed")
	}
}

func TestTotals(t *testing.T) {
	step := func(reboot bool, names ...string) Step {
		return Step{Step: StepUpdates, Reboot: reboot, Updates: entries(names...)}
	}
	p := Plan{Waves: []Wave{
		{Batches: []Batch{{Hosts: []Host{{Name: "a", Steps: []Step{step(true, "x", "y")}}, {Name: "b"}}}}},
		{Batches: []Batch{{Hosts: []Host{{Name: "c", Steps: []Step{step(false, "x")}}}}, {}}}}}
	hosts, changes, reboots := p.Totals()
	if hosts != 2 || changes != 3 || reboots != 1 || len(p.Hosts()) != 3 {
		t.Errorf("%d hosts, %d changes, %d reboots, %d in all", hosts, changes, reboots, len(p.Hosts()))
	}
}

func entries(names ...string) []Entry {
	out := []Entry{}
	for _, c := range does(names...).Changes {
		out = append(out, Entry{Change: c, Decision: "approved", Rule: "all"})
	}
	return out
}

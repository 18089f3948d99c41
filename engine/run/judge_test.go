package run

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/engine/plan"
	"patchwave/engine/updates"
	"patchwave/inventory"
)

func upgrade(name string) updates.Change {
	return updates.Change{Action: updates.ActionUpgrade, Name: name, Arch: "amd64", From: "1", To: "2"}
}

func has(name, version, state string) updates.Installed {
	return updates.Installed{Name: name, Arch: "amd64", Version: version, State: state}
}

// TestJudge: what the host has decides; what the manager said names the failure.
func TestJudge(t *testing.T) {
	fresh := updates.Change{Action: updates.ActionInstall, Name: "a", Arch: "amd64", To: "2"}
	gone := updates.Change{Action: updates.ActionRemove, Name: "a", Arch: "amd64", From: "1"}
	claimed := updates.Outcome{Claimed: true}
	complains := updates.Outcome{Failed: map[string]string{"a": "script failed"}}
	tests := []struct {
		name       string
		change     updates.Change
		installed  []updates.Installed
		said       updates.Outcome
		state, why string
		untouched  bool
	}{
		{"upgraded", upgrade("a"), []updates.Installed{has("a", "2", "ok")}, claimed, "installed", "", false},
		{"upgraded, and the manager ended badly for another reason", upgrade("a"), []updates.Installed{has("a", "2", "ok")}, updates.Outcome{}, "installed", "", false},
		{"half configured", upgrade("a"), []updates.Installed{has("a", "2", "half-configured")}, claimed, "failed-but-present", "the host says half-configured", false},
		{"half configured, and the manager says why", upgrade("a"), []updates.Installed{has("a", "2", "half-configured")}, complains, "failed-but-present", "script failed", false},
		{"there, but its script failed", upgrade("a"), []updates.Installed{has("a", "2", "ok")}, complains, "failed-but-present", "script failed", false},
		{"a lie", upgrade("a"), []updates.Installed{has("a", "1", "ok")}, claimed, "claimed-but-still-offered", "the package manager reports success, but the host does not have it", true},
		{"not done", upgrade("a"), []updates.Installed{has("a", "1", "ok")}, complains, "failed", "script failed", true},
		{"gone instead", upgrade("a"), nil, updates.Outcome{}, "failed", "", false},
		{"the old one is broken", upgrade("a"), []updates.Installed{has("a", "1", "half-installed")}, updates.Outcome{}, "failed", "", false},
		{"another architecture has it", upgrade("a"), []updates.Installed{{Name: "a", Arch: "i386", Version: "2", State: "ok"}, has("a", "1", "ok")}, updates.Outcome{}, "failed", "", true},
		{"new", fresh, []updates.Installed{has("a", "2", "ok")}, claimed, "installed", "", false},
		{"new, but not there", fresh, nil, updates.Outcome{}, "failed", "", true},
		{"removed", gone, nil, claimed, "installed", "", false},
		{"not removed", gone, []updates.Installed{has("a", "1", "ok")}, updates.Outcome{}, "failed", "", true},
		{"waits for a reboot", fresh, []updates.Installed{has("a", "2", "pending-reboot")}, claimed, "pending-reboot", "", false},
		{"waits for a reboot, whatever the status", fresh, []updates.Installed{has("a", "2", "pending-reboot")}, updates.Outcome{}, "pending-reboot", "", false},
		{"waits for a reboot, but failed", fresh, []updates.Installed{has("a", "2", "pending-reboot")}, complains, "failed-but-present", "script failed", false},
		{"removed at the next reboot", gone, []updates.Installed{has("a", "1", "pending-reboot")}, claimed, "claimed-but-still-offered", "the package manager reports success, but the host does not have it", false},
		{"one of two kernels", fresh, []updates.Installed{has("a", "1", "ok"), has("a", "2", "ok")}, claimed, "installed", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := judge([]updates.Change{test.change}, test.installed, test.said)[0]
			if got.State != test.state || got.Why != test.why {
				t.Errorf("%s (%s)", got.State, got.Why)
			}
			if got := untouched([]updates.Change{test.change}, test.installed); got != test.untouched {
				t.Errorf("untouched %v", got)
			}
		})
	}
}

func TestResultFault(t *testing.T) {
	record := func(name, state, why string) journal.UpdateRecord {
		return journal.UpdateRecord{Name: name, State: state, Why: why}
	}
	tests := []struct {
		name   string
		result []journal.UpdateRecord
		said   updates.Outcome
		want   *journal.Fault
	}{
		{"nothing failed", []journal.UpdateRecord{record("a", "installed", ""), record("b", "pending-reboot", "")}, updates.Outcome{}, nil},
		{"one of two", []journal.UpdateRecord{record("a", "installed", ""), record("b", "failed", "because")}, updates.Outcome{},
			&journal.Fault{Code: "exit", Message: "1 of 2 updates failed: b: because"}},
		{"the manager's complaint comes first", []journal.UpdateRecord{record("b", "failed", "because")},
			updates.Outcome{Problem: &inventory.Problem{Code: "locked", Message: "somebody holds the lock"}},
			&journal.Fault{Code: "locked", Message: "1 of 1 updates failed: b: somebody holds the lock"}},
		{"nobody knows why", []journal.UpdateRecord{record("b", "failed", "")}, updates.Outcome{}, &journal.Fault{Code: "exit", Message: "1 of 1 updates failed: b"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, resultFault(test.result, test.said)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestDriftIsNamed(t *testing.T) {
	step := plan.Step{Updates: []plan.Entry{{Change: upgrade("a")}, {Change: upgrade("b")}}}
	tests := []struct {
		name string
		sim  updates.Simulation
		says string
	}{
		{"the same, in another order", updates.Simulation{OK: true, Changes: []updates.Change{upgrade("b"), upgrade("a")}}, ""},
		{"less", updates.Simulation{OK: true, Changes: []updates.Change{upgrade("a")}}, "the plan has upgrade b 1 to 2, the host would not do that now"},
		{"more", updates.Simulation{OK: true, Changes: []updates.Change{upgrade("a"), upgrade("b"), {Action: updates.ActionInstall, Name: "c", To: "1"}}},
			"the host would now also do install c 1"},
		{"a removal", updates.Simulation{OK: true, Changes: []updates.Change{upgrade("a"), upgrade("b"), {Action: updates.ActionRemove, Name: "c", From: "1"}}},
			"the host would now also do remove c 1"},
		{"another version", updates.Simulation{OK: true, Changes: []updates.Change{upgrade("a"), {Action: updates.ActionUpgrade, Name: "b", Arch: "amd64", From: "1", To: "3"}}},
			"the plan has upgrade b 1 to 2"},
		{"no solution", updates.Simulation{Problem: &inventory.Problem{Message: "held broken packages"}}, "finds no solution any more: held broken packages"},
		{"no solution and no word", updates.Simulation{}, "finds no solution any more"},
	}
	for _, test := range tests {
		got := drift(step, test.sim)
		if (got == "") != (test.says == "") || !strings.Contains(got, test.says) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

func TestBack(t *testing.T) {
	us := []journal.UpdateRecord{
		{Name: "a", Arch: "amd64", Action: "upgrade", From: "1", To: "2", State: "installed"},
		{Name: "new", Arch: "amd64", Action: "install", To: "1", State: "installed"},
		{Name: "old", Arch: "amd64", Action: "remove", From: "1", State: "installed"},
		{Name: "stuck", Arch: "amd64", Action: "upgrade", From: "1", To: "2", State: "failed-but-present", Why: "x"},
		{Name: "half", Arch: "amd64", Action: "upgrade", From: "1", To: "2", State: "installed"},
		{Name: "kernel", Arch: "amd64", Action: "install", To: "2", State: "installed"},
		{Name: "stays", Arch: "amd64", Action: "install", To: "2", State: "installed"},
		{Name: "split", Arch: "amd64", Action: "upgrade", From: "1", To: "2", State: "installed"},
		{Name: "joined", Arch: "all", Action: "upgrade", From: "1", To: "2", State: "installed"},
	}
	result, missing := back(us, []updates.Installed{has("a", "1", "ok"), has("old", "1", "ok"), has("stuck", "2", "ok"), has("half", "1", "unpacked"),
		has("kernel", "1", "ok"), has("stays", "1", "ok"), has("stays", "2", "ok"),
		{Name: "split", Arch: "all", Version: "1", State: "ok"}, has("joined", "1", "ok")}, false)
	if diff := cmp.Diff([]string{"stuck 1", "half 1", "the time before stays 2"}, missing); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, u := range result {
		got = append(got, u.State)
	}
	if diff := cmp.Diff([]string{"rolled-back", "rolled-back", "rolled-back", "failed-but-present", "installed", "rolled-back", "installed", "rolled-back", "rolled-back"}, got); diff != "" {
		t.Error(diff)
	}
	if us[0].State != "installed" {
		t.Error("what it was given has changed")
	}
}

func TestKeptLog(t *testing.T) {
	short := strings.Repeat("a", 64<<10)
	if got := keptLog([]byte(short)); got != short {
		t.Error("a short log was cut")
	}
	long := "head" + strings.Repeat("x", 1<<20) + "tail"
	got := keptLog([]byte(long))
	if len(got) > 65<<10 || !strings.HasPrefix(got, "head") || !strings.HasSuffix(got, "tail") || !strings.Contains(got, "bytes left out") {
		t.Errorf("%d bytes: %.40q", len(got), got)
	}
}

func TestList(t *testing.T) {
	tests := []struct {
		items []string
		want  string
	}{
		{nil, ""},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a, b"},
		{strings.Fields("a b c d e"), "a, b, c, d, e"},
		{strings.Fields("a b c d e f g"), "a, b, c, d, e and 2 more"},
	}
	for _, test := range tests {
		if got := list(test.items); got != test.want {
			t.Errorf("%v: %q", test.items, got)
		}
	}
}

// TestMoves: every state that is no end has a move, and no end has one.
func TestMoves(t *testing.T) {
	for _, row := range journal.States() {
		if _, ok := moves()[row.State]; ok == row.State.Ended() {
			t.Errorf("%s: move %v", row.State, ok)
		}
	}
}

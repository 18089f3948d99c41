package updatestest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/updates"
	"patchwave/inventory"
)

func TestBriefs(t *testing.T) {
	got := Updates([]inventory.Update{
		{Name: "a", Arch: "all", To: "2", Classification: inventory.Security, Severity: inventory.Critical, Advisories: []string{"A-1"}, CVEs: []string{"CVE-2026-1111"}},
		{Name: "b", Arch: "all", From: "1", To: "2", Reboot: true, RebootSource: "metadata", BlockedBy: inventory.BlockedLocked},
	})
	want := []string{"a.all ->2 security/critical A-1 CVE-2026-1111", "b.all 1>2 / reboot:metadata BLOCKED:locked"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"remove a.all 1>-"}, Changes([]updates.Change{{Action: updates.ActionRemove, Name: "a", Arch: "all", From: "1"}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

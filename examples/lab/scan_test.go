//go:build lab

package lab_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// scanned is the part of patchwave/scan/v1 that is looked at here.
type scanned struct {
	Hosts []struct {
		Name    string
		State   string
		Updates []struct {
			Name           string
			To             string
			Classification string
			Severity       string
			BlockedBy      *string `json:"blocked_by"`
		}
	}
}

// TestScan compares what patchwave says of new hosts with what the lab put
// there: the number of updates, what blocks some, and the advisories.
func TestScan(t *testing.T) {
	t.Parallel()
	f := newFleet(t, "")
	blocked := map[string]map[string]string{
		"apt":    {"heldpkg": "held", "phasedpkg": "phased"},
		"plain":  {"heldpkg": "held", "phasedpkg": "phased"},
		"dnf":    {"lockedpkg": "locked", "needsdep": "broken"},
		"zypper": {"lockedpkg": "locked", "needsdep": "broken"},
		"pacman": {"ignoredpkg": "locked"},
	}
	security := map[string]string{"apt": "unknown", "plain": "unknown", "dnf": "critical", "zypper": "critical"}
	updates := map[string]int{"apt": 21, "plain": 21, "dnf": 19, "zypper": 18, "pacman": 14}

	found := map[string]int{}
	for _, host := range decode[scanned](t, f.patchwave(t, 0, "scan", "-o", "json")).Hosts {
		found[host.Name] = len(host.Updates)
		if host.State != "ok" {
			t.Errorf("%s is %s", host.Name, host.State)
		}
		for _, u := range host.Updates {
			by := "nothing"
			if u.BlockedBy != nil {
				by = *u.BlockedBy
			}
			if want := blocked[host.Name][u.Name]; want != "" && by != want {
				t.Errorf("%s: %s is blocked by %s, want %s", host.Name, u.Name, by, want)
			}
			if want := security[host.Name]; u.Name == "liblab" && want != "" && (u.Classification != "security" || u.Severity != want) {
				t.Errorf("%s: liblab is %s, %s", host.Name, u.Classification, u.Severity)
			}
		}
	}
	if diff := cmp.Diff(updates, found); diff != "" {
		t.Errorf("number of updates (-want +got):\n%s", diff)
	}
}

package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
	"patchwave/inventory"
)

func night() time.Time { return time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC) }

// hosts makes hosts of "NAME STATE".
func hosts(words ...string) []*journal.Host {
	var out []*journal.Host
	for _, w := range words {
		name, state, _ := strings.Cut(w, " ")
		out = append(out, &journal.Host{Name: name, State: journal.State(state), Since: night()})
	}
	return out
}

func TestStory(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	drifted := hosts("e skipped")
	drifted[0].Fault = &journal.Fault{Code: "drift", Message: "plan again"}
	rebooted := hosts("a done", "b done", "c unchanged")
	rebooted[0].Reboots, rebooted[1].Reboots = 1, 1
	unwell := hosts("a done", "b done")
	unwell[1].Probes = []journal.ProbeResult{{Kind: "tcp", OK: true}, {Kind: "http"}}
	many := hosts("a failed", "b failed", "c failed", "d failed", "e failed", "f failed", "g failed", "h failed", "i failed", "j failed")
	for _, tt := range []struct {
		name    string
		run     journal.Run
		settled map[string]Settled
		want    []string
	}{
		{"all is well", journal.Run{ID: "r1", State: "finished", Hosts: rebooted}, nil,
			[]string{"2 of 3 hosts updated and well, 1 had nothing to do, 2 reboots."}},
		{"a canary fails", journal.Run{ID: "r1", State: "stopped", Breaker: &journal.BreakerData{Policy: "web", Failures: 1},
			Hosts: append(hosts("a failed", "b skipped", "c skipped", "d pending"), drifted...)}, nil,
			[]string{"The run stopped: policy web has 1 failure and allows 0. 3 hosts were not touched; once the cause is mended, the next apply does the rest. 0 of 5 hosts updated and well.",
				"Failed: a. What each said: patchwave show r1 HOST", "Left out: e. Why: patchwave show r1 HOST"}},
		{"killed and gone on with", journal.Run{ID: "r1", State: "finished", Hosts: hosts("a rolled-back", "b unreachable", "c deferred"),
			Resumed: []time.Time{night(), night().Add(time.Hour)}}, nil,
			[]string{"0 of 3 hosts updated and well.", "It was interrupted and gone on with twice, at 2026-11-23 02:00, 2026-11-23 03:00.",
				"Taken back: a; the versions from before are installed again. What was wrong: patchwave show r1 HOST",
				"Not reached: b. Nothing was begun there; try it with: patchwave ping -l b",
				"Deferred: c. Their turn comes in the next opening. Why: patchwave show r1 HOST"}},
		{"interrupted", journal.Run{ID: "r1", State: "interrupted", Hosts: hosts("a installing", "b verifying", "c pending")}, nil,
			[]string{"The run is not finished: its process is gone, or was told to let go. 2 hosts are in the middle of it (a, b); what was begun there goes on by itself. 1 host was not begun. Go on with: patchwave resume r1"}},
		{"lost", journal.Run{ID: "r1", State: "finished", Hosts: hosts("a lost", "b lost", "c lost")},
			map[string]Settled{"b": {Host: "b", At: night(), State: "ok", Installed: 3, Pending: 1, Reboot: true},
				"c": {Host: "c", At: night(), State: "failed", Fault: &journal.Fault{Message: "run dpkg"}}},
			[]string{"0 of 3 hosts updated and well.",
				"Lost, and settled by the scan of 2026-11-23 02:00: b has 3 of the 4 updates; the next run installs the rest; it waits for a reboot.",
				"Lost, and settled by the scan of 2026-11-23 02:00: c needs a hand: run dpkg.",
				"Lost: a. What happened there is not known; look at it, then settle it with: patchwave scan -l a"}},
		{"a policy that goes on", journal.Run{ID: "r1", State: "finished", Hosts: unwell}, nil,
			[]string{"1 of 2 hosts updated and well.", "Updated, but not well: b; the policy goes on with such hosts. What is wrong: patchwave show r1 HOST"}},
		{"many", journal.Run{ID: "r1", State: "finished", Hosts: many}, nil,
			[]string{"0 of 10 hosts updated and well.", "Failed: a, b, c, d, e, f, g, h and 2 more. What each said: patchwave show r1 HOST"}},
		{"a rollback by hand", journal.Run{ID: "r1", Kind: "rollback", State: "finished", Hosts: hosts("a rolled-back", "b failed")}, nil,
			[]string{"1 of 2 hosts taken back.", "ROLLBACK FAILED: b. Not as it was before, and not as it should be: look at it now. What happened: patchwave show r1 HOST; once that is mended: patchwave rollback HOST"}},
		{"soaking", journal.Run{ID: "r1", State: "soaking", Hosts: hosts("a done", "b pending")}, nil,
			[]string{"The run waits: 1 host to come when the soak of the wave before is over. 1 of 2 hosts updated and well."}},
		{"cancelled", journal.Run{ID: "r1", State: "cancelled", Hosts: hosts("a done", "b cancelled")}, nil,
			[]string{"The run was cancelled; 1 host was not touched. 1 of 2 hosts updated and well."}},
		{"going on", journal.Run{ID: "r1", State: "running", Hosts: hosts("a done", "b installing", "c pending")}, nil,
			[]string{"The run is going on: 1 of 3 hosts ended so far."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Story(&tt.run, tt.settled, berlin)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	h := hosts("a lost")[0]
	h.Updates = []journal.UpdateRecord{{Name: "nginx", From: "1", To: "2"}, {Name: "curl", From: "1", To: "2"}, {Name: "new", To: "1"}, {Name: "libnew", To: "1"}}
	scan := inventory.Observation{Host: "a", At: night().Add(time.Minute), State: inventory.ScanOK, Facts: inventory.Facts{RebootRequired: true},
		Updates: []inventory.Update{{Name: "nginx", From: "2", To: "3"}, {Name: "curl", From: "1", To: "3"}, {Name: "libnew", To: "1"}}}
	want := Settled{Host: "a", At: scan.At, State: "ok", Installed: 2, Pending: 2, Reboot: true}
	if got, ok := Settle(h, scan); !ok || got != want {
		t.Errorf("got %+v, %v", got, ok)
	}
	broken := scan
	broken.State, broken.Problem = inventory.ScanFailed, &inventory.Problem{Code: "interrupted", Message: "run dpkg"}
	if got, ok := Settle(h, broken); !ok || got.Fault == nil || got.Fault.Code != "interrupted" || got.Installed+got.Pending > 0 {
		t.Errorf("got %+v, %v", got, ok)
	}
	before, away := scan, scan
	before.At, away.State = night(), inventory.ScanUnreachable
	for _, o := range []inventory.Observation{before, away, {}} {
		if got, ok := Settle(h, o); ok {
			t.Errorf("%+v settles it: %+v", o, got)
		}
	}
	if _, ok := Settle(hosts("a done")[0], scan); ok {
		t.Error("a host that is not lost is settled")
	}
}

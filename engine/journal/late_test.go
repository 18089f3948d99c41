package journal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLateHost: a host that was not reached when the others were planned is planned
// when it is back, in the same run; the plan of the run is then another.
func TestLateHost(t *testing.T) {
	l := newLife(t)
	l.plan("web", "canary", "a")
	l.add("late", HostPlanned, HostPlannedData{})
	l.walk("late", Pending, Checking, Unreachable)
	l.add("", RunState, RunStateData{State: "finished"})
	l.add("", RunStarted, RunStartedData{PlanID: "p2"})
	updates := []UpdateRecord{{Name: "nginx", Arch: "amd64", Action: "upgrade", From: "1", To: "2", State: "pending"}}
	l.add("late", HostPlanned, HostPlannedData{Policy: "web", Wave: "rest", Batch: 1, Updates: updates})
	l.walk("late", Unreachable, Checking)
	r := l.fold()
	h := r.Host("late")
	if h.Policy != "web" || h.Wave != "rest" || h.Batch != 1 || h.State != Checking || r.PlanID != "p2" || len(r.Hosts) != 2 {
		t.Errorf("%+v of plan %s", h, r.PlanID)
	}
	if diff := cmp.Diff(updates, h.Updates); diff != "" {
		t.Error(diff)
	}
	if r.Hosts[1] != h {
		t.Error("it stands before the wave that came before its own")
	}
	l.add("late", HostPlanned, HostPlannedData{Policy: "web", Wave: "rest", Batch: 2})
	if _, err := Fold(l.events); err == nil || !strings.Contains(err.Error(), "planned before") {
		t.Errorf("planned a third time: %v", err)
	}
}

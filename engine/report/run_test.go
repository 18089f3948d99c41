package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchwave/engine/journal"
)

// event appends an event, a second after the one before.
func event(t *testing.T, events []journal.Event, host string, typ journal.Type, data any) []journal.Event {
	t.Helper()
	at := time.Date(2026, 11, 3, 2, 0, len(events), 0, time.UTC)
	e, err := journal.New("r20261103-020000-0bad01", host, at, typ, data)
	if err != nil {
		t.Fatal(err)
	}
	e.Seq = int64(len(events) + 1)
	return append(events, e)
}

// aRun is a run with a host that ended well, one that failed and one that was
// not begun.
func aRun(t *testing.T) *journal.Run {
	t.Helper()
	var evs []journal.Event
	add := func(host string, typ journal.Type, data any) { evs = event(t, evs, host, typ, data) }
	tool := func(state, why string) []journal.UpdateRecord {
		return []journal.UpdateRecord{{Name: "labtool", Arch: "amd64", Action: "upgrade", From: "1.0-1", To: "1.1-1", State: state, Why: why}}
	}
	move := func(host string, states ...journal.State) {
		for i := 1; i < len(states); i++ {
			add(host, journal.HostState, journal.HostStateData{From: states[i-1], To: states[i]})
		}
	}
	zero, three := 0, 3
	add("", journal.RunStarted, journal.RunStartedData{PlanID: "p1", Kind: "apply", Rollout: "r20261103-020000-0bad01", Trigger: "timer", Actor: "root", Reason: "monthly"})
	for i, h := range []string{"web-01", "web-02", "web-03"} {
		add(h, journal.HostPlanned, journal.HostPlannedData{Policy: "web", Wave: "all", Batch: i + 1, Updates: tool("pending", "")})
	}
	for _, h := range []string{"web-01", "web-02"} {
		move(h, journal.Pending, journal.Checking, journal.Protecting)
		add(h, journal.PointMade, journal.PointData{ID: "r1/packages", Provider: "packages", Dir: "/var/lib/patchwave-host/points/r1", Checked: true, Undoes: []string{"labtool 1.0-1"}})
		move(h, journal.Protecting, journal.Ready, journal.Installing)
		add(h, journal.StepStarted, journal.StepStartedData{Step: "updates", Attempt: 1})
	}
	add("web-01", journal.UpdateResult, journal.UpdateResultData{Updates: tool("installed", "")})
	add("web-01", journal.StepFinished, journal.StepFinishedData{Step: "updates", State: "ok", ExitCode: &zero})
	move("web-01", journal.Installing, journal.Installed, journal.Rebooting)
	add("web-01", journal.Rebooted, journal.RebootedData{From: "x", To: "y"})
	move("web-01", journal.Rebooting, journal.Verifying)
	add("web-01", journal.Verified, journal.VerifiedData{OK: true, Probes: []journal.ProbeResult{{Kind: "tcp", Name: "https", OK: true, Detail: "connected"}}})
	move("web-01", journal.Verifying, journal.Restoring, journal.Done)
	fault := &journal.Fault{Code: "exit", Message: "1 of 1 updates failed: labtool"}
	add("web-02", journal.UpdateResult, journal.UpdateResultData{Updates: tool("failed", "postinst failed")})
	add("web-02", journal.StepFinished, journal.StepFinishedData{Step: "updates", State: "failed", ExitCode: &three, Fault: fault})
	move("web-02", journal.Installing, journal.Restoring)
	add("web-02", journal.HostState, journal.HostStateData{From: journal.Restoring, To: journal.Failed, Fault: fault})
	add("", journal.BreakerOpen, journal.BreakerData{Policy: "web", Failures: 1})
	add("web-03", journal.HostState, journal.HostStateData{From: journal.Pending, To: journal.Skipped, Why: "too many failures before its turn"})
	add("", journal.RunState, journal.RunStateData{State: "stopped", Why: "1 failures, 0 allowed"})
	r, err := journal.Fold(evs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunDocument(t *testing.T) {
	golden(t, "apply.json", NewRun("apply", aRun(t)))
}

// TestContractOfRun: the members that apply, run, status and show promise.
func TestContractOfRun(t *testing.T) {
	doc := NewRun("status", aRun(t))
	if doc.Schema != "patchwave/status/v1" {
		t.Errorf("schema %s", doc.Schema)
	}
	has(t, doc, nil, "schema", "run", "hosts", "totals")
	has(t, doc, []string{"run"}, "id", "rollout", "state", "started", "finished", "trigger", "actor", "reason")
	has(t, doc, []string{"hosts"}, "name", "state", "wave", "batch", "steps", "updates", "reboots", "restore_point", "verification")
	has(t, doc, []string{"hosts", "steps"}, "name", "state", "started", "finished", "attempt", "exit_code", "error")
	has(t, doc, []string{"hosts", "updates"}, "name", "arch", "action", "from", "to", "state")
}

// TestTotalsHaveEveryState, also those that no host is in.
func TestTotalsHaveEveryState(t *testing.T) {
	doc := NewRun("apply", aRun(t))
	want := map[string]int{"hosts": 3, "done": 1, "failed": 1, "skipped": 1}
	for _, row := range journal.States() {
		want[string(row.State)] += 0
	}
	if diff := cmp.Diff(want, doc.Totals); diff != "" {
		t.Error(diff)
	}
	if empty := NewRun("status", &journal.Run{}); empty.Hosts == nil || empty.Totals["hosts"] != 0 {
		t.Errorf("%+v", empty)
	}
}

func TestJudge(t *testing.T) {
	host := func(s journal.State, code string) *journal.Host {
		h := &journal.Host{Name: string(s), State: s}
		if code != "" {
			h.Fault = &journal.Fault{Code: code}
		}
		return h
	}
	for name, tt := range map[string]struct {
		run  journal.Run
		want Verdict
	}{
		"nothing":     {journal.Run{State: "finished"}, Verdict{}},
		"stopped":     {journal.Run{State: "stopped"}, Verdict{Stopped: true}},
		"interrupted": {journal.Run{State: "interrupted"}, Verdict{Interrupted: true}},
		"soaking":     {journal.Run{State: "soaking", Hosts: []*journal.Host{host(journal.Done, ""), host(journal.Pending, "")}}, Verdict{Unfinished: 1}},
		"no harm": {journal.Run{State: "finished", Hosts: []*journal.Host{host(journal.Done, ""), host(journal.Unchanged, ""),
			host(journal.Deferred, ""), host(journal.Cancelled, ""), host(journal.Skipped, "")}}, Verdict{}},
		"harm": {journal.Run{State: "finished", Hosts: []*journal.Host{host(journal.Failed, "exit"), host(journal.Failed, ""), host(journal.Unreachable, "auth"),
			host(journal.RolledBack, "exit"), host(journal.Lost, "lost")}}, Verdict{Failed: 2, Unreachable: 1, RolledBack: 1, Lost: 1}},
		"locked":        {journal.Run{Hosts: []*journal.Host{host(journal.Skipped, "locked"), host(journal.Failed, "locked")}}, Verdict{Locked: 1, Failed: 1}},
		"refused":       {journal.Run{Hosts: []*journal.Host{host(journal.Skipped, "drift"), host(journal.Skipped, "ambiguous"), host(journal.Skipped, "drift")}}, Verdict{Drifted: 2, Refused: 1}},
		"not yet over":  {journal.Run{State: "running", Hosts: []*journal.Host{host(journal.Installing, ""), host(journal.Checking, "exit")}}, Verdict{Unfinished: 2}},
		"well, at last": {journal.Run{State: "finished", Hosts: []*journal.Host{host(journal.Done, "exit")}}, Verdict{}},
	} {
		if diff := cmp.Diff(tt.want, Judge(&tt.run)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

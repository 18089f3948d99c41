package journal

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFoldChecksEveryMove leads a host to every state and from there to every
// other one.
func TestFoldChecksEveryMove(t *testing.T) {
	for _, from := range every() {
		for _, to := range every() {
			l := newLife(t)
			l.plan("web", "all", "a")
			l.walk("a", way(from)...)
			l.walk("a", from, to)
			r, err := Fold(l.events)
			if legal := Check(from, to) == nil; legal != (err == nil) {
				t.Errorf("%s to %s: Fold says %v, Check says legal %v", from, to, err, legal)
			}
			if err == nil && r.Host("a").State != to {
				t.Errorf("%s to %s: the host is %s", from, to, r.Host("a").State)
			}
		}
	}
}

func TestFoldOfAWholeLife(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "a")
	l.walk("a", Pending, Checking)
	l.add("a", StepStarted, StepStartedData{Step: "check", Attempt: 1})
	l.add("a", StepFinished, StepFinishedData{Step: "check", State: "ok"})
	l.walk("a", Checking, Protecting)
	l.add("a", JobIntent, JobIntentData{ID: "r1/a/restore-point/1", Step: "restore-point", Round: 1, Fence: 7, BootID: "b1"})
	l.add("a", JobOutcome, JobOutcomeData{ID: "r1/a/restore-point/1", State: "done", Step: "restore-point"})
	l.add("a", PointMade, PointData{ID: "r1/packages", Provider: "packages", Checked: true, Undoes: []string{"labtool 1.0-1"}})
	l.walk("a", Protecting, Ready)
	l.add("a", HealthTaken, HealthData{BootID: "b1", Init: "systemd", Services: []string{"nginx"}, Mounts: []string{}})
	l.walk("a", Ready, Installing)
	l.add("a", HealthTaken, HealthData{BootID: "b1"}) // the first one counts
	l.add("a", StepStarted, StepStartedData{Step: "updates", Attempt: 1})
	l.add("a", UpdateResult, UpdateResultData{Updates: []UpdateRecord{
		{Name: "labtool", Arch: "amd64", Action: "upgrade", From: "1.0-1", To: "1.1-1", State: "installed"}}})
	rc := 0
	l.add("a", StepFinished, StepFinishedData{Step: "updates", State: "ok", ExitCode: &rc})
	l.walk("a", Installing, Installed, Rebooting)
	l.add("a", Rebooted, RebootedData{From: "b1", To: "b2"})
	l.walk("a", Rebooting, Verifying)
	l.add("a", Verified, VerifiedData{OK: true, Probes: []ProbeResult{{Kind: "tcp", Name: "https", OK: true, Detail: "connected"}}})
	l.add("a", HostState, HostStateData{From: Verifying, To: Restoring, Goal: Done})
	if got := l.fold().Host("a").Goal; got != Done {
		t.Errorf("the goal of restoring is %q", got)
	}
	l.walk("a", Restoring, Done)
	l.add("", RunState, RunStateData{State: "finished"})

	r := l.fold()
	h := r.Host("a")
	if h.State != Done || h.Reboots != 1 || len(h.Steps) != 2 || len(h.Jobs) != 1 || h.Jobs[0].Outcome == nil || h.Goal != "" {
		t.Errorf("the host is %s", snapshot(t, r))
	}
	if h.Since != l.at.Add(-2*time.Second) || r.Ended == nil || !r.Ended.Equal(l.at.Add(-time.Second)) {
		t.Errorf("since %s, ended %v", h.Since, r.Ended)
	}
	if diff := cmp.Diff([]string{}, h.Point.Cannot); diff != "" {
		t.Error("cannot_undo: " + diff)
	}
	if diff := cmp.Diff(&HealthData{BootID: "b1", Init: "systemd", Services: []string{"nginx"}, Mounts: []string{}}, h.Health); diff != "" {
		t.Error("the health: " + diff)
	}
	golden(t, "life.golden", snapshot(t, r)+"\n")
}

// TestFoldOverAResume: the first process dies while a job runs; the second takes
// its events, attaches to the job by its id and goes on.
func TestFoldOverAResume(t *testing.T) {
	intent := JobIntentData{ID: "r1/a/updates/1", Step: "updates", Round: 1, Fence: 7, BootID: "b1"}
	l := newLife(t)
	l.plan("web", "all", "a", "b")
	l.walk("a", Pending, Checking, Ready, Installing)
	l.add("a", StepStarted, StepStartedData{Step: "updates", Attempt: 1})
	l.add("a", JobIntent, intent)
	first := l.fold()
	if first.State != "running" || first.Host("a").Jobs[0].Outcome != nil || first.Ended != nil {
		t.Fatalf("before the resume: %s", snapshot(t, first))
	}

	l.add("", RunStarted, RunStartedData{PlanID: "p1", Kind: "apply", Rollout: "o1", Trigger: "resume", Actor: "alice", Reason: "power cut", Fence: 8, PID: 99})
	l.add("a", JobIntent, intent) // the resume repeats it
	l.add("a", JobOutcome, JobOutcomeData{ID: intent.ID, State: "done", RC: 0, Step: "updates", Log: "Setting up labtool"})
	l.add("a", StepFinished, StepFinishedData{Step: "updates", State: "ok"})
	l.walk("a", Installing, Installed, Verifying, Restoring, Done)
	l.walk("b", Pending, Checking, Unchanged)
	l.add("", RunState, RunStateData{State: "finished"})
	r := l.fold()
	a := r.Host("a")
	if len(a.Jobs) != 1 || a.Jobs[0].Outcome == nil || a.Jobs[0].Outcome.Log != "Setting up labtool" {
		t.Errorf("jobs after the resume: %s", snapshot(t, r))
	}
	if r.Trigger != "timer" || r.Actor != "root" || !r.Started.Equal(first.Started) {
		t.Errorf("the run now says it was started by %s (%s) at %s", r.Actor, r.Trigger, r.Started)
	}
	if r.Start.Fence != 8 || r.Start.PID != 99 {
		t.Errorf("the process that runs it is %+v", r.Start)
	}
	if r.State != "finished" || a.State != Done || r.Host("b").State != Unchanged {
		t.Errorf("after the resume: %s", snapshot(t, r))
	}
}

// TestAResumedRunIsNotOver: what the interruption said is gone with the resume.
func TestAResumedRunIsNotOver(t *testing.T) {
	for _, again := range []func(*life){
		func(l *life) { l.add("", RunStarted, RunStartedData{Trigger: "resume"}) },
		func(l *life) { l.add("", RunState, RunStateData{State: "running"}) },
	} {
		l := newLife(t)
		l.add("", RunState, RunStateData{State: "interrupted", Why: "1 hosts are not finished"})
		if r := l.fold(); r.Ended == nil || r.Why == "" {
			t.Fatalf("interrupted: %s", snapshot(t, r))
		}
		again(l)
		if r := l.fold(); r.State != "running" || r.Ended != nil || r.Why != "" {
			t.Errorf("resumed: %s", snapshot(t, r))
		}
	}
}

func TestDrainingIsNotOver(t *testing.T) {
	l := newLife(t)
	l.add("", RunState, RunStateData{State: "draining", Why: "interrupted by the operator"})
	if r := l.fold(); r.State != "draining" || r.Ended != nil || r.Why == "" {
		t.Error(snapshot(t, r))
	}
}

func TestFoldKeepsFaultAndWhy(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "a")
	l.walk("a", Pending, Checking, Ready, Installing)
	fault := &Fault{Code: "exit", Message: "dpkg failed"}
	l.add("a", HostState, HostStateData{From: Installing, To: Restoring, Goal: Failed, Fault: fault, Why: "a step failed"})
	l.walk("a", Restoring, Failed) // says nothing new
	h := l.fold().Host("a")
	if diff := cmp.Diff(fault, h.Fault); diff != "" || h.Why != "a step failed" {
		t.Errorf("why %q\n%s", h.Why, diff)
	}
	l.add("", BreakerOpen, BreakerData{Policy: "web", Failures: 1, Allowed: 0})
	if diff := cmp.Diff(&BreakerData{Policy: "web", Failures: 1}, l.fold().Breaker); diff != "" {
		t.Error(diff)
	}
}

// TestStepsOfOneName: the end is that of the latest step that has none.
func TestStepsOfOneName(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "a")
	one, two := 1, 2
	l.add("a", StepStarted, StepStartedData{Step: "check", Attempt: 1})
	l.add("a", StepFinished, StepFinishedData{Step: "check", State: "failed", ExitCode: &one})
	l.add("a", StepStarted, StepStartedData{Step: "check", Attempt: 2})
	l.add("a", StepFinished, StepFinishedData{Step: "check", State: "ok", ExitCode: &two})
	var got []int
	for _, s := range l.fold().Host("a").Steps {
		got = append(got, s.Attempt, *s.ExitCode)
	}
	if diff := cmp.Diff([]int{1, 1, 2, 2}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOrderOfHosts: waves as they were planned, then batches, then names.
func TestOrderOfHosts(t *testing.T) {
	l := newLife(t)
	planned := func(host, policy, wave string, batch int) {
		l.add(host, HostPlanned, HostPlannedData{Policy: policy, Wave: wave, Batch: batch})
	}
	planned("z", "web", "canary", 1)
	planned("m", "web", "rest", 2)
	planned("b", "web", "rest", 1)
	planned("a", "web", "rest", 1)
	planned("c", "db", "canary", 1)
	var got []string
	r := l.fold()
	for _, h := range r.Hosts {
		got = append(got, h.Name)
	}
	if diff := cmp.Diff([]string{"z", "a", "b", "m", "c"}, got); diff != "" {
		t.Error(diff)
	}
	if r.Host("nobody") != nil {
		t.Error("the run has a host that nobody planned")
	}
}

func TestFolderFollows(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "b", "a")
	f := NewFolder()
	for _, e := range l.events {
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	if f.Host("a") == nil || f.Host("a") != f.Run().Host("a") || f.Run().Hosts[0].Name != "b" {
		t.Errorf("the folder has %s", snapshot(t, f.Run()))
	}
}

// TestFoldRefuses what contradicts the events before it, and stays as it was.
func TestFoldRefuses(t *testing.T) {
	tests := []struct {
		name  string
		event Event
		want  string
	}{
		{"a host that was not planned", raw("r1", "b", HostState, `{"from":"pending","to":"checking"}`), "host b is not part of the run"},
		{"a host planned twice", raw("r1", "a", HostPlanned, `{}`), "host a was planned before"},
		{"a plan that is no JSON", raw("r1", "b", HostPlanned, `{`), "decode host.planned"},
		{"another state than it has", raw("r1", "a", HostState, `{"from":"ready","to":"installing"}`), `is in state "pending", not "ready"`},
		{"a move that is none", raw("r1", "a", HostState, `{"from":"pending","to":"done"}`), `cannot go from "pending" to "done"`},
		{"a move to nowhere", raw("r1", "a", HostState, `{"from":"pending"}`), `cannot go from "pending" to ""`},
		{"a step without its beginning", raw("r1", "a", StepFinished, `{"step":"updates","state":"ok"}`), "step updates of host a ended without a beginning"},
		{"a step that ended before", raw("r1", "a", StepFinished, `{"step":"check","state":"ok"}`), "step check of host a ended without a beginning"},
		{"an outcome without an intent", raw("r1", "a", JobOutcome, `{"id":"r1/a/reboot/1"}`), "job r1/a/reboot/1 ended without an intent"},
		{"an event of another run", raw("r2", "a", HostState, `{"from":"pending","to":"checking"}`), "event 0 of run r2: the events before it are of run r1"},
		{"a state of the run that is no JSON", raw("r1", "", RunState, `[]`), "decode run.state"},
		{"a start that is no JSON", raw("r1", "", RunStarted, `1`), "decode run.started"},
		{"a breaker that is no JSON", raw("r1", "", BreakerOpen, ``), "decode breaker.open"},
		{"a state that is no JSON", raw("r1", "a", HostState, `"x"`), "decode host.state"},
		{"a step that is no JSON", raw("r1", "a", StepStarted, `"x"`), "decode step.started"},
		{"an end that is no JSON", raw("r1", "a", StepFinished, `"x"`), "decode step.finished"},
		{"an intent that is no JSON", raw("r1", "a", JobIntent, `"x"`), "decode job.intent"},
		{"an outcome that is no JSON", raw("r1", "a", JobOutcome, `"x"`), "decode job.outcome"},
		{"a result that is no JSON", raw("r1", "a", UpdateResult, `"x"`), "decode update.result"},
		{"a point that is no JSON", raw("r1", "a", PointMade, `"x"`), "decode point.made"},
		{"a health that is no JSON", raw("r1", "a", HealthTaken, `[]`), "decode health.taken"},
		{"a verification that is no JSON", raw("r1", "a", Verified, `"x"`), "decode host.verified"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLife(t)
			l.plan("web", "all", "a")
			l.add("a", StepStarted, StepStartedData{Step: "check"})
			l.add("a", StepFinished, StepFinishedData{Step: "check", State: "ok"})
			f := NewFolder()
			for _, e := range l.events {
				if err := f.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(t, f.Run())
			err := f.Add(tt.event)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if diff := cmp.Diff(before, snapshot(t, f.Run())); diff != "" {
				t.Errorf("the run changed all the same:\n%s", diff)
			}
			if r, err := Fold(append(l.events, tt.event)); err == nil || r != nil {
				t.Errorf("Fold = %v, %v", r, err)
			}
		})
	}
}

// TestFirstEventDoesNotStick: an event that was refused does not name the run.
func TestFirstEventDoesNotStick(t *testing.T) {
	f := NewFolder()
	if err := f.Add(raw("r9", "a", HostState, `{}`)); err == nil {
		t.Fatal("no error")
	}
	if err := f.Add(raw("r1", "", RunStarted, `{}`)); err != nil || f.Run().ID != "r1" {
		t.Errorf("run %q, %v", f.Run().ID, err)
	}
}

// TestFoldPassesOverTheUnknown: a later version may write more types of events.
func TestFoldPassesOverTheUnknown(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "a")
	before := snapshot(t, l.fold())
	l.events = append(l.events, raw("r1", "", "run.praised", `{`), raw("r1", "a", "host.praised", `{`), raw("r1", "z", "host.praised", `{`))
	if diff := cmp.Diff(before, snapshot(t, l.fold())); diff != "" {
		t.Error(diff)
	}
}

func TestFoldOfNothing(t *testing.T) {
	r, err := Fold(nil)
	if err != nil || r == nil || r.ID != "" || len(r.Hosts) != 0 {
		t.Errorf("Fold(nil) = %+v, %v", r, err)
	}
}

func TestNewRefusesWhatIsNoJSON(t *testing.T) {
	if _, err := New("r1", "", time.Time{}, RunStarted, func() {}); err == nil || !strings.Contains(err.Error(), "encode event run.started") {
		t.Errorf("error %v", err)
	}
	at := time.Date(2026, 11, 3, 3, 0, 0, 0, time.FixedZone("", 3600))
	e, err := New("r1", "a", at, Rebooted, RebootedData{From: "x", To: "y"})
	if err != nil || e.At.Location() != time.UTC || !e.At.Equal(at) || e.V != 1 || string(e.Data) != `{"from":"x","to":"y"}` {
		t.Errorf("New = %+v, %v", e, err)
	}
}

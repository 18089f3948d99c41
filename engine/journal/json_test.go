package journal

import (
	"encoding/json"
	"slices"
	"testing"
)

// keysOf returns the members of a JSON object.
func keysOf(t *testing.T, v any) map[string]json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestContractOfTheDocuments: the members that apply, run, status and show
// promise are there, filled or not.
func TestContractOfTheDocuments(t *testing.T) {
	for what, c := range map[string]struct {
		value any
		keys  []string
	}{
		"run":    {Run{}, []string{"id", "rollout", "state", "started", "finished", "trigger", "actor", "reason"}},
		"host":   {Host{}, []string{"name", "state", "wave", "batch", "steps", "updates", "reboots", "restore_point", "verification"}},
		"step":   {Step{}, []string{"name", "state", "started", "finished", "attempt", "exit_code", "error"}},
		"update": {UpdateRecord{}, []string{"name", "arch", "action", "from", "to", "state"}},
		"error":  {Fault{}, []string{"code", "message"}},
	} {
		got := keysOf(t, c.value)
		for _, k := range c.keys {
			if _, ok := got[k]; !ok {
				t.Errorf("%s has no member %q", what, k)
			}
		}
	}
}

// TestEmptyListsAreLists: [] and never null, also when an event says null.
func TestEmptyListsAreLists(t *testing.T) {
	events := []Event{
		raw("r1", "", RunStarted, `{}`),
		raw("r1", "a", HostPlanned, `{}`),
		raw("r1", "b", HostPlanned, `{"updates":null}`),
		raw("r1", "b", UpdateResult, `{"updates":null}`),
		raw("r1", "b", Verified, `{"probes":null}`),
		raw("r1", "b", PointMade, `{"undoes":null}`),
	}
	r, err := Fold(events)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range r.Hosts {
		m := keysOf(t, h)
		for _, k := range []string{"steps", "updates", "verification"} {
			if string(m[k]) != "[]" {
				t.Errorf("host %s: %s is %s", h.Name, k, m[k])
			}
		}
	}
	m := keysOf(t, r.Host("b").Point)
	if string(m["undoes"]) != "[]" || string(m["cannot_undo"]) != "[]" {
		t.Errorf("the restore point has undoes %s, cannot_undo %s", m["undoes"], m["cannot_undo"])
	}
	if a := keysOf(t, r.Host("a")); string(a["restore_point"]) != "null" || string(a["error"]) != "null" {
		t.Errorf("a host without a restore point has %s, error %s", a["restore_point"], a["error"])
	}
	if string(keysOf(t, r)["finished"]) != "null" {
		t.Error("a run that goes on has an end")
	}
}

// TestTypesAreWrittenDownOnce: a name is in every journal that was ever written.
func TestTypesAreWrittenDownOnce(t *testing.T) {
	got := []Type{RunStarted, RunState, HostPlanned, HostState, StepStarted, StepFinished, JobIntent, JobOutcome,
		UpdateResult, PointMade, PointUsed, Rebooted, HealthTaken, Verified, BreakerOpen, ActionIntent, ActionOutcome, Noted}
	want := []Type{"run.started", "run.state", "host.planned", "host.state", "step.started", "step.finished", "job.intent", "job.outcome",
		"update.result", "point.made", "point.used", "host.rebooted", "health.taken", "host.verified", "breaker.open", "action.intent", "action.outcome", "host.noted"}
	if !slices.Equal(got, want) {
		t.Errorf("types %v, want %v", got, want)
	}
}

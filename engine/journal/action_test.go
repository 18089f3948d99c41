package journal

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFoldOfActions: an action is one line, however often it was begun; its undo
// is another.
func TestFoldOfActions(t *testing.T) {
	l := newLife(t)
	l.plan("web", "all", "a")
	l.walk("a", Pending, Checking, Protecting)
	const id = "r1/a/action/silence"
	intent := ActionIntentData{ID: id, Kind: ActionRun, Name: "silence", On: "controller", Command: []string{"amtool", "add"}, UndoCommand: []string{"amtool", "expire"}}
	l.add("a", ActionIntent, intent)
	early := l.fold().Host("a").Actions[0]
	l.add("a", ActionIntent, intent) // after a crash
	rc := 1
	l.add("a", ActionOutcome, ActionOutcomeData{ID: id, State: "failed", ExitCode: &rc, Fault: &Fault{Code: "exit", Message: "exit status 1"}, Output: "no"})
	l.add("a", Noted, NotedData{Text: "it is told"})
	l.add("a", ActionIntent, ActionIntentData{ID: id + "/undo", Kind: ActionRun, Name: "silence", On: "controller", Undo: true})
	l.add("a", ActionOutcome, ActionOutcomeData{ID: id + "/undo", State: "ok"})
	h := l.fold().Host("a")
	if len(h.Actions) != 2 || len(h.Notes) != 1 || h.Notes[0] != "it is told" {
		t.Fatalf("%+v, notes %q", h.Actions, h.Notes)
	}
	a, u := h.Action(id), h.Action(id+"/undo")
	if a.State != "failed" || a.Attempt != 2 || *a.ExitCode != 1 || a.Fault.Message != "exit status 1" || a.Output != "no" || a.Finished == nil || a.Undo {
		t.Errorf("%+v", a)
	}
	if diff := cmp.Diff([]string{"amtool", "expire"}, a.UndoCommand); diff != "" {
		t.Error(diff)
	}
	if u.State != "ok" || u.Attempt != 1 || !u.Undo || h.Action("other") != nil {
		t.Errorf("%+v", u)
	}
	if early.State != "running" || early.Attempt != 1 || early.Finished != nil {
		t.Errorf("before: %+v", early)
	}
}

// TestActionsAreNotChanged: what a folder handed out stays as it was.
func TestActionsAreNotChanged(t *testing.T) {
	f := NewFolder()
	add := func(e Event) {
		t.Helper()
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	add(raw("r", "a", HostPlanned, `{}`))
	add(raw("r", "a", ActionIntent, `{"id":"x"}`))
	before := *f.Host("a")
	add(raw("r", "a", ActionIntent, `{"id":"x"}`))
	add(raw("r", "a", ActionOutcome, `{"id":"x","state":"ok"}`))
	if before.Actions[0].State != "running" || before.Actions[0].Attempt != 1 || f.Host("a").Actions[0].State != "ok" {
		t.Errorf("before %+v, after %+v", before.Actions[0], f.Host("a").Actions[0])
	}
	err := f.Add(raw("r", "a", ActionOutcome, `{"id":"y","state":"ok"}`))
	if err == nil || !strings.Contains(err.Error(), "action y ended without an intent") {
		t.Errorf("%v", err)
	}
}

package journal

import (
	"fmt"
	"slices"
	"time"
)

// What an action does.
const (
	// ActionRun is a run block of the preparation, or its undo.
	ActionRun = "run"
	// ActionWake wakes the host; its undo puts it back to sleep.
	ActionWake = "wake"
)

// ActionIntentData is written before an action is started. An action whose intent
// is here may have been done: its undo runs.
type ActionIntentData struct {
	// ID is stable: RUN/HOST/action/NAME or RUN/HOST/wake, with /undo for the way
	// back. An action may be started again under the same id.
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Name string `json:"name"`
	// On is "host" or "controller".
	On   string `json:"on"`
	Undo bool   `json:"undo"`
	// Command is the program with its arguments, written out for the host; nil for a
	// script. UndoCommand is the same of the way back.
	Command     []string `json:"command,omitempty"`
	UndoCommand []string `json:"undo_command,omitempty"`
}

// ActionOutcomeData is written when it is known what came of an action.
type ActionOutcomeData struct {
	ID string `json:"id"`
	// State is ok or failed.
	State    string `json:"state"`
	ExitCode *int   `json:"exit_code"`
	Fault    *Fault `json:"error,omitempty"`
	// Output is the head and the tail of what it printed; hostile.
	Output string `json:"output"`
	// Found says, of a host that was woken, what it was before: "asleep" or "off".
	Found string `json:"found,omitempty"`
}

// NotedData is something that whoever reads the report has to know.
type NotedData struct {
	Text string `json:"text"`
}

// Action is an action on a host, or for it, and what came of it.
type Action struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Name string `json:"name"`
	On   string `json:"on"`
	Undo bool   `json:"undo"`
	// State is running, ok or failed; one that is running when its run is
	// interrupted may have been done.
	State    string     `json:"state"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"`
	// Attempt counts how often it was begun, from 1.
	Attempt  int    `json:"attempt"`
	ExitCode *int   `json:"exit_code"`
	Fault    *Fault `json:"error"`
	Output   string `json:"output"`
	Found    string `json:"found,omitempty"`
	// Command and UndoCommand are those of the intent.
	Command     []string `json:"command,omitempty"`
	UndoCommand []string `json:"-"`
}

// Action returns the action of an id, or nil if it was never begun.
func (h *Host) Action(id string) *Action {
	for _, a := range h.Actions {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// action folds an event of an action, or a note. What was handed out is not
// changed: an action is replaced.
func (h *Host) action(e Event) error {
	switch e.Type {
	case ActionIntent:
		d, err := Decode[ActionIntentData](e)
		if err != nil {
			return err
		}
		a := &Action{ID: d.ID, Kind: d.Kind, Name: d.Name, On: d.On, Undo: d.Undo, State: "running", Started: e.At, Attempt: 1,
			Command: d.Command, UndoCommand: d.UndoCommand}
		if before := h.Action(d.ID); before != nil {
			a.Attempt = before.Attempt + 1
		}
		h.put(a)
		if !d.Undo {
			h.drop(d.ID + "/undo") // what is done again is not undone
		}
	case ActionOutcome:
		d, err := Decode[ActionOutcomeData](e)
		if err != nil {
			return err
		}
		begun := h.Action(d.ID)
		if begun == nil {
			return fmt.Errorf("action %s ended without an intent", d.ID)
		}
		a, at := *begun, e.At
		a.State, a.Finished, a.ExitCode, a.Fault, a.Output, a.Found = d.State, &at, d.ExitCode, d.Fault, d.Output, d.Found
		h.put(&a)
	default:
		d, err := Decode[NotedData](e)
		if err != nil {
			return err
		}
		h.Notes = append(h.Notes, d.Text)
	}
	return nil
}

// drop takes an action out.
func (h *Host) drop(id string) {
	if h.Action(id) != nil {
		h.Actions = slices.DeleteFunc(slices.Clone(h.Actions), func(a *Action) bool { return a.ID == id })
	}
}

// put adds an action, or takes the place of that of its id.
func (h *Host) put(a *Action) {
	actions := make([]*Action, 0, len(h.Actions)+1)
	found := false
	for _, old := range h.Actions {
		if old.ID == a.ID {
			old, found = a, true
		}
		actions = append(actions, old)
	}
	if !found {
		actions = append(actions, a)
	}
	h.Actions = actions
}

package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"patchwave/connectors"
	"patchwave/engine/journal"
	"patchwave/policies"
)

// Programs starts programs on the controller.
type Programs interface {
	// Run starts a program without a shell, in a process group of its own and in a
	// small environment, and waits for its end, at most Limit. What it printed is
	// cut in the middle if it is long. The error says that it could not be started
	// or did not end in time; a program that ran and failed is none.
	Run(ctx context.Context, p Program) (Printed, error)
}

// Program is a program and how it is started.
type Program struct {
	Argv []string
	// Env are variables besides those of every program, "NAME=VALUE".
	Env   []string
	Limit time.Duration
}

// Printed is what came of a program. Its output is hostile.
type Printed struct {
	ExitCode int
	Output   string
}

// How long actions may take. What undoes one gets less, since a host waits for
// it that is out of service.
const (
	actionLimit = time.Hour
	undoLimit   = 10 * time.Minute
)

// undoTries is how often an undo is tried that fails.
const undoTries = 3

// acted is what came of an action.
type acted struct {
	rc     *int
	output string
	fault  *journal.Fault
	// entries are what else is to be journaled with it.
	entries []entry
}

// failed reports whether it was done and was not successful, or not done at all.
func (a acted) failed() bool { return a.fault != nil }

// actions are the actions of the run. A rollback by hand has none: it must not
// fail for want of something that it does not need.
func (m *machine) actions() []policies.Action {
	if m.policy.Preparation == nil || m.byHand() {
		return nil
	}
	return m.policy.Preparation.Actions
}

func (m *machine) actionID(name string) string {
	return m.work.Run + "/" + m.name + "/action/" + name
}

// action is an action of the host that was begun, or nil.
func (m *machine) action(id string) *journal.Action {
	h := m.rec.host(m.name)
	return h.Action(id)
}

func undoID(id string) string { return id + "/undo" }

// hasActed reports whether an action of this host may have been done.
func (m *machine) hasActed() bool {
	return slices.ContainsFunc(m.rec.host(m.name).Actions, func(a *journal.Action) bool { return a.Kind == journal.ActionRun })
}

// protected reports whether the restore point was made, and the actions are next.
func (m *machine) protected() bool {
	return m.state() == journal.Protecting && m.rec.host(m.name).Point != nil && !m.stepBegun(StepRestorePoint)
}

// prepare runs the actions, in their order. The first that fails ends the host,
// unless its policy goes on; nothing was changed on it.
func (m *machine) prepare(ctx context.Context) error {
	if err := m.begin(ctx, StepActions); err != nil {
		return err
	}
	for i, a := range m.actions() {
		if past := m.action(m.actionID(a.Name)); past != nil && past.State != "running" {
			continue
		}
		done, err := m.act(ctx, i, a)
		if err != nil {
			return err
		}
		if done.failed() {
			why := fmt.Sprintf("the action %q failed: %s", a.Name, done.fault.Message)
			if a.OnFailure != policies.FailContinue {
				fault := &journal.Fault{Code: done.fault.Code, Message: why + "; nothing was changed"}
				return m.finish(ctx, journal.Failed, "", fault, append(done.entries, m.stepEnd("failed", done.rc, fault)...)...)
			}
			done.entries = append(done.entries, m.note(why+"; the policy goes on"))
		}
		if err := m.rec.add(ctx, done.entries...); err != nil {
			return err
		}
	}
	return m.to(ctx, journal.Ready, m.stepEnd("ok", nil, nil)...)
}

func (m *machine) note(text string) entry {
	return entry{m.name, journal.Noted, journal.NotedData{Text: text}}
}

// act runs one action. What it is to be undone with is written out before: what
// cannot be undone is not done.
func (m *machine) act(ctx context.Context, i int, a policies.Action) (acted, error) {
	command, err := m.render(a.Command)
	undo, errUndo := m.render(a.Undo)
	if err := cmp.Or(err, errUndo); err != nil {
		return acted{fault: &journal.Fault{Code: string(connectors.CodeGuard), Message: err.Error()}}, nil
	}
	intent := journal.ActionIntentData{ID: m.actionID(a.Name), Kind: journal.ActionRun, Name: a.Name, On: a.On, Command: command, UndoCommand: undo}
	if a.On == policies.OnController {
		return m.onController(ctx, intent, a.Script, actionLimit)
	}
	return m.onHost(ctx, intent, m.jobID(fmt.Sprintf("action-%d", i+1), 1), a.Script, actionLimit)
}

// render writes a command out for the host.
func (m *machine) render(command []policies.Text) ([]string, error) {
	if command == nil {
		return nil, nil
	}
	facts := m.facts
	s := policies.Subject{Host: m.host, Facts: &facts, Now: m.engine.Now(), LastSeen: m.engine.Now()}
	out := make([]string, 0, len(command))
	for _, t := range command {
		word, err := t.Render(s)
		if err != nil {
			return nil, err
		}
		out = append(out, word)
	}
	return out, nil
}

// outcomeOf is the entry that ends an action.
func (m *machine) outcomeOf(id string, done acted) entry {
	state := "ok"
	if done.failed() {
		state = "failed"
	}
	return entry{m.name, journal.ActionOutcome, journal.ActionOutcomeData{ID: id, State: state, ExitCode: done.rc, Fault: done.fault, Output: done.output}}
}

// undoAll undoes, last first, every action that may have been done. What cannot
// be undone stands in the journal: it keeps no host from its end. The error is of
// the journal, or of the end of ctx.
func (m *machine) undoAll(ctx context.Context) error {
	for i, a := range slices.Backward(m.actions()) {
		if begun := m.standing(a); begun != nil {
			if err := m.undo(ctx, i, a, begun); err != nil {
				return err
			}
		}
	}
	return nil
}

// standing is an action that may have been done, has a way back, and is not
// undone; else nil.
func (m *machine) standing(a policies.Action) *journal.Action {
	h := m.rec.host(m.name)
	begun := h.Action(m.actionID(a.Name))
	if begun == nil || (a.Undo == nil && a.UndoScript == "") {
		return nil
	}
	if u := h.Action(undoID(begun.ID)); u != nil && u.State == "ok" {
		return nil
	}
	return begun
}

// undo undoes one action; it tries again what fails, since it must be
// repeatable.
func (m *machine) undo(ctx context.Context, i int, a policies.Action, begun *journal.Action) error {
	intent := journal.ActionIntentData{ID: undoID(begun.ID), Kind: journal.ActionRun, Name: a.Name, On: a.On, Undo: true, Command: begun.UndoCommand}
	wait := m.engine.poll()
	for try := 1; ; try++ {
		var done acted
		var err error
		if a.On == policies.OnController {
			done, err = m.onController(ctx, intent, a.UndoScript, undoLimit)
		} else {
			done, err = m.undoOnHost(ctx, i, intent, a.UndoScript)
		}
		if err != nil {
			return err
		}
		if err := m.rec.add(ctx, done.entries...); err != nil {
			return err
		}
		again := done.failed() && (done.rc != nil || done.fault.Code == string(connectors.CodeLost))
		if !again || try >= undoTries || m.action(intent.ID).Attempt >= undoTries {
			return nil
		}
		if err := connectors.Pause(ctx, wait); err != nil {
			return err
		}
		wait *= 2
	}
}

// restored goes to the end of the host. A host on which an action still stands
// has failed, however well its updates went: it may be out of service.
func (m *machine) restored(ctx context.Context, why string, entries ...entry) error {
	var left []string
	for _, a := range m.actions() {
		begun := m.standing(a)
		if begun == nil {
			continue
		}
		text := fmt.Sprintf("the action %q is not undone", a.Name)
		if u := m.action(undoID(begun.ID)); u != nil && u.Fault != nil {
			text += ": " + u.Fault.Message
		}
		if a.OnFailure == policies.FailContinue {
			entries = append(entries, m.note(text))
			continue
		}
		left = append(left, text)
	}
	goal := m.goal()
	if len(left) == 0 {
		return m.finish(ctx, goal, why, nil, entries...)
	}
	fault := &journal.Fault{Code: string(connectors.CodeExit), Message: strings.Join(left, "; ") + "; undo it by hand"}
	if before := m.rec.host(m.name).Fault; before != nil {
		fault.Code, fault.Message = before.Code, before.Message+"; and "+fault.Message
	}
	switch goal {
	case journal.Failed, journal.Lost, journal.RolledBack:
	default:
		goal = journal.Failed
	}
	return m.finish(ctx, goal, why, fault, entries...)
}

// inForce are notes of the actions that nobody will undo any more.
func inForce(h *journal.Host) []entry {
	var out []entry
	for _, a := range h.Actions {
		u := h.Action(undoID(a.ID))
		if a.Kind == journal.ActionRun && !a.Undo && (u == nil || u.State != "ok") {
			out = append(out, entry{h.Name, journal.Noted, journal.NotedData{
				Text: fmt.Sprintf("the action %q may still be in force; if it has an undo, do that by hand", a.Name)}})
		}
	}
	return out
}

package journal

import (
	"fmt"
	"slices"
)

// State is the state of one host in one run.
type State string

// The states of a host. Those of the second group are ends.
const (
	Pending     State = "pending"
	Checking    State = "checking"
	Unreachable State = "unreachable"
	Protecting  State = "protecting"
	Ready       State = "ready"
	Installing  State = "installing"
	Installed   State = "installed"
	Rebooting   State = "rebooting"
	Verifying   State = "verifying"
	RollingBack State = "rolling-back"
	Restoring   State = "restoring"

	Done       State = "done"
	Unchanged  State = "unchanged"
	Failed     State = "failed"
	Deferred   State = "deferred"
	Skipped    State = "skipped"
	RolledBack State = "rolled-back"
	Cancelled  State = "cancelled"
	Lost       State = "lost"
)

// Resume says what to do with a host that is found in a state after a crash.
type Resume string

// What a resume does.
const (
	ResumeStart    Resume = "start"
	ResumeRepeat   Resume = "repeat, it only reads"
	ResumeRetry    Resume = "try again"
	ResumeAskPoint Resume = "ask the provider whether it exists"
	ResumeWindow   Resume = "check the window again"
	ResumeAttach   Resume = "re-attach to the job by its id"
	ResumeGoOn     Resume = "go on"
	ResumeBootID   Resume = "compare boot ids"
	ResumeAsk      Resume = "ask the provider"
	ResumeUndo     Resume = "undo again: undo must be repeatable"
	ResumeNothing  Resume = ""
)

// Row is one row of the state table.
type Row struct {
	State State
	// Entered says when the state is entered.
	Entered string
	// Next are the states that may follow.
	Next []State
	// OnResume says what a resume does with a host found in this state.
	OnResume Resume
	// Begun says that something on the host may have been changed.
	Begun bool
}

// States returns the table, one row a state, in the order of a host's life.
func States() []Row {
	return []Row{
		{Pending, "plan accepted", []State{Checking, Skipped, Deferred, Cancelled}, ResumeStart, false},
		{Checking, "lease taken, preflight begins", []State{Protecting, Ready, Unchanged, Unreachable, Failed, Skipped, Deferred, Cancelled}, ResumeRepeat, false},
		{Unreachable, "not reached before anything began", []State{Checking}, ResumeRetry, false},
		{Protecting, "claim set on the host, restore point asked for", []State{Ready, Restoring, Failed, Lost, Deferred, Cancelled}, ResumeAskPoint, true},
		{Ready, "protected, or none required; before each step or round", []State{Installing, RollingBack, Restoring, Deferred, Skipped, Cancelled}, ResumeWindow, true},
		{Installing, "intent journaled, job started", []State{Installed, Failed, RollingBack, Restoring, Lost}, ResumeAttach, true},
		{Installed, "job ended, host re-listed", []State{Rebooting, Verifying, RollingBack, Restoring}, ResumeGoOn, true},
		{Rebooting, "boot id kept, reboot asked for", []State{Verifying, RollingBack, Restoring, Failed, Lost}, ResumeBootID, true},
		{Verifying, "host answers, settled", []State{Ready, Restoring, RollingBack, Lost}, ResumeRepeat, true},
		{RollingBack, "policy asks, provider can", []State{Restoring, Failed, Lost}, ResumeAsk, true},
		{Restoring, "before every end once something was begun: undo actions, claim released", []State{Done, Unchanged, Failed, RolledBack, Deferred, Skipped, Cancelled, Lost}, ResumeUndo, true},
		{Done, "updates installed and verified", nil, ResumeNothing, true},
		{Unchanged, "nothing to do", nil, ResumeNothing, false},
		{Failed, "a step failed", nil, ResumeNothing, true},
		{Deferred, "not begun for want of time", nil, ResumeNothing, false},
		{Skipped, "not begun: the breaker is open, or the host drifted", nil, ResumeNothing, false},
		{RolledBack, "taken back to its restore point", nil, ResumeNothing, true},
		{Cancelled, "not begun: the run was cancelled", nil, ResumeNothing, false},
		{Lost, "what happened is not known; a fresh scan settles it", nil, ResumeNothing, true},
	}
}

// RowOf returns the row of a state.
func RowOf(s State) (Row, bool) {
	for _, row := range States() {
		if row.State == s {
			return row, true
		}
	}
	return Row{}, false
}

// Check returns an error if a host in state from may not move to state to. A
// host that was not heard of yet ("") enters pending.
func Check(from, to State) error {
	if from == "" && to == Pending {
		return nil
	}
	row, ok := RowOf(from)
	if !ok || !slices.Contains(row.Next, to) {
		return fmt.Errorf("a host cannot go from %q to %q", from, to)
	}
	return nil
}

// Ended reports whether s is an end. Unreachable counts as one when a run is
// over: nothing began on the host.
func (s State) Ended() bool {
	row, ok := RowOf(s)
	return ok && (len(row.Next) == 0 || s == Unreachable)
}

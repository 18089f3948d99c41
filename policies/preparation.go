package policies

import (
	"time"

	"patchwave/inventory"
)

// Preparation is what is done before any update, in the order of its fields: the
// requirements are asked for while nothing is claimed; the actions come after the
// restore point, so that a host is out of service as shortly as can be, and one
// that has no way back is not taken out at all.
type Preparation struct {
	Name         string
	Wake         *Wake         // nil if none
	Require      *Require      // nil if none
	RestorePoint *RestorePoint // nil if none
	// Actions are in the order of the configuration; they are undone in the
	// opposite one.
	Actions []Action
	Pos     inventory.Position
}

// WakeThen says what becomes of a host that was woken, once it is patched.
type WakeThen string

// What becomes of a host that was woken.
const (
	// WakeStay leaves it on.
	WakeStay WakeThen = "stay"
	// WakeRestore puts it back to what it was: asleep or off.
	WakeRestore WakeThen = "restore"
)

// DefaultWakeTimeout is how long a woken host is waited for where the
// configuration does not say.
const DefaultWakeTimeout = 5 * time.Minute

// Wake says how hosts that are off or asleep are woken.
type Wake struct {
	// Timeout is how long the host is waited for.
	Timeout time.Duration
	// Via is the name of the host that sends the packet; "" is the controller.
	Via  string
	Then WakeThen
	Pos  inventory.Position
}

// Require is what must hold on a host before it is touched.
type Require struct {
	// DiskFree is the free space needed in bytes, by mount point, or by drive on
	// Windows ("C:").
	DiskFree map[string]int64
	// ClockSkew bounds how far the host's clock may be off, either way; 0 is no
	// bound.
	ClockSkew time.Duration
	// NoProcess are names of programs that must not run.
	NoProcess []string
	// NoUsers says that nobody may be logged in.
	NoUsers bool
	Pos     inventory.Position
}

// RestorePoint says what a host can be taken back to.
type RestorePoint struct {
	// Providers are tried in order: names of built-in ones and of provider blocks.
	Providers []string
	// Declared are those of Providers that are blocks of the configuration, by
	// name; nil if none is.
	Declared map[string]*Provider
	Required bool
	Keep     int
	Expire   time.Duration
}

// Where something runs.
const (
	OnHost       = "host"
	OnController = "controller"
)

// Action is something that is done to a host before its updates and undone after
// them, whatever happened in between. Either Command or Script is set, and so is
// at most one of Undo and UndoScript.
type Action struct {
	Name string
	// On is OnHost or OnController.
	On string
	// Command is a program and its arguments, started without a shell. On the
	// controller the arguments hold declared attributes of the host only.
	Command []Text
	// Script is for sh, on a Windows host for PowerShell; there is nothing of the host
	// in it.
	Script string
	// Undo and UndoScript are the way back.
	Undo       []Text
	UndoScript string
	// OnFailure is FailStop (that host stops before anything is changed) or
	// FailContinue.
	OnFailure OnFailure
	Pos       inventory.Position
}

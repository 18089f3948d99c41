package restore

import (
	"context"

	"patchwave/connectors/framing"
	"patchwave/connectors/script"
	"patchwave/inventory"
)

// Op is something that is asked of a provider.
type Op string

// The operations. Detect, Check, Prove and List only read; Create and Remove may
// be asked again for the same point; Rollback is asked again only where Prove says
// that it has not happened.
const (
	// OpDetect: can it make a point of this host now, is there space for it, and
	// what would a rollback not bring back here?
	OpDetect Op = "detect"
	// OpCreate makes the point; a point of that tag that is there already is it.
	OpCreate Op = "create"
	// OpCheck: is the point there and whole, and what is the system before a
	// rollback (Said.Identity)?
	OpCheck Op = "check"
	// OpRollback takes the host back. The host may be gone before it answers.
	OpRollback Op = "rollback"
	// OpProve: did the rollback happen? Point.Before is the identity from before it.
	OpProve Op = "prove"
	// OpRemove removes one point, and only if its tag is patchwave's.
	OpRemove Op = "remove"
	// OpList names the points of this host that are patchwave's.
	OpList Op = "list"
)

// Ops are all operations, in the order of a point's life.
func Ops() []Op { return []Op{OpDetect, OpCreate, OpCheck, OpRollback, OpProve, OpRemove, OpList} }

// Reads reports whether an operation changes nothing.
func (o Op) Reads() bool {
	switch o {
	case OpDetect, OpCheck, OpProve, OpList:
		return true
	case OpCreate, OpRollback, OpRemove:
		return false
	default:
		return false
	}
}

// Place is where the work of a provider is done.
type Place string

// The places.
const (
	// OnHost: as a job on the host itself (what only reads: as a command).
	OnHost Place = "host"
	// OnHypervisor: over a session to what the host runs on.
	OnHypervisor Place = "hypervisor"
	// OnController: programs of the operator, or calls of an API, on the controller.
	OnController Place = "controller"
)

// Scope says what a rollback undoes. It is shown in plans and reports, before
// anybody counts on it.
type Scope struct {
	// Kind is ScopeSystem, ScopePackages or ScopeFiles.
	Kind string
	// Undoes and CannotUndo are words for people, each beginning a sentence.
	Undoes, CannotUndo []string
	// Rollback says that the provider can take a host back. Without it a point is an
	// aid for people who look for a file.
	Rollback bool
	// TakesJobs says that a rollback takes back what patchwave has on the host too:
	// claim and tombstones have to be written anew.
	TakesJobs bool
	// Reboots says that the host boots in the course of a rollback.
	Reboots bool
	// Kept says that points cannot be removed one by one: the system removes its
	// oldest by itself.
	Kept bool
}

// The kinds of scopes.
const (
	ScopeSystem   = "system"
	ScopePackages = "packages"
	ScopeFiles    = "files"
)

// Point is a restore point, as the journal has it, and the host it is of.
type Point struct {
	// Tag is patchwave's own name for it, unique for run and host (see Tag). It is
	// the only name by which a point is removed.
	Tag string
	// ID is the provider's own name for it; "" before it was made.
	ID string
	// Before is what Said.Identity was before the rollback.
	Before string
	// Host is the machine; its declared data only choose what is spoken to.
	Host *inventory.Host
	// Args are more arguments: of the package manager, for the provider packages; for
	// OpList size=yes, which asks for sizes where they take their time.
	Args map[string]string
}

// Call is what is to be run for an operation: a script, a program or a function.
type Call struct {
	Script script.Script
	Args   map[string]string
	// Argv is a program of the controller, started without a shell, and Env are its
	// variables besides those of every program.
	Argv, Env []string
	// Do speaks to an API from the controller, and answers in a frame as the script
	// restore-point does. Its error says that nothing is known of what came of it; it
	// ends with its context, and may be called again.
	Do func(ctx context.Context) (framing.Answer, error)
}

// Provider knows one kind of restore points. All methods are pure; what Call returns
// is not run by it.
type Provider interface {
	// Name is the word for it in configuration and reports.
	Name() string
	Place() Place
	Scope() Scope
	// Fits reports whether points of this kind can exist on a host at all, by what is
	// declared and what the last scan said. It says why not.
	Fits(h *inventory.Host, f inventory.Facts) (bool, string)
	// Call is what an operation runs. false: there is nothing to run, and Read of an
	// empty answer tells all there is to tell.
	Call(op Op, p Point) (Call, bool)
	// Read reads what it answered, which is hostile.
	Read(op Op, p Point, a framing.Answer) Said
}

// State is what is said of a point.
type State string

// The states of a point. The empty one says that nothing was said.
const (
	// Absent: there is no such point.
	Absent State = "absent"
	// Whole: it is there and can be used as far as the scope goes.
	Whole State = "whole"
	// Partial: it is there, and Cannot says what it does not hold.
	Partial State = "partial"
	// Unusable: it is there and cannot be used.
	Unusable State = "unusable"
	// Restored: the host was taken back to it, proven by the provider.
	Restored State = "restored"
	// NotRestored: the host was not taken back to it, proven by the provider.
	NotRestored State = "not-restored"
	// Pending: it is under way (a merge after a boot).
	Pending State = "pending"
	// Removed: it is no longer there.
	Removed State = "removed"
	// Kept: it cannot be removed one by one.
	Kept State = "kept"
)

// Said is the answer to an operation. Every text in it is bounded and without
// control characters.
type Said struct {
	// Possible is the answer to OpDetect.
	Possible bool
	// Code is an error code of connectors, and Why are words, where something is
	// not as wanted.
	Code, Why string
	State     State
	// ID is the provider's own name of the point, Identity what the system is now:
	// another after each rollback.
	ID, Identity string
	// Free and Need are in bytes; 0 is unknown.
	Free, Need int64
	// Size of the point in bytes; 0 is unknown.
	Size int64
	// Undoes and Cannot are what this very point brings back and does not, where
	// that differs from host to host.
	Undoes, Cannot []string
	// Points are the answer to OpList.
	Points []Listed
}

// Listed is one point of patchwave on a host.
type Listed struct {
	Tag, ID string
	// Created is in seconds since 1970, UTC, by the clock of who made it.
	Created int64
	// Size is in bytes; 0 is unknown.
	Size int64
}

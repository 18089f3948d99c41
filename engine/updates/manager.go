package updates

import (
	"time"

	"patchwave/connectors"
	"patchwave/connectors/framing"
	"patchwave/inventory"
)

// Shell is what a manager contributes to the scripts; see the package comment.
type Shell struct {
	// Dialect is the language it is written in; "" is sh.
	Dialect             connectors.Dialect
	Scan, Simulate, Job string
}

// Manager knows one package manager. All methods are pure.
type Manager interface {
	// Name is the word for it in facts and configuration: "apt", "dnf", "dnf5",
	// "zypper", "pacman", "apk". It is also a shell identifier.
	Name() string
	Shell() Shell
	// ParseScan reads the frames of NAME_refresh (if it ran) and NAME_scan.
	ParseScan(a framing.Answer) Listing
	// ParseSimulation reads the frame NAME.sim (or NAME.sim.N) of a call that
	// asked for want.
	ParseSimulation(a framing.Answer, frame string, want []Want) Simulation
	// ParseInstall reads the frames that NAME_install or NAME_rollback printed
	// into the job's log, and says what the manager itself complained about. Its
	// verdict never makes a success: only asking the host again does.
	ParseInstall(a framing.Answer) Outcome
}

// Listing is what a manager says is pending.
type Listing struct {
	// State is ScanOK, ScanStale or ScanFailed.
	State inventory.ScanState
	// Problem is set unless State is ScanOK; its code is one of locked,
	// interrupted, disk, exit, unsupported, sudo.
	Problem *inventory.Problem
	// Updates are sorted by name, then architecture.
	Updates []inventory.Update
	// Installed is the answer to $pw_arg_names; nil if it was not asked.
	Installed []Installed
	// RebootRequired is nil if this manager cannot tell; RebootReasons say why.
	RebootRequired *bool
	RebootReasons  []string
	// Notes are warnings for the operator, in words.
	Notes []string
}

// Installed is one installed package.
type Installed struct {
	Name, Arch, Version string
	// State is "ok", PendingReboot, or the manager's word for a half-installed
	// package.
	State string
}

// PendingReboot is the state of a version that is installed and that a reboot
// finishes, or undoes: only the time after it tells.
const PendingReboot = "pending-reboot"

// Want is one version that is wanted on a host.
type Want struct {
	Name, Arch, Version string
}

// Action is what happens to a package.
type Action string

// The actions.
const (
	ActionInstall   Action = "install"
	ActionUpgrade   Action = "upgrade"
	ActionDowngrade Action = "downgrade"
	ActionRemove    Action = "remove"
)

// Change is one thing that a transaction does. From is "" for install, To is ""
// for remove.
type Change struct {
	Action Action `json:"action"`
	Name   string `json:"name"`
	Arch   string `json:"arch"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// Key returns the package the change is about.
func (c Change) Key() inventory.Key { return inventory.Key{Name: c.Name, Arch: c.Arch} }

// Undo says whether one old version can be had again.
type Undo struct {
	Name, Arch, Version string
	Possible            bool
}

// Simulation is what the host's own solver says an installation would do.
type Simulation struct {
	// Changes are sorted by name, architecture, action. Empty with OK means that
	// nothing would change.
	Changes []Change
	// OK says that the solver found a solution.
	OK bool
	// Problem is set unless OK.
	Problem *inventory.Problem
	// Undo is the answer of mode "set".
	Undo []Undo
	// Download is in bytes, 0 if unknown.
	Download int64
}

// Outcome is what a manager said about an installation.
type Outcome struct {
	// Claimed says that the manager reports success.
	Claimed bool
	// Problem is the manager's main complaint, or nil.
	Problem *inventory.Problem
	// Failed are packages that the manager names as failed (a scriptlet), with
	// its words.
	Failed map[string]string
	// RebootSuggested is the manager's own word (zypper 102).
	RebootSuggested bool
	Duration        time.Duration
}

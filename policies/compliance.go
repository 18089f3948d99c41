package policies

import (
	"time"

	"patchwave/inventory"
)

// Waiver is an exception with an owner and an end. It changes what counts as
// overdue, never what is installed.
type Waiver struct {
	Name string
	// Hosts are the names of the hosts it is for, sorted.
	Hosts []string
	// Updates are globs over package names.
	Updates []string
	// Until is the last instant at which it counts.
	Until  time.Time
	Owner  string
	Reason string
	Pos    inventory.Position
}

// Standard is a set of deadlines against which hosts are measured.
type Standard struct {
	Name      string
	Deadlines []Deadline
	Pos       inventory.Position
}

// Deadline says how long an update may be pending. All criteria that are given
// must match; of several deadlines that match an update the shortest counts.
type Deadline struct {
	Severities      []inventory.Severity
	Classifications []inventory.Classification
	// KnownExploited is nil if not given.
	KnownExploited *bool
	// Within is counted as the age of an approval is.
	Within time.Duration
	Pos    inventory.Position
}

// BuiltInStandards are the names of the standards that are always there and
// cannot be declared.
func BuiltInStandards() []string { return []string{"pci-dss", "hipaa", "cis"} }

package policies

import (
	"time"

	"patchwave/inventory"
	"patchwave/policies/calendar"
	"patchwave/policies/schedule"
)

// Window says when a policy may change hosts.
type Window struct {
	Name     string
	Schedule schedule.Schedule
	// Duration is elapsed time from the real opening.
	Duration time.Duration
	// Zone is where the schedule's local times are; nil stands for "host", each
	// host's own.
	Zone     *time.Location
	Calendar *calendar.Calendar // nil if none
	// Attended asks for working time at the close or within Attendance after it.
	Attended   bool
	Attendance time.Duration
	Pos        inventory.Position
}

// OpeningState says whether a policy is started in an opening.
type OpeningState string

// The states of an opening. Of several that hold the first in this order counts:
// frozen, suspended, unattended.
const (
	OpeningOpen       OpeningState = "open"
	OpeningFrozen     OpeningState = "frozen"
	OpeningSuspended  OpeningState = "suspended"
	OpeningUnattended OpeningState = "unattended"
)

// Opening is one time in which a window is open.
type Opening struct {
	Opens, Closes time.Time
	State         OpeningState
	// Reason says why it is not open, in words; "" if it is.
	Reason string
}

// Suspension is the operator's word that nobody will be there.
type Suspension struct {
	Policy string
	Until  time.Time
	Reason string
	Actor  string
	Since  time.Time
}

package coord

import (
	"context"
	"time"
)

// Absence says that a run works on a host and that the host counts as away: from
// before anything is changed on it until it came to an end.
type Absence struct {
	Host  string    `json:"host"`
	Run   string    `json:"run"`
	Since time.Time `json:"since"`
}

// Absences keeps what is away, over all runs of a database. An absence outlives
// the process that made it: nobody knows how the host of a run that was
// interrupted is, until the run is gone on with or another one has dealt with the
// host.
type Absences interface {
	// Leave records an absence if fits says yes to those of all other hosts, which
	// stand in the order of their names. Looking and recording are one: of two that
	// come at once, the later one sees the earlier one. It reports whether the
	// absence is recorded; one of the same host is replaced. fits must be quick and
	// ask nobody.
	Leave(ctx context.Context, a Absence, fits func(others []Absence) bool) (bool, error)
	// Return ends the absences of hosts of a run. What is recorded for another run
	// by now is left alone.
	Return(ctx context.Context, run string, hosts ...string) error
}

package pacman

import (
	_ "embed" // the shell files

	"patchwave/engine/updates"
)

var (
	//go:embed common.sh
	commonShell string
	//go:embed scan.sh
	scanShell string
	//go:embed simulate.sh
	simulateShell string
	//go:embed job.sh
	jobShell string
	//go:embed prove.sh
	proveShell string
)

// Manager is pacman. It has no state.
type Manager struct{}

var _ updates.Manager = Manager{}

// New returns the manager.
func New() Manager { return Manager{} }

// Name returns "pacman".
func (Manager) Name() string { return "pacman" }

// Shell returns the functions pacman_….
func (Manager) Shell() updates.Shell {
	return updates.Shell{
		Scan:     commonShell + scanShell,
		Simulate: commonShell + simulateShell,
		Job:      commonShell + jobShell + proveShell,
	}
}

// Exit statuses of our own in frames pacman.refresh, pacman.install and
// pacman.rollback.
const (
	exitDrift   = 65
	exitMissing = 66
	exitPartly  = 67
	exitLocked  = 75
	exitStale   = 76
	exitUnsafe  = 77
)

package zypper

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
	//go:embed stage.sh
	stageShell string
	//go:embed prove.sh
	proveShell string
)

// Manager is zypper. It has no state.
type Manager struct{}

var _ updates.Manager = Manager{}

// New returns the manager.
func New() Manager { return Manager{} }

// Name returns "zypper".
func (Manager) Name() string { return "zypper" }

// Shell returns the functions zypper_….
func (Manager) Shell() updates.Shell {
	return updates.Shell{
		Scan:     commonShell + scanShell,
		Simulate: commonShell + simulateShell,
		Job:      commonShell + jobShell + proveShell + stageShell,
	}
}

// Exit statuses of zypper(8), EXIT CODES.
const (
	exitPrivileges = 5
	exitNoRepos    = 6
	exitLocked     = 7
	exitReboot     = 102
	exitRestart    = 103
	exitNotFound   = 104
	exitSkipped    = 106
	exitScriptlet  = 107
)

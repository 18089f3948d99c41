package zypper

import (
	_ "embed" // the shell files

	"patchwave/connectors/posix"
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
		Job:      commonShell + jobShell,
	}
}

// ParseScan reads the frames of zypper_refresh and zypper_scan.
func (Manager) ParseScan(a posix.Answer) updates.Listing { return parseScan(a) }

// ParseSimulation reads one frame of zypper_simulate.
func (Manager) ParseSimulation(a posix.Answer, frame string, want []updates.Want) updates.Simulation {
	return parseSimulation(a, frame, want)
}

// ParseInstall reads the frames of zypper_install or zypper_rollback.
func (Manager) ParseInstall(a posix.Answer) updates.Outcome { return parseInstall(a) }

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

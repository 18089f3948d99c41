package dnf5

import (
	_ "embed" // the scripts

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

type manager struct{}

var _ updates.Manager = manager{}

// New returns dnf5. It has no state.
func New() updates.Manager { return manager{} }

// Name is "dnf5".
func (manager) Name() string { return "dnf5" }

// Shell puts what the scripts share in front of each.
func (manager) Shell() updates.Shell {
	return updates.Shell{
		Scan:     commonShell + scanShell,
		Simulate: commonShell + simulateShell,
		Job:      commonShell + jobShell + proveShell + stageShell,
	}
}

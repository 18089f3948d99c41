package apk

import (
	_ "embed" // the shell

	"patchwave/engine/updates"
)

//go:embed scan.sh
var scanShell string

//go:embed simulate.sh
var simulateShell string

//go:embed job.sh
var jobShell string

//go:embed prove.sh
var proveShell string

//go:embed stage.sh
var stageShell string

// Manager is the apk of Alpine Linux, 2.12 to 3.x. It has no state.
type Manager struct{}

var _ updates.Manager = Manager{}

// New returns the manager.
func New() Manager { return Manager{} }

// Name returns "apk".
func (Manager) Name() string { return name }

const name = "apk"

// Shell returns the functions apk_…
func (Manager) Shell() updates.Shell {
	return updates.Shell{Scan: scanShell, Simulate: simulateShell, Job: jobShell + proveShell + stageShell}
}

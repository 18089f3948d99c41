package apt

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

//go:embed keep.sh
var keepShell string

//go:embed back.sh
var backShell string

//go:embed same.sh
var sameShell string

//go:embed prove.sh
var proveShell string

//go:embed stage.sh
var stageShell string

// Manager is the apt of Debian, Ubuntu and their derivatives. It has no state.
type Manager struct{}

var _ updates.Manager = Manager{}

// New returns the manager.
func New() Manager { return Manager{} }

// Name returns "apt".
func (Manager) Name() string { return name }

const name = "apt"

// Shell returns the functions apt_…
func (Manager) Shell() updates.Shell {
	return updates.Shell{Scan: scanShell, Simulate: simulateShell, Job: jobShell + keepShell + backShell + sameShell + proveShell + stageShell}
}

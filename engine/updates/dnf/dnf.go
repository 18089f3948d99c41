package dnf

import (
	_ "embed" // the scripts
	"strings"

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

	//go:embed common.py
	commonPython string
	//go:embed scan.py
	scanPython string
	//go:embed solve.py
	solvePython string
	//go:embed change.py
	changePython string
	//go:embed main.py
	mainPython string
)

type manager struct{}

var _ updates.Manager = manager{}

// New returns dnf 4. It has no state.
func New() updates.Manager { return manager{} }

// Name is "dnf".
func (manager) Name() string { return "dnf" }

// Shell carries in each script only the parts of the program that it needs.
func (manager) Shell() updates.Shell {
	return updates.Shell{
		Scan:     with(scanPython) + scanShell,
		Simulate: with(solvePython) + simulateShell,
		Job:      with(solvePython, changePython) + jobShell + proveShell,
	}
}

// with puts the parts of the program into the shell that runs it.
func with(parts ...string) string {
	program := commonPython + strings.Join(parts, "") + mainPython
	return strings.Replace(commonShell, "@PROGRAM@\n", program, 1)
}

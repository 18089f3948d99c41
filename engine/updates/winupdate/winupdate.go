package winupdate

import (
	"crypto/sha256"
	_ "embed" // the scripts
	"encoding/hex"
	"strings"

	"patchwave/connectors"
	"patchwave/connectors/powershell"
	"patchwave/engine/updates"
)

var (
	//go:embed head.ps1
	headText string
	//go:embed files.ps1
	filesText string
	//go:embed winupdate.ps1
	agentText string
	//go:embed choco.ps1
	chocoText string
	//go:embed winget.ps1
	wingetText string
	//go:embed winget_job.ps1
	wingetJobText string
	//go:embed worker.ps1
	workerText string
	//go:embed registry.ps1
	registryText string
	//go:embed scan.ps1
	scanText string
	//go:embed simulate.ps1
	simulateText string
	//go:embed job.ps1
	jobText string
	//go:embed undo.ps1
	undoText string
	//go:embed stage.ps1
	stageText string
)

// Manager is Windows Update, with Chocolatey and winget beside it. It has no state.
type Manager struct{}

var _ updates.Manager = Manager{}

// New returns the manager.
func New() Manager { return Manager{} }

// Name returns "winupdate".
func (Manager) Name() string { return "winupdate" }

// Shell returns the functions winupdate_….
func (Manager) Shell() updates.Shell {
	return updates.Shell{
		Dialect:  connectors.DialectPowerShell,
		Scan:     filesText + chocoText + wingetText + registryText + carried(worker()) + scanText,
		Simulate: filesText + wingetText + simulateText,
		Job:      filesText + agentText + chocoText + wingetText + wingetJobText + jobText + undoText + stageText,
	}
}

// worker is the program that the scan's task runs: a file of its own, which needs
// nothing of the script that wrote it.
func worker() string {
	return headText + powershell.Boot() + powershell.Files() + powershell.Mutex() + filesText + agentText + chocoText + wingetText + workerText
}

// carried is a program as data of another one: no line of it may end the literal.
func carried(program string) string {
	sum := sha256.Sum256([]byte(program))
	return "$winupdate_worker_text = @'\n" + strings.TrimSuffix(program, "\n") + "\n\n'@\n" +
		"$winupdate_worker_sha256 = '" + hex.EncodeToString(sum[:]) + "'\n"
}
